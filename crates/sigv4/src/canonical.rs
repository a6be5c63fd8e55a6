//! The canonical request and the string to sign.

use crate::escape::hex;
use crate::rules::{Payload, Rules};
use crate::signed_headers::SignedHeaders;
use crate::{ALGORITHM, AuthError, Request, path, query};
use strongroom_crypto::hash::sha256;

/// What is to be signed in which way. Signing and verifying share it.
pub(crate) struct Canonical<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) rules: &'a Rules,
    pub(crate) signed_headers: &'a SignedHeaders<'a>,
    /// The time of signing, `YYYYMMDDTHHMMSSZ`.
    pub(crate) time: &'a str,
    /// `date/region/service/aws4_request`.
    pub(crate) scope: &'a str,
    /// Whether `X-Amz-Signature` is left out of the query string.
    pub(crate) presigned: bool,
}

impl Canonical<'_> {
    /// The string to sign.
    ///
    /// # Errors
    /// [`AuthError::SignatureMismatch`] for requests that no signature can be good for: a signed
    /// header is absent, a header breaks the line, or the body is not the one that was hashed.
    pub(crate) fn string_to_sign(&self) -> Result<Vec<u8>, AuthError> {
        let mut buffer = self.request()?;
        let hash = hex(&sha256(&buffer));
        buffer.clear();
        for line in [ALGORITHM, self.time, self.scope] {
            buffer.extend_from_slice(line.as_bytes());
            buffer.push(b'\n');
        }
        buffer.extend_from_slice(&hash);
        Ok(buffer)
    }

    /// The canonical request. Errors are those of [`Canonical::string_to_sign`].
    pub(crate) fn request(&self) -> Result<Vec<u8>, AuthError> {
        let request = self.request;
        let mut out = Vec::with_capacity(1024 + request.query().len());
        out.extend_from_slice(request.method().as_bytes());
        out.push(b'\n');
        path::write(&mut out, request.path(), self.rules.path);
        out.push(b'\n');
        query::write(&mut out, request.query(), self.presigned.then_some("X-Amz-Signature"))?;
        out.push(b'\n');
        for name in self.signed_headers.names() {
            write_header(&mut out, request, name)?;
        }
        out.push(b'\n');
        out.extend_from_slice(self.signed_headers.as_str().as_bytes());
        out.push(b'\n');
        self.write_payload_hash(&mut out)?;
        Ok(out)
    }

    /// The hash of the body is computed here; `x-amz-content-sha256` may confirm it or, where the
    /// service allows, say that the body is not signed.
    fn write_payload_hash(&self, out: &mut Vec<u8>) -> Result<(), AuthError> {
        const UNSIGNED: &[u8] = b"UNSIGNED-PAYLOAD";
        let stated = self.request.only("x-amz-content-sha256")?;
        let unsigned = match self.rules.payload {
            Payload::Signed => false,
            Payload::MayBeUnsigned => stated == Some(UNSIGNED),
            Payload::Stated => stated == Some(UNSIGNED) || (stated.is_none() && self.presigned),
        };
        if unsigned {
            out.extend_from_slice(UNSIGNED);
            return Ok(());
        }
        let hash = hex(&sha256(self.request.body()));
        if stated.is_some_and(|stated| stated != hash) {
            return Err(AuthError::SignatureMismatch);
        }
        out.extend_from_slice(&hash);
        Ok(())
    }
}

/// Appends `name:value,value\n`: the values of all fields of that name, in order.
fn write_header(out: &mut Vec<u8>, request: &Request<'_>, name: &[u8]) -> Result<(), AuthError> {
    out.extend_from_slice(name);
    let mut present = false;
    for (_, value) in request.headers().iter().filter(|(given, _)| given.as_bytes() == name) {
        out.push(if present { b',' } else { b':' });
        present = true;
        write_value(out, value)?;
    }
    out.push(b'\n');
    if present { Ok(()) } else { Err(AuthError::SignatureMismatch) }
}

/// Appends a value without blanks around it, runs of spaces made one. A value with a line end,
/// which HTTP does not allow, could pass for further headers.
fn write_value(out: &mut Vec<u8>, value: &[u8]) -> Result<(), AuthError> {
    // The two folds look at every byte, so that the compiler can take many at a time.
    if value.iter().fold(false, |bad, byte| bad | matches!(byte, b'\r' | b'\n' | 0)) {
        return Err(AuthError::SignatureMismatch);
    }
    let value = value.trim_ascii();
    let pairs = value.iter().zip(value.iter().skip(1));
    if pairs.fold(false, |runs, (a, b)| runs | (*a == b' ') & (*b == b' ')) {
        for byte in value {
            if *byte != b' ' || out.last() != Some(&b' ') {
                out.push(*byte);
            }
        }
    } else {
        out.extend_from_slice(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(headers: &[(&str, &[u8])], name: &str) -> Option<String> {
        let request = Request::new("GET", "/", "", headers, b"").unwrap();
        let mut out = Vec::new();
        write_header(&mut out, &request, name.as_bytes()).ok()?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_are_trimmed_collapsed_and_joined() {
        let headers: [(&str, &[u8]); 4] =
            [("a", b"\t  x   \"y  z\"\t "), ("b", b"other"), ("a", b" "), ("a", b"2")];
        assert_eq!(header(&headers, "a").as_deref(), Some("a:x \"y z\",,2\n"));
        assert_eq!(header(&headers, "b").as_deref(), Some("b:other\n"));
        assert_eq!(header(&headers, "c"), None);
    }

    #[test]
    fn line_ends_in_values_are_refused() {
        for value in [&b"x\nhost:evil"[..], b"x\ry", b"x\0y", b"x\n"] {
            assert_eq!(header(&[("a", value)], "a"), None);
        }
    }
}
