//! HMAC with the SHA-2 family (FIPS 198-1, RFC 2104); SHA-256 is the one that this system's own
//! formats are made of.

use crate::hash::array;
use aws_lc_rs::hmac;
use strongroom_types::MacAlgorithm;

/// The HMAC of `message` under `key` (any length), as long as the hash's digest: 28, 32, 48 or 64
/// bytes. What AWS-LC makes of the key is wiped before this returns.
#[must_use]
pub fn authenticate(algorithm: MacAlgorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(scheme(algorithm), key), message).as_ref().to_vec()
}

/// Whether `tag` is the whole HMAC of `message` under `key`, compared in constant time.
#[must_use]
pub fn verify(algorithm: MacAlgorithm, key: &[u8], message: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(scheme(algorithm), key), message, tag).is_ok()
}

const fn scheme(algorithm: MacAlgorithm) -> hmac::Algorithm {
    match algorithm {
        MacAlgorithm::HmacSha224 => hmac::HMAC_SHA224,
        MacAlgorithm::HmacSha256 => hmac::HMAC_SHA256,
        MacAlgorithm::HmacSha384 => hmac::HMAC_SHA384,
        MacAlgorithm::HmacSha512 => hmac::HMAC_SHA512,
    }
}

/// HMAC-SHA-256 of `data` under a key used once.
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    array(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data).as_ref())
}

/// A key prepared for many messages.
pub struct HmacKey(hmac::Key);

impl HmacKey {
    /// Prepares `key` (any length).
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// HMAC-SHA-256 of `data`.
    #[must_use]
    pub fn sign(&self, data: &[u8]) -> [u8; 32] {
        array(hmac::sign(&self.0, data).as_ref())
    }

    /// Whether `tag` is the HMAC-SHA-256 of `data`, compared in constant time.
    #[must_use]
    pub fn verify(&self, data: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.0, data, tag).is_ok()
    }
}
