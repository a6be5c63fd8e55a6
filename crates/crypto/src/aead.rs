//! AES-256-GCM (NIST SP 800-38D).
//!
//! A nonce must never repeat under one key: a repeat reveals the authentication key. Callers of
//! this module use each key for one message ([`seal_once`]) or count their nonces ([`Sequence`]);
//! random nonces under a long-lived key are not offered.

use crate::kdf::{self, KdfError};
use crate::secret::{SecretBytes, SecretKey};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::fmt;

/// Bytes that sealing adds: the authentication tag.
pub const TAG_LEN: usize = 16;
/// Bytes of the random value that makes a derived key unique.
pub const SALT_LEN: usize = 16;

/// Opening failed: wrong key, or anything at all was altered. It carries no detail on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenError;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sealed data does not authenticate")
    }
}

impl std::error::Error for OpenError {}

impl From<KdfError> for OpenError {
    fn from(_: KdfError) -> Self {
        Self
    }
}

/// Sealing failed inside AWS-LC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealError;

impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sealing failed")
    }
}

impl std::error::Error for SealError {}

impl From<KdfError> for SealError {
    fn from(_: KdfError) -> Self {
        Self
    }
}

/// Appends ciphertext ‖ tag of `plaintext` to `out`, under a key derived from `key` for this
/// message alone: AES-256-GCM(KDF(`key`, `label`, `salt`), nonce = 0⁹⁶, `aad`).
///
/// The zero nonce is sound because `salt` (128 random bits) makes the derived key unique.
///
/// # Errors
/// When AWS-LC refuses; `out` is then as it was.
pub fn seal_once(
    key: &SecretKey,
    label: &str,
    salt: &[u8; SALT_LEN],
    aad: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), SealError> {
    let derived = kdf::derive(key, label, salt)?;
    seal_at(&Sequence::new(&derived).ok_or(SealError)?, [0; 12], aad, plaintext, out)
}

/// Opens what [`seal_once`] made. `sealed` is ciphertext ‖ tag.
///
/// # Errors
/// [`OpenError`] when it does not authenticate.
pub fn open_once(
    key: &SecretKey,
    label: &str,
    salt: &[u8; SALT_LEN],
    aad: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    let derived = kdf::derive(key, label, salt)?;
    open_at(&Sequence::new(&derived).ok_or(OpenError)?, [0; 12], aad, sealed)
}

/// A key whose messages are numbered; the number is the nonce, so it must never repeat.
pub struct Sequence(LessSafeKey);

impl Sequence {
    /// Prepares `key` for a numbered sequence of messages.
    #[must_use]
    pub fn new(key: &SecretKey) -> Option<Self> {
        let unbound = UnboundKey::new(&AES_256_GCM, key.expose()).ok()?;
        Some(Self(LessSafeKey::new(unbound)))
    }

    /// Appends ciphertext ‖ tag of message `number` to `out`.
    ///
    /// # Errors
    /// When AWS-LC refuses; `out` is then as it was.
    pub fn seal(
        &self,
        number: u64,
        aad: &[u8],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        seal_at(self, counter(number), aad, plaintext, out)
    }

    /// Opens message `number`; `sealed` is ciphertext ‖ tag.
    ///
    /// # Errors
    /// [`OpenError`] when it does not authenticate.
    pub fn open(&self, number: u64, aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        open_at(self, counter(number), aad, sealed)
    }
}

fn counter(number: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().skip(4).zip(number.to_be_bytes()) {
        *to = from;
    }
    nonce
}

fn seal_at(
    key: &Sequence,
    nonce: [u8; 12],
    aad: &[u8],
    plaintext: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), SealError> {
    let start = out.len();
    // Reserved whole, so that no reallocation leaves a copy of the plaintext behind.
    out.reserve_exact(plaintext.len() + TAG_LEN);
    out.extend_from_slice(plaintext);
    let sealed = out.get_mut(start..).ok_or(SealError).and_then(|body| {
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.0.seal_in_place_separate_tag(nonce, Aad::from(aad), body).map_err(|_| SealError)
    });
    match sealed {
        Ok(tag) => {
            out.extend_from_slice(tag.as_ref());
            Ok(())
        }
        Err(refused) => {
            if let Some(body) = out.get_mut(start..) {
                zeroize::Zeroize::zeroize(body);
            }
            out.truncate(start);
            Err(refused)
        }
    }
}

fn open_at(
    key: &Sequence,
    nonce: [u8; 12],
    aad: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    let len = sealed.len().checked_sub(TAG_LEN).ok_or(OpenError)?;
    let (body, tag) = sealed.split_at_checked(len).ok_or(OpenError)?;
    let mut plain = SecretBytes::zeroed(len);
    key.0
        .open_separate_gather(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            body,
            tag,
            plain.expose_mut(),
        )
        .map_err(|_| OpenError)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretKey {
        SecretKey::from_slice(&[byte; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        let mut out = Vec::new();
        seal_once(&key(1), "label", &[2; 16], b"aad", b"hello", &mut out).unwrap();
        assert_eq!(out.len(), 5 + TAG_LEN);
        let open = |key: &SecretKey, label, salt: &[u8; 16], aad: &[u8], sealed: &[u8]| {
            open_once(key, label, salt, aad, sealed).map(|plain| plain.expose().to_vec())
        };
        assert_eq!(open(&key(1), "label", &[2; 16], b"aad", &out).unwrap(), b"hello");
        assert_eq!(open(&key(2), "label", &[2; 16], b"aad", &out), Err(OpenError));
        assert_eq!(open(&key(1), "other", &[2; 16], b"aad", &out), Err(OpenError));
        assert_eq!(open(&key(1), "label", &[3; 16], b"aad", &out), Err(OpenError));
        assert_eq!(open(&key(1), "label", &[2; 16], b"", &out), Err(OpenError));
        for at in 0..out.len() {
            let mut flipped = out.clone();
            flipped[at] ^= 1;
            assert_eq!(open(&key(1), "label", &[2; 16], b"aad", &flipped), Err(OpenError));
            assert_eq!(open(&key(1), "label", &[2; 16], b"aad", &out[..at]), Err(OpenError));
        }
    }

    #[test]
    fn a_sequence_binds_the_number() {
        let sequence = Sequence::new(&key(7)).unwrap();
        let mut out = Vec::new();
        sequence.seal(1, b"", b"frame", &mut out).unwrap();
        assert_eq!(sequence.open(1, b"", &out).unwrap().expose(), b"frame");
        assert!(sequence.open(2, b"", &out).is_err());
    }
}
