//! Data keys, in the clear and encrypted.

use crate::error::bounded;
use std::fmt;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;

/// The key of one message, or of several that a cache lends it to. Clones are the same key.
#[derive(Clone)]
pub struct DataKey(Arc<SecretBytes>);

impl DataKey {
    /// Takes over `key`.
    #[must_use]
    pub fn new(key: SecretBytes) -> Self {
        Self(Arc::new(key))
    }

    /// The secret inside.
    #[must_use]
    pub fn secret(&self) -> &SecretBytes {
        &self.0
    }
}

/// A data key under one wrapping key, as a message's header has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedDataKey {
    /// Whose it is: `aws-kms`, or the namespace of a raw key.
    pub provider_id: String,
    /// Which key: its ARN, or a raw key's name, behind which AES has lengths and nonce.
    pub provider_info: Vec<u8>,
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
}

impl EncryptedDataKey {
    /// The wrapping key as people know it: provider and key, bounded and printable.
    #[must_use]
    pub fn wrapping_key(&self) -> String {
        let info = String::from_utf8_lossy(printable_prefix(&self.provider_info));
        bounded(&format!("{}/{info}", self.provider_id))
    }
}

/// What a raw AES key's information begins with: its name, before lengths and nonce.
fn printable_prefix(info: &[u8]) -> &[u8] {
    let end = info.iter().position(|byte| *byte < 0x20).unwrap_or(info.len());
    info.get(..end).unwrap_or_default()
}

impl fmt::Display for EncryptedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wrapping_key())
    }
}
