//! Percent encoding of paths and query strings.

/// The text that `encoded` stands for, if that is text. In query strings a plus sign is a space.
pub(super) fn decode(encoded: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? << 4 | digit(rest.next())?).ok()?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes_of_text() {
        assert_eq!(decode("a%2Fb%2f+%E1%88%B4%00", false).as_deref(), Some("a/b/+\u{1234}\0"));
        assert_eq!(decode("a+b", true).as_deref(), Some("a b"));
        for bad in ["%", "%1", "%zz", "%+1", "%ff", "a%"] {
            assert_eq!(decode(bad, false), None, "{bad}");
        }
    }
}
