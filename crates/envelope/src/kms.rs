//! The port to a key management service: what a client over the network and an engine in the same
//! process implement alike.

use crate::context::EncryptionContext;
use crate::error::bounded;
use std::fmt;
use std::pin::Pin;
use strongroom_crypto::SecretBytes;

/// A future that may be awaited on any thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Three operations of AWS KMS, as its API reference has them.
///
/// One implementation may serve several Regions: each request says which, if the key's ARN does.
pub trait Kms: Send + Sync {
    /// GenerateDataKey.
    fn generate_data_key<'a>(
        &'a self,
        request: GenerateDataKey<'a>,
    ) -> BoxFuture<'a, Result<GeneratedDataKey, KmsError>>;

    /// Encrypt.
    fn encrypt<'a>(
        &'a self,
        request: Encrypt<'a>,
    ) -> BoxFuture<'a, Result<EncryptedUnder, KmsError>>;

    /// Decrypt.
    fn decrypt<'a>(&'a self, request: Decrypt<'a>)
    -> BoxFuture<'a, Result<DecryptedKey, KmsError>>;
}

/// A request of GenerateDataKey.
pub struct GenerateDataKey<'a> {
    /// As it was configured: an ARN, an identifier, an alias.
    pub key_id: &'a str,
    /// The Region of the ARN; none: the implementation's own.
    pub region: Option<&'a str>,
    /// Bytes of the data key: 16, 24 or 32.
    pub number_of_bytes: usize,
    /// What the data key is bound to.
    pub context: &'a EncryptionContext,
    /// Grant tokens.
    pub grant_tokens: &'a [String],
}

/// A request of Encrypt.
pub struct Encrypt<'a> {
    /// As it was configured: an ARN, an identifier, an alias.
    pub key_id: &'a str,
    /// The Region of the ARN; none: the implementation's own.
    pub region: Option<&'a str>,
    /// The data key.
    pub plaintext: &'a SecretBytes,
    /// What the data key is bound to.
    pub context: &'a EncryptionContext,
    /// Grant tokens.
    pub grant_tokens: &'a [String],
}

/// A request of Decrypt.
pub struct Decrypt<'a> {
    /// The key that must have encrypted it.
    pub key_id: &'a str,
    /// The Region of the ARN; none: the implementation's own.
    pub region: Option<&'a str>,
    /// The encrypted data key.
    pub ciphertext: &'a [u8],
    /// What the data key is bound to.
    pub context: &'a EncryptionContext,
    /// Grant tokens.
    pub grant_tokens: &'a [String],
}

/// The answer of GenerateDataKey.
pub struct GeneratedDataKey {
    /// The ARN of the key, `KeyId` in the answer.
    pub key_arn: String,
    /// The data key.
    pub plaintext: SecretBytes,
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
}

/// The answer of Encrypt.
pub struct EncryptedUnder {
    /// The ARN of the key, `KeyId` in the answer.
    pub key_arn: String,
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
}

/// The answer of Decrypt.
pub struct DecryptedKey {
    /// The ARN of the key, `KeyId` in the answer.
    pub key_arn: String,
    /// The data key.
    pub plaintext: SecretBytes,
}

/// A refusal or failure of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsError {
    code: String,
    message: String,
}

impl KmsError {
    /// An error of this code, as the service names it, and this text. Both are made printable and cut
    /// to a bound.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self { code: bounded(code), message: bounded(message) }
    }

    /// The code, for example `AccessDeniedException`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message } = self;
        if message.is_empty() { f.write_str(code) } else { write!(f, "{code}: {message}") }
    }
}

impl std::error::Error for KmsError {}
