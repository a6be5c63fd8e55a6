//! A share of a root key as its holder keeps it: a line of text.

use std::fmt;
use strongroom_crypto::shares::KeyShare;
use strongroom_crypto::{SecretBytes, hash};

/// What every share begins with, of this form.
const TITLE: &str = "strongroom-share-1";
/// Hexadecimal digits of a set's name, and of a checksum.
const SHORT: usize = 8;
/// The longest text that is looked at, bytes.
const MAX_TEXT: usize = 256;

/// One of several shares, of which so many open the root key.
pub struct Share {
    /// Which shares belong together: eight hexadecimal digits.
    set: String,
    threshold: u8,
    share: KeyShare,
}

/// Why a text is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareError {
    /// It does not look like one.
    Form,
    /// Its checksum is wrong: it was mistyped.
    Mistyped,
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => write!(f, "not a share: it begins with `{TITLE}.`"),
            Self::Mistyped => f.write_str("the share was mistyped: its checksum is wrong"),
        }
    }
}

impl std::error::Error for ShareError {}

impl Share {
    pub(crate) fn new(set: &str, threshold: u8, share: KeyShare) -> Self {
        Self { set: set.to_owned(), threshold, share }
    }

    /// Reads a share; white space around it does not matter.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn parse(text: &SecretBytes) -> Result<Self, ShareError> {
        let text = text.expose().trim_ascii();
        if text.len() > MAX_TEXT {
            return Err(ShareError::Form);
        }
        let text = std::str::from_utf8(text).map_err(|_| ShareError::Form)?;
        let (head, check) = text.rsplit_once('.').ok_or(ShareError::Form)?;
        let mut parts = head.split('.');
        if parts.next() != Some(TITLE) {
            return Err(ShareError::Form);
        }
        if checksum(head.as_bytes()) != check.to_ascii_lowercase() {
            return Err(ShareError::Mistyped);
        }
        let mut next = || parts.next().ok_or(ShareError::Form);
        let (set, threshold, number, digits) = (next()?, next()?, next()?, next()?);
        let is_set = set.len() == SHORT && set.bytes().all(|byte| byte.is_ascii_hexdigit());
        let threshold: u8 = threshold.parse().map_err(|_| ShareError::Form)?;
        let number: u8 = number.parse().map_err(|_| ShareError::Form)?;
        let bytes = SecretBytes::from_hex(digits.as_bytes()).ok_or(ShareError::Form)?;
        let share = KeyShare::new(number, bytes).ok_or(ShareError::Form)?;
        let whole = is_set && threshold > 1 && parts.next().is_none();
        whole.then(|| Self::new(set, threshold, share)).ok_or(ShareError::Form)
    }

    /// The line of text, without an end of line.
    #[must_use]
    pub fn to_text(&self) -> SecretBytes {
        let (set, threshold, number) = (&self.set, self.threshold, self.share.number());
        let head = format!("{TITLE}.{set}.{threshold}.{number}.");
        let mut text = Vec::with_capacity(MAX_TEXT);
        text.extend_from_slice(head.as_bytes());
        for byte in self.share.bytes().expose() {
            for half in [byte >> 4, byte & 15] {
                text.push(b"0123456789abcdef".get(usize::from(half)).copied().unwrap_or(b'0'));
            }
        }
        let check = checksum(&text);
        text.push(b'.');
        text.extend_from_slice(check.as_bytes());
        SecretBytes::new(text)
    }

    /// Which shares belong together.
    #[must_use]
    pub fn set(&self) -> &str {
        &self.set
    }

    /// Its number in the set, from 1.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.share.number()
    }

    pub(crate) fn share(&self) -> &KeyShare {
        &self.share
    }
}

fn checksum(text: &[u8]) -> String {
    let digest = hash::hex(&hash::sha256(text));
    digest.get(..SHORT).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Share, ShareError> {
        Share::parse(&SecretBytes::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn a_share_survives_its_text_and_nothing_like_it_does() {
        let bytes = SecretBytes::new((0..32).collect());
        let share = Share::new("0123abcd", 3, KeyShare::new(7, bytes).unwrap());
        let text = String::from_utf8(share.to_text().expose().to_vec()).unwrap();
        assert!(text.starts_with("strongroom-share-1.0123abcd.3.7.000102"), "{text}");
        let again = read(&format!("  {text}\r\n")).unwrap();
        assert_eq!((again.set(), again.number(), again.threshold), ("0123abcd", 7, 3));
        assert!(again.to_text().same_as(text.as_bytes()));
        for at in 0..text.len() {
            let mut wrong = text.clone().into_bytes();
            wrong[at] = if wrong[at] == b'5' { b'6' } else { b'5' };
            assert!(read(&String::from_utf8(wrong).unwrap()).is_err(), "{at}");
            assert!(read(&text[..at]).is_err(), "{at}");
        }
        for none in
            ["", ".", "strongroom-share-1", &"5".repeat(300), "strongroom-share-1.a.b.c.d.e"]
        {
            assert!(read(none).is_err());
        }
        // A right checksum does not make a share.
        for head in ["strongroom-share-1.0123abcd.1.7.00", "strongroom-share-1.zz.3.0.00"] {
            assert!(matches!(
                read(&format!("{head}.{}", checksum(head.as_bytes()))),
                Err(ShareError::Form)
            ));
        }
    }
}
