//! Key identifiers: a UUID, or `mrk-` and 32 hexadecimal digits for multi-Region keys.

use std::fmt;
use std::str::FromStr;

/// The identifier of a KMS key, unique in its account and Region.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    multi_region: bool,
    bytes: [u8; 16],
}

impl KeyId {
    /// The identifier of no key: [`KeyId::from_random`] never gives it.
    pub const NIL: Self = Self { multi_region: false, bytes: [0; 16] };

    /// The identifier of a key in one Region, from 16 random bytes made a version 4 UUID
    /// (RFC 9562 §5.4).
    #[must_use]
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
        *version = (*version & 0x0f) | 0x40;
        *variant = (*variant & 0x3f) | 0x80;
        Self { multi_region: false, bytes }
    }

    /// The identifier of a multi-Region key, from 16 random bytes.
    #[must_use]
    pub fn multi_region_from_random(bytes: [u8; 16]) -> Self {
        Self { multi_region: true, bytes }
    }

    /// The identifier with these parts, as [`KeyId::parts`] gave them.
    #[must_use]
    pub fn from_parts(multi_region: bool, bytes: [u8; 16]) -> Self {
        Self { multi_region, bytes }
    }

    /// Whether it is a multi-Region key's, and its 16 bytes.
    #[must_use]
    pub fn parts(&self) -> (bool, &[u8; 16]) {
        (self.multi_region, &self.bytes)
    }

    /// Whether it is a multi-Region key's.
    #[must_use]
    pub fn is_multi_region(&self) -> bool {
        self.multi_region
    }

    /// The identifier as it is written, in ASCII. Both forms have 36 characters: a UUID with its four
    /// dashes, or `mrk-` and 32 digits.
    #[must_use]
    pub fn text(&self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        let places: &[u8; 16] = if self.multi_region {
            text = *b"mrk-00000000000000000000000000000000";
            &[4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34]
        } else {
            &[0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]
        };
        for (byte, at) in self.bytes.iter().zip(places) {
            let at = usize::from(*at);
            if let Some([high, low]) = text.get_mut(at..at + 2) {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        text
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // INVARIANT: digits, dashes and `mrk` are ASCII.
        f.write_str(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

/// The hexadecimal digit of a number below 16.
const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for KeyId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (multi_region, digits) = match text.strip_prefix("mrk-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut bytes = [0; 16];
        let mut nibbles = 0_usize;
        for (at, c) in digits.bytes().enumerate() {
            if !multi_region && matches!(at, 8 | 13 | 18 | 23) {
                if c != b'-' {
                    return Err(());
                }
                continue;
            }
            let digit = match c {
                b'0'..=b'9' => c - b'0',
                b'a'..=b'f' => c - b'a' + 10,
                _ => return Err(()),
            };
            let byte = bytes.get_mut(nibbles / 2).ok_or(())?;
            *byte = (*byte << 4) | digit;
            nibbles += 1;
        }
        (nibbles == 32).then_some(Self { multi_region, bytes }).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_survive_a_round_trip() {
        for text in ["1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"]
        {
            assert_eq!(text.parse::<KeyId>().unwrap().to_string(), text);
        }
        assert_eq!(
            KeyId::from_random([0xff; 16]).to_string(),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "fake-key-id",
            "mrk-fake-key-id",
            "1234abcd12ab34cd56ef1234567890ab",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890abc",
            "1234abcd-12ab-34cd-56ef-1234567890a",
            "mrk-1234abcd-12ab-34cd-56ef-1234567890ab",
        ] {
            assert!(text.parse::<KeyId>().is_err(), "{text}");
        }
    }
}
