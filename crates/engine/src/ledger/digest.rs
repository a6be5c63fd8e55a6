//! A digest of which versions the store holds, kept up to date in constant time per change.
//!
//! It is the exclusive or of HMAC-SHA-256(key, version ‖ store key) over all records: the set hash
//! of Clarke, Devadas, van Dijk, Gassend and Suh (ASIACRYPT 2003, MSet-XOR-Hash) for sets, whose
//! value stays secret here. Versions are never used twice and a sealed record opens only at its own
//! version, so a record that was put back to an earlier version, removed or added shows.

use strongroom_crypto::mac::HmacKey;

/// The digest of a set of (store key, version) pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SetDigest(pub(crate) [u8; 32]);

impl SetDigest {
    /// Adds the pair if it is not in the set, removes it if it is.
    pub(crate) fn toggle(&mut self, key: &HmacKey, place: &[u8], version: u64) {
        let mut element = Vec::with_capacity(8 + place.len());
        element.extend_from_slice(&version.to_be_bytes());
        element.extend_from_slice(place);
        for (byte, image) in self.0.iter_mut().zip(key.sign(&element)) {
            *byte ^= image;
        }
    }
}
