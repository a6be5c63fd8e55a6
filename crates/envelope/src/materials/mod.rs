//! What a message is written and read with: the data key, and keys for its signature.

mod cache;
mod caching;
mod default;

pub use caching::{
    CacheLimits, CachingManager, KeyCheck, MonotonicClock, Purpose, SystemMonotonicClock,
};
pub use default::DefaultManager;

use crate::context::EncryptionContext;
use crate::data_key::{DataKey, EncryptedDataKey};
use crate::error::Error;
use crate::kms::BoxFuture;
use crate::suite::Suite;
use strongroom_crypto::stream_signature::StreamSigningKey;

/// Who gives materials: AWS's cryptographic materials manager.
pub trait MaterialsManager: Send + Sync {
    /// Materials to write a message with.
    fn encryption_materials<'a>(
        &'a self,
        request: EncryptionRequest<'a>,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, Error>>;

    /// Materials to read a message with.
    fn decryption_materials<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<DecryptionMaterials, Error>>;
}

/// What is to be written.
#[derive(Clone, Copy)]
pub struct EncryptionRequest<'a> {
    /// The suite.
    pub suite: Suite,
    /// The context, without the pairs of the format itself.
    pub context: &'a EncryptionContext,
    /// Bytes of plaintext, if known.
    pub plaintext_len: Option<u64>,
}

/// What a message to be read says of its materials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecryptionRequest {
    /// The suite.
    pub suite: Suite,
    /// The context, with the pairs of the format itself.
    pub context: EncryptionContext,
    /// The data key under each wrapping key.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
}

/// What a message is written with. Clones have the same keys.
#[derive(Clone)]
pub struct EncryptionMaterials {
    /// The suite.
    pub suite: Suite,
    /// The context, with the public key of a signed message.
    pub context: EncryptionContext,
    /// The data key.
    pub data_key: DataKey,
    /// It, under each wrapping key.
    pub encrypted_data_keys: Vec<EncryptedDataKey>,
    /// The key that signs.
    pub signing_key: Option<StreamSigningKey>,
}

/// What a message is read with. Clones have the same keys.
#[derive(Clone)]
pub struct DecryptionMaterials {
    /// The data key.
    pub data_key: DataKey,
    /// The compressed point by which the signature is verified.
    pub verification_key: Option<Vec<u8>>,
    /// The encrypted data key that it came from.
    pub encrypted: EncryptedDataKey,
}
