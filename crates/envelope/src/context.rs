//! The encryption context of a message: pairs that are stored with it in the clear, authenticated, and
//! bound to its encrypted data keys.

use crate::error::{Error, FormatError, Refusal};
use std::collections::BTreeMap;

/// What begins the keys that the format itself uses.
pub const RESERVED_PREFIX: &str = "aws-crypto-";
/// Under this key stands the public key of a signed message: a compressed point in Base64.
pub(crate) const PUBLIC_KEY: &str = "aws-crypto-public-key";
/// Bytes of the longest serialized context: its length is stored in 16 bits.
const MAX_LEN: usize = 0xffff;

/// Case-sensitive pairs, in the order of their keys as bytes. Not secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// A context of these pairs.
    ///
    /// # Errors
    /// [`Refusal::ReservedContextKey`] for keys that begin with [`RESERVED_PREFIX`],
    /// [`Refusal::ContextTooLong`] for more than 65,535 serialized bytes.
    pub fn new(pairs: BTreeMap<String, String>) -> Result<Self, Error> {
        let context = Self(pairs);
        context.check_unreserved()?;
        context.serialize()?;
        Ok(context)
    }

    /// No pairs.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The pairs in the byte order of their keys, with those of the format itself.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of `key`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses the pairs of the format itself: one that comes from elsewhere, as from the header of
    /// another message, says what is not so of this one.
    pub(crate) fn check_unreserved(&self) -> Result<(), Error> {
        match self.0.keys().find(|key| key.starts_with(RESERVED_PREFIX)) {
            Some(key) => Err(Refusal::ReservedContextKey(crate::error::bounded(key)).into()),
            None => Ok(()),
        }
    }

    /// The context with the public key of a signed message in it.
    pub(crate) fn with_public_key(&self, point: &[u8]) -> Self {
        let mut pairs = self.0.clone();
        let value = base64_simd::STANDARD.encode_to_string(point);
        pairs.insert(PUBLIC_KEY.to_owned(), value);
        Self(pairs)
    }

    /// The context without the pairs of the format itself.
    pub(crate) fn without_reserved(&self) -> Self {
        let kept = self.0.iter().filter(|(key, _)| !key.starts_with(RESERVED_PREFIX));
        Self(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// The serialization that wrapping keys authenticate and headers contain: the number of pairs, then
    /// each key and value behind its length, numbers in 16 bits; of no pairs, nothing.
    pub(crate) fn serialize(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        if self.0.is_empty() {
            return Ok(out);
        }
        let too_long = || Error::from(Refusal::ContextTooLong);
        let number = |out: &mut Vec<u8>, number: usize| {
            let number = u16::try_from(number).map_err(|_| too_long())?;
            out.extend_from_slice(&number.to_be_bytes());
            Ok::<(), Error>(())
        };
        number(&mut out, self.0.len())?;
        for text in self.0.iter().flat_map(|(key, value)| [key, value]) {
            number(&mut out, text.len())?;
            out.extend_from_slice(text.as_bytes());
        }
        if out.len() > MAX_LEN { Err(too_long()) } else { Ok(out) }
    }

    /// Reads a serialization. Its order is not looked at: not every SDK sorts by bytes, and whoever reads
    /// has it authenticated as it stands. No pairs may be written as their number, too, as some SDKs once
    /// did.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let (count, mut rest) = number(bytes)?;
        let mut pairs = BTreeMap::new();
        for _ in 0..count {
            let (key, after) = text(rest)?;
            let (value, after) = text(after)?;
            rest = after;
            if pairs.insert(key, value).is_some() {
                return Err(FormatError::DuplicateContextKey);
            }
        }
        if rest.is_empty() { Ok(Self(pairs)) } else { Err(FormatError::Context) }
    }
}

fn number(bytes: &[u8]) -> Result<(u16, &[u8]), FormatError> {
    let (number, rest) = bytes.split_first_chunk().ok_or(FormatError::Context)?;
    Ok((u16::from_be_bytes(*number), rest))
}

fn text(bytes: &[u8]) -> Result<(String, &[u8]), FormatError> {
    let (length, rest) = number(bytes)?;
    let (text, rest) = rest.split_at_checked(usize::from(length)).ok_or(FormatError::Context)?;
    let text = str::from_utf8(text).map_err(|_| FormatError::Context)?;
    Ok((text.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn context(pairs: &[(&str, &str)]) -> Result<EncryptionContext, Error> {
        let owned = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        EncryptionContext::new(owned.collect())
    }

    #[test]
    fn pairs_are_serialized_in_the_order_of_bytes() {
        let context = context(&[("b", "2"), ("a", "1"), ("é", ""), ("Z", "3")]).unwrap();
        let expected = b"\0\x04\0\x01Z\0\x013\0\x01a\0\x011\0\x01b\0\x012\0\x02\xc3\xa9\0\0";
        assert_eq!(context.serialize().unwrap(), expected);
        assert_eq!(EncryptionContext::empty().serialize().unwrap(), b"");
    }

    #[test]
    fn reserved_keys_and_long_contexts_are_refused() {
        assert!(matches!(
            context(&[("aws-crypto-x", "")]),
            Err(Error::Refused(Refusal::ReservedContextKey(key))) if key == "aws-crypto-x"
        ));
        assert!(context(&[("aws-crypt", ""), ("AWS-CRYPTO-", "")]).is_ok());
        let long = "x".repeat(65_526);
        assert!(
            context(&[("a", &long[1..])]).is_ok_and(|it| it.serialize().unwrap().len() == 65_532)
        );
        assert!(context(&[("abcd", &long[..])]).is_err());
        assert!(context(&[("a", &"x".repeat(65_536))]).is_err());
    }

    #[test]
    fn what_is_no_serialization_is_refused() {
        for bytes in [
            &b"\0"[..],
            b"\0\x01",
            b"\0\x01\0\x01",
            b"\0\x01\0\x01a\0\x02b",
            b"\0\x01\0\x01a\0\x01b!",
            b"\0\x01\0\x01\xff\0\x01b",
            b"\xff\xff\0\x01a\0\x01b",
        ] {
            assert_eq!(EncryptionContext::parse(bytes), Err(FormatError::Context), "{bytes:?}");
        }
        assert_eq!(EncryptionContext::parse(b"\0\0"), Ok(EncryptionContext::empty()));
        assert_eq!(EncryptionContext::parse(b"\0\0\0"), Err(FormatError::Context));
        let unsorted = EncryptionContext::parse(b"\0\x02\0\x01b\0\0\0\x01a\0\0").unwrap();
        assert!(unsorted.pairs().eq([("a", ""), ("b", "")]));
        let twice = b"\0\x02\0\x01a\0\x01b\0\x01a\0\x01c";
        assert_eq!(EncryptionContext::parse(twice), Err(FormatError::DuplicateContextKey));
    }

    proptest! {
        #[test]
        fn what_is_serialized_is_read(pairs in proptest::collection::btree_map(".{0,9}", ".{0,9}", 0..9)) {
            let context = EncryptionContext(pairs);
            prop_assert_eq!(EncryptionContext::parse(&context.serialize().unwrap()).unwrap(), context);
        }
    }
}
