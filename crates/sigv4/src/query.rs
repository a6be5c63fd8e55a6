//! The canonical query string: the third line of the canonical request.

use crate::AuthError;
use crate::escape::{decode, push_encoded};
use std::ops::Range;

/// The name and value of each parameter, as on the wire. A parameter without `=` has an empty
/// value; empty pieces between ampersands are no parameters.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.split_once('=').unwrap_or((piece, "")))
}

/// The decoded text of a name or value.
///
/// # Errors
/// [`AuthError::MalformedQuery`] for a broken escape, or if the result is not UTF-8.
pub(crate) fn decoded(text: &str) -> Result<String, AuthError> {
    let mut bytes = Vec::with_capacity(text.len());
    decode(text, |byte| bytes.push(byte))?;
    String::from_utf8(bytes).map_err(|_| AuthError::MalformedQuery)
}

/// `text` percent-encoded as a name or value.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    text.bytes().for_each(|byte| push_encoded(&mut out, byte));
    out.into_iter().map(char::from).collect()
}

/// Appends the parameters other than those named `left_out`, sorted by encoded name, then by
/// encoded value. `left_out` must consist of unreserved characters.
pub(crate) fn write(
    out: &mut Vec<u8>,
    query: &str,
    left_out: Option<&str>,
) -> Result<(), AuthError> {
    if query.is_empty() {
        return Ok(());
    }
    let mut text = Vec::with_capacity(query.len() + query.len() / 4);
    let mut parameters = Vec::new();
    for (name, value) in pairs(query) {
        let name = write_encoded(&mut text, name)?;
        let value = write_encoded(&mut text, value)?;
        parameters.push((name, value));
    }
    let at = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    parameters.retain(|(name, _)| left_out.is_none_or(|left_out| at(name) != left_out.as_bytes()));
    parameters.sort_unstable_by_key(|(name, value)| (at(name), at(value)));
    for (index, (name, value)) in parameters.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(at(name));
        out.push(b'=');
        out.extend_from_slice(at(value));
    }
    Ok(())
}

/// Appends the canonical encoding of `text`, however it was encoded, and says where it is.
fn write_encoded(out: &mut Vec<u8>, text: &str) -> Result<Range<usize>, AuthError> {
    let start = out.len();
    decode(text, |byte| push_encoded(out, byte))?;
    Ok(start..out.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(query: &str, left_out: Option<&str>) -> String {
        let mut out = Vec::new();
        write(&mut out, query, left_out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn parameters_are_sorted_by_name_then_value() {
        for (query, expected) in [
            ("", ""),
            ("&&", ""),
            ("b=1&a=2", "a=2&b=1"),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            // Sorting whole pairs would put `Param-3` first, for `-` is before `=`.
            (
                "Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
                "%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
            ),
            ("p=a b&q=a+b&r=a%2bb&s=a=b", "p=a%20b&q=a%20b&r=a%2Bb&s=a%3Db"),
            ("%41%2f=%7E/", "A%2F=~%2F"),
        ] {
            assert_eq!(canonical(query, None), expected, "{query}");
        }
    }

    #[test]
    fn the_signature_is_left_out_however_it_is_spelt() {
        assert_eq!(
            canonical("a=1&X-Amz-Sign%61ture=f&b=2&X-Amz-Signature=e", Some("X-Amz-Signature")),
            "a=1&b=2"
        );
    }

    #[test]
    fn text_round_trips() {
        let text = "AKIA/2026 +&=%ሴ";
        assert_eq!(decoded(&encoded(text)).as_deref(), Ok(text));
        assert_eq!(decoded("%ff"), Err(AuthError::MalformedQuery));
    }
}
