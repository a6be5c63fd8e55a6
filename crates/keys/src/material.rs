//! Backing keys: the 256-bit secrets behind a symmetric KMS key. One is current; older ones only
//! decrypt.

use crate::DomainKey;
use crate::blob::{self, BlobHeader};
use crate::record::MaterialRecord;
use crate::sealed::{self, RecordError};
use std::fmt;
use strongroom_crypto::{Entropy, SecretBytes, SecretKey, hash, kdf};
use strongroom_types::{EncryptionContext, KeyArn, Timestamp};

/// Identifies key material; the 64 hexadecimal digits that AWS calls `KeyMaterialId`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaterialId([u8; 32]);

impl MaterialId {
    /// The identifier of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hash::hex(&self.0))
    }
}

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A backing key in the clear. It derives a fresh key for each message and encrypts nothing itself.
pub struct BackingKey {
    id: MaterialId,
    key: SecretKey,
}

impl BackingKey {
    /// Fresh material for `arn`.
    ///
    /// # Errors
    /// [`RecordError::Sealing`] when the random source fails.
    pub fn generate(arn: &KeyArn, entropy: &dyn Entropy) -> Result<Self, RecordError> {
        let key = SecretKey::generate(entropy).map_err(|_| RecordError::Sealing)?;
        Self::of(arn, key)
    }

    /// The identifier is a one-way image of the material and the key it belongs to, so that equal
    /// material in one key has one identifier, and in two keys two.
    fn of(arn: &KeyArn, key: SecretKey) -> Result<Self, RecordError> {
        let place = arn.to_string();
        let image = kdf::derive(&key, "strongroom key material id v1", place.as_bytes())
            .map_err(|_| RecordError::Sealing)?;
        Ok(Self { id: MaterialId(*image.expose()), key })
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> MaterialId {
        self.id
    }

    /// Wraps it for the record of `arn`.
    ///
    /// # Errors
    /// [`RecordError::Sealing`].
    pub fn wrap(
        &self,
        domain: &DomainKey,
        arn: &KeyArn,
        created: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<MaterialRecord, RecordError> {
        let wrapped = sealed::seal(domain, &place(arn), 0, self.key.expose(), entropy)?;
        Ok(MaterialRecord { id: self.id.0, wrapped, created })
    }

    /// Unwraps the material that `record` holds for `arn`.
    ///
    /// # Errors
    /// [`RecordError`] when it is not authentic, or not the material it says it is.
    pub fn unwrap(
        domain: &DomainKey,
        arn: &KeyArn,
        record: &MaterialRecord,
    ) -> Result<Self, RecordError> {
        let plain = sealed::open(domain, &place(arn), 0, &record.wrapped)?;
        let key = SecretKey::from_slice(plain.expose()).ok_or(RecordError::Format)?;
        let material = Self::of(arn, key)?;
        if material.id.0 == record.id { Ok(material) } else { Err(RecordError::Authentication) }
    }

    /// Encrypts `plaintext` (at most 4,096 bytes, checked by the caller) into a ciphertext blob.
    ///
    /// # Errors
    /// [`RecordError::Sealing`] when the random source or AWS-LC fails.
    pub fn encrypt(
        &self,
        arn: &KeyArn,
        context: &EncryptionContext,
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RecordError> {
        blob::seal(&self.key, &BlobHeader::new(arn, self.id), context, plaintext, entropy)
    }

    /// Decrypts the blob that begins with `header`.
    ///
    /// # Errors
    /// [`RecordError::Authentication`] when blob or context differ from what was encrypted.
    pub fn decrypt(
        &self,
        header: &BlobHeader,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretBytes, RecordError> {
        blob::open(&self.key, header, context, blob)
    }
}

fn place(arn: &KeyArn) -> Vec<u8> {
    [b"backing key ", arn.to_string().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DomainName, codec};
    use strongroom_crypto::SystemEntropy;
    use strongroom_types::{AccountId, KeyId};

    fn arn(byte: u8) -> KeyArn {
        KeyArn {
            region: "eu-west-2".parse().unwrap(),
            account: AccountId::INITIAL,
            key: KeyId::from_random([byte; 16]),
        }
    }

    #[test]
    fn material_belongs_to_one_key() {
        let domain = DomainKey::generate(DomainName::global(), 1, &SystemEntropy).unwrap();
        let material = BackingKey::generate(&arn(1), &SystemEntropy).unwrap();
        let now = Timestamp::from_millis(1);
        let record = material.wrap(&domain, &arn(1), now, &SystemEntropy).unwrap();
        assert_eq!(BackingKey::unwrap(&domain, &arn(1), &record).unwrap().id(), material.id());
        assert!(BackingKey::unwrap(&domain, &arn(2), &record).is_err());
        let mut renamed = record.clone();
        renamed.id[0] ^= 1;
        assert!(BackingKey::unwrap(&domain, &arn(1), &renamed).is_err());
        let bytes = codec::encode(&record);
        assert_eq!(codec::decode::<MaterialRecord>(&bytes).unwrap(), record);
    }
}
