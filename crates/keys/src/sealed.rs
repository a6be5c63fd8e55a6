//! Sealed records: whoever holds the store learns nothing from its values and can neither alter
//! one nor move it to another place or version.

use crate::DomainKey;
use strongroom_crypto::aead::{self, SALT_LEN};
use strongroom_crypto::{Entropy, SecretBytes};

const FORMAT: u8 = 1;
const LABEL: &str = "strongroom record v1";
const HEADER: usize = 1 + 4 + SALT_LEN;

/// Why a sealed record did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordError {
    /// Too short, or of a format this version does not know.
    Format,
    /// It was sealed under another domain key than the one given.
    DomainKey,
    /// It was altered, or it does not belong at this place and version.
    Authentication,
    /// The random source or AWS-LC failed.
    Sealing,
}

impl std::fmt::Display for RecordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Format => "the record is of an unknown format",
            Self::DomainKey => "the record was sealed under another domain key",
            Self::Authentication => "the record was altered or moved",
            Self::Sealing => "the record could not be sealed",
        })
    }
}

impl std::error::Error for RecordError {}

/// Seals `plain` for `place` (a store key, or what stands for one) at `version`.
///
/// Layout: format `0x01` ‖ domain key number (4 bytes, big-endian) ‖ salt (16) ‖ ciphertext ‖
/// tag (16). Associated data: the first 5 bytes ‖ version (8, big-endian) ‖ place.
///
/// # Errors
/// [`RecordError::Sealing`] when the random source or AWS-LC fails.
pub fn seal(
    domain: &DomainKey,
    place: &[u8],
    version: u64,
    plain: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, RecordError> {
    let mut salt = [0; SALT_LEN];
    entropy.fill(&mut salt).map_err(|_| RecordError::Sealing)?;
    let mut out = Vec::with_capacity(HEADER + plain.len() + aead::TAG_LEN);
    out.push(FORMAT);
    out.extend_from_slice(&domain.number().to_be_bytes());
    let aad = associated_data(&out, version, place);
    out.extend_from_slice(&salt);
    aead::seal_once(domain.key(), LABEL, &salt, &aad, plain, &mut out)
        .map_err(|_| RecordError::Sealing)?;
    Ok(out)
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`RecordError`]; nothing of the content is returned unless all of it is authentic.
pub fn open(
    domain: &DomainKey,
    place: &[u8],
    version: u64,
    sealed: &[u8],
) -> Result<SecretBytes, RecordError> {
    if domain_number(sealed)? != domain.number() {
        return Err(RecordError::DomainKey);
    }
    let (header, body) = sealed.split_first_chunk::<HEADER>().ok_or(RecordError::Format)?;
    let (fixed, salt) = header.split_at(HEADER - SALT_LEN);
    let salt: &[u8; SALT_LEN] = salt.try_into().map_err(|_| RecordError::Format)?;
    let aad = associated_data(fixed, version, place);
    aead::open_once(domain.key(), LABEL, salt, &aad, body).map_err(|_| RecordError::Authentication)
}

/// The number of the domain key that `sealed` says it was sealed under.
///
/// # Errors
/// [`RecordError::Format`].
pub fn domain_number(sealed: &[u8]) -> Result<u32, RecordError> {
    match sealed {
        [FORMAT, a, b, c, d, ..] => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(RecordError::Format),
    }
}

fn associated_data(fixed: &[u8], version: u64, place: &[u8]) -> Vec<u8> {
    let mut aad = Vec::with_capacity(fixed.len() + 8 + place.len());
    aad.extend_from_slice(fixed);
    aad.extend_from_slice(&version.to_be_bytes());
    aad.extend_from_slice(place);
    aad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DomainName;
    use strongroom_crypto::{SecretKey, SystemEntropy};

    fn domain(byte: u8, number: u32) -> DomainKey {
        let key = SecretKey::from_slice(&[byte; 32]).unwrap();
        DomainKey::new(DomainName::global(), number, key)
    }

    #[test]
    fn a_record_opens_only_where_and_when_it_was_sealed() {
        let key = domain(1, 7);
        let sealed = seal(&key, b"place", 3, b"content", &SystemEntropy).unwrap();
        let bytes = |r: Result<SecretBytes, _>| r.map(|s| s.expose().to_vec());
        assert_eq!(bytes(open(&key, b"place", 3, &sealed)).unwrap(), b"content");
        assert_eq!(bytes(open(&key, b"other", 3, &sealed)), Err(RecordError::Authentication));
        assert_eq!(bytes(open(&key, b"place", 2, &sealed)), Err(RecordError::Authentication));
        assert_eq!(
            bytes(open(&domain(2, 7), b"place", 3, &sealed)),
            Err(RecordError::Authentication)
        );
        assert_eq!(bytes(open(&domain(1, 8), b"place", 3, &sealed)), Err(RecordError::DomainKey));
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 0x80;
            assert!(open(&key, b"place", 3, &flipped).is_err(), "byte {at}");
            assert!(open(&key, b"place", 3, &sealed[..at]).is_err(), "length {at}");
        }
    }

    #[test]
    fn equal_contents_seal_differently() {
        let key = domain(1, 1);
        let once = || seal(&key, b"p", 1, b"same", &SystemEntropy).unwrap();
        assert_ne!(once(), once());
    }
}
