//! Backing keys: key material, ready to be used.

use super::id::MaterialId;
use super::raw::KeyMaterial;
use crate::blob::{self, BlobHeader};
use crate::sealed::RecordError;
use strongroom_crypto::asymmetric::PrivateKey;
use strongroom_crypto::{Entropy, SecretBytes, SecretKey};
use strongroom_types::{EncryptionContext, KeyArn, KeySpec};

/// A backing key: what of a key's material does the work.
pub struct BackingKey {
    id: MaterialId,
    secret: Secret,
}

enum Secret {
    /// Derives a fresh key for each message and encrypts nothing itself.
    Symmetric(SecretKey),
    /// Authenticates messages.
    Mac(SecretBytes),
    /// Parsed once.
    Private(Box<PrivateKey>),
}

impl BackingKey {
    /// Makes `material` of `spec` ready.
    ///
    /// # Errors
    /// [`RecordError::Format`] when it is none of the spec.
    pub fn new(spec: KeySpec, material: &KeyMaterial) -> Result<Self, RecordError> {
        let bytes = material.bytes().expose();
        let secret = match spec {
            KeySpec::SymmetricDefault => SecretKey::from_slice(bytes).map(Secret::Symmetric),
            KeySpec::Hmac224 | KeySpec::Hmac256 | KeySpec::Hmac384 | KeySpec::Hmac512 => {
                Some(Secret::Mac(SecretBytes::new(bytes.to_vec())))
            }
            _ => PrivateKey::parse(spec, bytes).ok().map(|key| Secret::Private(Box::new(key))),
        };
        Ok(Self { id: material.id(), secret: secret.ok_or(RecordError::Format)? })
    }

    /// The identifier of its material.
    #[must_use]
    pub fn id(&self) -> MaterialId {
        self.id
    }

    /// The private key, if it is one of a pair.
    #[must_use]
    pub fn private(&self) -> Option<&PrivateKey> {
        if let Secret::Private(key) = &self.secret { Some(key) } else { None }
    }

    /// The secret of an HMAC key.
    #[must_use]
    pub fn mac(&self) -> Option<&SecretBytes> {
        if let Secret::Mac(key) = &self.secret { Some(key) } else { None }
    }

    fn symmetric(&self) -> Result<&SecretKey, RecordError> {
        if let Secret::Symmetric(key) = &self.secret { Ok(key) } else { Err(RecordError::Format) }
    }

    /// Encrypts `plaintext` (at most 4,096 bytes, checked by the caller) into a ciphertext blob.
    ///
    /// # Errors
    /// [`RecordError::Sealing`] when the random source or AWS-LC fails, [`RecordError::Format`] for
    /// a key that is not symmetric.
    pub fn encrypt(
        &self,
        arn: &KeyArn,
        context: &EncryptionContext,
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RecordError> {
        let header = BlobHeader::new(arn, self.id, false);
        blob::seal(self.symmetric()?, &header, context, plaintext, entropy)
    }

    /// The same for a key outside to encrypt again: all but the header ([`blob::split`]).
    ///
    /// # Errors
    /// As [`BackingKey::encrypt`].
    pub fn encrypt_inside(
        &self,
        arn: &KeyArn,
        context: &EncryptionContext,
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RecordError> {
        let header = BlobHeader::new(arn, self.id, true);
        blob::seal(self.symmetric()?, &header, context, plaintext, entropy)
    }

    /// Decrypts the blob that begins with `header`; of one that was encrypted twice, what the key
    /// outside has decrypted, behind the header.
    ///
    /// # Errors
    /// [`RecordError::Authentication`] when blob or context differ from what was encrypted,
    /// [`RecordError::Format`] for a key that is not symmetric.
    pub fn decrypt(
        &self,
        header: &BlobHeader,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretBytes, RecordError> {
        blob::open(self.symmetric()?, header, context, blob)
    }
}
