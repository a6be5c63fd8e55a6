//! Keyrings: wrapping keys, by which data keys are made, encrypted and decrypted.

mod arn;
mod discovery;
mod kms;
mod multi;
mod raw_aes;
mod raw_rsa;

pub use discovery::{DiscoveryFilter, KmsDiscoveryKeyring};
pub use kms::KmsKeyring;
pub use multi::MultiKeyring;
pub use raw_aes::RawAesKeyring;
pub use raw_rsa::RawRsaKeyring;

use crate::context::EncryptionContext;
use crate::data_key::{DataKey, EncryptedDataKey};
use crate::error::{Error, KeyringError};
use crate::kms::BoxFuture;
use crate::materials::DecryptionRequest;
use crate::suite::Suite;
use strongroom_crypto::{Entropy, SecretBytes};

/// The provider of keys in AWS KMS; a reserved namespace.
pub(crate) const AWS_KMS: &str = "aws-kms";

/// One wrapping key or several.
pub trait Keyring: Send + Sync {
    /// Encrypts the data key under each of its keys, having made one if there is none yet.
    fn wrap<'a>(&'a self, request: WrapRequest<'a>) -> BoxFuture<'a, Result<Wrapped, Error>>;

    /// Decrypts the first encrypted data key that one of its keys can.
    fn unwrap<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<Unwrapped, KeyringError>>;
}

/// What is to be wrapped.
#[derive(Clone, Copy)]
pub struct WrapRequest<'a> {
    /// The suite, which says how long data keys are.
    pub suite: Suite,
    /// What the data key is to be bound to, as far as the wrapping key can.
    pub context: &'a EncryptionContext,
    /// The data key, if there is one already.
    pub data_key: Option<&'a DataKey>,
    /// For the data key, if it is made here, and nonces.
    pub entropy: &'a dyn Entropy,
}

impl WrapRequest<'_> {
    /// The data key that there is, or a fresh one.
    pub(crate) fn data_key(&self) -> Result<DataKey, Error> {
        if let Some(key) = self.data_key {
            return Ok(key.clone());
        }
        let mut fresh = SecretBytes::zeroed(self.suite.data_key_len());
        self.entropy.fill(fresh.expose_mut()).map_err(|_| Error::Failed)?;
        Ok(DataKey::new(fresh))
    }
}

/// A data key, and what became of it under each wrapping key.
pub struct Wrapped {
    /// The data key.
    pub data_key: DataKey,
    /// It, under each key.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
}

/// A data key, and from which of the message's it came.
pub struct Unwrapped {
    /// The data key.
    pub data_key: DataKey,
    /// The one that was decrypted.
    pub encrypted: EncryptedDataKey,
}
