//! A key in an HSM that wraps one secret of ours: the root key.

use crate::hsm::Hsm;
use crate::{ConfigurationError, HsmConfiguration};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::key_store::KeyStoreError;

/// An AES-256 key in an HSM, which does not leave it.
pub struct WrappingKey {
    hsm: Hsm,
    label: String,
}

impl WrappingKey {
    /// The key with this label, 1 to 128 bytes, whether or not it is there.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub fn new(configuration: HsmConfiguration, label: &str) -> Result<Self, ConfigurationError> {
        Ok(Self { hsm: Hsm::start(configuration)?, label: label.to_owned() })
    }

    /// Makes the key, unless it is there.
    ///
    /// # Errors
    /// [`KeyStoreError`]; the text of one is for the operator.
    pub async fn create(&self, pin: &SecretBytes) -> Result<(), KeyStoreError> {
        self.hsm.create(pin, &self.label).await
    }

    /// Wraps `secret`, bound to `aad`; at most 4 KiB each.
    ///
    /// # Errors
    /// The same.
    pub async fn wrap(
        &self,
        pin: &SecretBytes,
        aad: &[u8],
        secret: &SecretBytes,
    ) -> Result<Vec<u8>, KeyStoreError> {
        self.hsm.encrypt(pin, &self.label, aad, secret.expose()).await
    }

    /// Unwraps what [`WrappingKey::wrap`] made.
    ///
    /// # Errors
    /// The same; [`KeyStoreError::Ciphertext`] for what it did not make.
    pub async fn unwrap(
        &self,
        pin: &SecretBytes,
        aad: &[u8],
        wrapped: &[u8],
    ) -> Result<SecretBytes, KeyStoreError> {
        self.hsm.decrypt(pin, &self.label, aad, wrapped).await
    }
}
