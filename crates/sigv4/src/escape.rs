//! Percent encoding (RFC 3986 §2.1) and hexadecimal digits as SigV4 uses them.

use crate::AuthError;

/// Appends `byte`, percent-encoded unless it is unreserved (RFC 3986 §2.3).
pub(crate) fn push_encoded(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if is_unreserved(byte) {
        out.push(byte);
    } else {
        let digit = |n: u8| *DIGITS.get(usize::from(n)).unwrap_or(&b'0');
        out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
    }
}

/// A digest in lower-case hexadecimal, on the stack: three are made for every request verified.
pub(crate) fn hex(digest: &[u8; 32]) -> [u8; 64] {
    let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
    let mut out = [0; 64];
    for (to, byte) in out.chunks_exact_mut(2).zip(digest) {
        to.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    out
}

/// Decodes a name or value of a query string byte by byte into `take`. A plus sign is a space, as
/// in forms (WHATWG URL §5.1), and enters the canonical request as `%20`.
///
/// # Errors
/// [`AuthError::MalformedQuery`] when a percent sign is not followed by two hexadecimal digits.
pub(crate) fn decode(text: &str, mut take: impl FnMut(u8)) -> Result<(), AuthError> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        take(match byte {
            b'%' => match (bytes.next().and_then(nibble), bytes.next().and_then(nibble)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(AuthError::MalformedQuery),
            },
            b'+' => b' ',
            other => other,
        });
    }
    Ok(())
}

/// Whether `byte` stands for itself in canonical form.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The value of a hexadecimal digit.
pub(crate) fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Result<Vec<u8>, AuthError> {
        let mut out = Vec::new();
        decode(text, |byte| out.push(byte)).map(|()| out)
    }

    #[test]
    fn every_byte_survives_the_round_trip() {
        for byte in 0..=255 {
            let mut encoded = Vec::new();
            push_encoded(&mut encoded, byte);
            assert_eq!(decoded(std::str::from_utf8(&encoded).unwrap()), Ok(vec![byte]));
        }
    }

    #[test]
    fn digits_are_those_of_the_digest() {
        let digest = strongroom_crypto::hash::sha256(b"abc");
        assert_eq!(hex(&digest).as_slice(), strongroom_crypto::hash::hex(&digest).as_bytes());
    }

    #[test]
    fn case_of_digits_and_plus_are_settled() {
        assert_eq!(decoded("%e1%88%B4+%2B"), Ok(b"\xe1\x88\xb4 +".to_vec()));
    }

    #[test]
    fn broken_escapes_are_refused() {
        for text in ["%", "%1", "%g0", "%0g", "a%", "%%41", "%+1"] {
            assert_eq!(decoded(text), Err(AuthError::MalformedQuery), "{text}");
        }
    }
}
