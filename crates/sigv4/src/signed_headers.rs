//! The list of signed headers: lower-case names, sorted, separated by semicolons.

use crate::error::excerpt;
use crate::{AuthError, Request};
use std::borrow::Cow;

/// Longest list, in bytes. Our choice: no more names than that are looked up.
const MAX_LIST_BYTES: usize = 4096;

/// A list whose names are strictly ascending, so that none is in it twice, and among which is
/// every header of the request that must be signed.
pub(crate) struct SignedHeaders<'a>(Cow<'a, str>);

impl<'a> SignedHeaders<'a> {
    /// Judges the list that came with `request`.
    ///
    /// `host` must be signed, and every `x-amz-` header that is present. This includes
    /// `x-amz-security-token`, which AWS lets some services leave unsigned: no SDK does so for the
    /// services here, and what is unsigned may have been put there by anyone. `content-type` is
    /// not demanded, for the JavaScript SDK 2 does not sign it.
    pub(crate) fn parse(list: Cow<'a, str>, request: &Request<'_>) -> Result<Self, AuthError> {
        let list = Self(list);
        let names = list.sorted_names()?;
        let signed = |name: &str| names.binary_search(&name.as_bytes()).is_ok();
        if !signed("host") {
            return Err(AuthError::Unsigned { header: "'Host' or ':authority'".to_owned() });
        }
        for (name, _) in request.headers() {
            if name.starts_with("x-amz-") && !signed(name) {
                return Err(AuthError::Unsigned { header: format!("'{}'", excerpt(name)) });
            }
        }
        Ok(list)
    }

    /// The list of `names`, which are in lower case.
    pub(crate) fn of(mut names: Vec<&str>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(Cow::Owned(names.join(";")))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The names. Bytes, as names this short are split faster by a plain loop than by `str`.
    pub(crate) fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.0.as_bytes().split(|byte| *byte == b';')
    }

    /// The names, if they are as canonical requests have them. No client sends others, for it
    /// could not have signed them.
    fn sorted_names(&self) -> Result<Vec<&[u8]>, AuthError> {
        if self.0.len() > MAX_LIST_BYTES {
            return Err(AuthError::TooLarge {
                what: "bytes of signed header names",
                limit: MAX_LIST_BYTES,
            });
        }
        let mut names: Vec<&[u8]> = Vec::with_capacity(8);
        for name in self.names() {
            if !is_token(name) || names.last().is_some_and(|last| *last >= name) {
                return Err(AuthError::SignatureMismatch);
            }
            names.push(name);
        }
        Ok(names)
    }
}

/// Whether `name` is a header's name (RFC 9110 §5.6.2) in lower case. Line ends and colons in a
/// name would make two different requests have one canonical form.
fn is_token(name: &[u8]) -> bool {
    let allowed = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~');
    !name.is_empty() && name.iter().fold(true, |good, byte| good & allowed(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(list: &str, headers: &[(&str, &[u8])]) -> Result<(), AuthError> {
        let request = Request::new("POST", "/", "", headers, b"").unwrap();
        SignedHeaders::parse(Cow::Borrowed(list), &request).map(|_| ())
    }

    #[test]
    fn host_and_amz_headers_must_be_signed() {
        let headers: [(&str, &[u8]); 4] = [
            ("host", b"h"),
            ("x-amz-target", b"t"),
            ("x-amzn-trace-id", b"i"),
            ("user-agent", b"u"),
        ];
        assert_eq!(parse("host;x-amz-target", &headers), Ok(()));
        assert_eq!(
            parse("x-amz-target", &headers).unwrap_err().to_string(),
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        );
        assert_eq!(
            parse("host", &headers).unwrap_err().to_string(),
            "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."
        );
    }

    #[test]
    fn names_are_tokens() {
        let special = b"!#$%&'*+-.^_`|~";
        for byte in 0..=255_u8 {
            let expected =
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || special.contains(&byte);
            assert_eq!(is_token(&[b'a', byte]), expected, "{byte}");
        }
    }

    #[test]
    fn the_list_is_lower_case_sorted_and_without_repeats() {
        assert_eq!(parse("host", &[]), Ok(()));
        for list in [
            "host;host",
            "z;host",
            "Date;host",
            "a:b;host",
            "a\nb;host",
            ";host",
            "host;",
            "a b;host",
        ] {
            assert_eq!(parse(list, &[]), Err(AuthError::SignatureMismatch), "{list:?}");
        }
        let longer = format!("host;{}", "x".repeat(MAX_LIST_BYTES));
        assert!(matches!(parse(&longer, &[]), Err(AuthError::TooLarge { .. })));
    }
}
