//! HMAC with SHA-256 (FIPS 198-1, RFC 2104).

use crate::hash::array;
use aws_lc_rs::hmac;

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
