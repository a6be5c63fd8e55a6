//! Key material as bytes, on its way into a record or out of one.

use super::id::MaterialId;
use crate::DomainKey;
use crate::record::MaterialRecord;
use crate::sealed::{self, RecordError};
use std::fmt;
use strongroom_crypto::asymmetric::PrivateKey;
use strongroom_crypto::{Entropy, SecretBytes};
use strongroom_types::{KeyArn, KeySpec, Timestamp};

/// The bytes of key material: 32 for SYMMETRIC_DEFAULT, 28 to 128 for HMAC keys, a private key in
/// PKCS #8 (RFC 5958, DER) for asymmetric ones.
pub struct KeyMaterial {
    id: MaterialId,
    bytes: SecretBytes,
}

/// Why bytes are no key material of a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialError {
    /// Of the wrong length, or no private key of the spec.
    Form,
    /// The random source or the cryptographic library failed.
    Failed,
}

impl fmt::Display for MaterialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "the bytes are no key material of this key spec",
            Self::Failed => "key material could not be made",
        })
    }
}

impl std::error::Error for MaterialError {}

impl KeyMaterial {
    /// Fresh material for `arn`. Of RSA this takes up to seconds.
    ///
    /// # Errors
    /// [`MaterialError::Failed`].
    pub fn generate(
        spec: KeySpec,
        arn: &KeyArn,
        entropy: &dyn Entropy,
    ) -> Result<Self, MaterialError> {
        let failed = MaterialError::Failed;
        let bytes = match secret_length(spec) {
            Some(length) => {
                let mut bytes = SecretBytes::zeroed(length);
                entropy.fill(bytes.expose_mut()).map_err(|_| failed)?;
                bytes
            }
            None => PrivateKey::generate(spec).map_err(|_| failed)?,
        };
        Self::of(arn, bytes).ok_or(failed)
    }

    /// Material that somebody brings for `arn`.
    ///
    /// # Errors
    /// [`MaterialError::Form`] when it is none of `spec`.
    pub fn imported(
        spec: KeySpec,
        arn: &KeyArn,
        bytes: SecretBytes,
    ) -> Result<Self, MaterialError> {
        let form = MaterialError::Form;
        let fits = match secret_length(spec) {
            Some(length) => bytes.len() == length,
            None => PrivateKey::parse(spec, bytes.expose()).is_ok(),
        };
        if fits { Self::of(arn, bytes).ok_or(MaterialError::Failed) } else { Err(form) }
    }

    fn of(arn: &KeyArn, bytes: SecretBytes) -> Option<Self> {
        let id = MaterialId::of(arn, bytes.expose())?;
        Some(Self { id, bytes })
    }

    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> MaterialId {
        self.id
    }

    pub(super) fn bytes(&self) -> &SecretBytes {
        &self.bytes
    }

    /// Wraps it for the record of `arn`, of which it is to become material.
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
        let wrapped = sealed::seal(domain, &place(arn), 0, self.bytes.expose(), entropy)?;
        let id = *self.id.as_bytes();
        Ok(MaterialRecord { id, wrapped, created, rotation: None, import: None, waiting: None })
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
        let bytes = sealed::open(domain, &place(arn), 0, &record.wrapped)?;
        let material = Self::of(arn, bytes).ok_or(RecordError::Format)?;
        let is_it = *material.id.as_bytes() == record.id;
        if is_it { Ok(material) } else { Err(RecordError::Authentication) }
    }
}

/// Length in bytes of a symmetric secret; `None` for specs of key pairs.
///
/// Source: AWS KMS API Reference, `GenerateMac` and `ImportKeyMaterial`.
#[must_use]
const fn secret_length(spec: KeySpec) -> Option<usize> {
    match spec {
        KeySpec::SymmetricDefault | KeySpec::Hmac256 => Some(32),
        KeySpec::Hmac224 => Some(28),
        KeySpec::Hmac384 => Some(48),
        KeySpec::Hmac512 => Some(64),
        _ => None,
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
        let spec = KeySpec::SymmetricDefault;
        let material = KeyMaterial::generate(spec, &arn(1), &SystemEntropy).unwrap();
        let now = Timestamp::from_millis(1);
        let record = material.wrap(&domain, &arn(1), now, &SystemEntropy).unwrap();
        assert_eq!(KeyMaterial::unwrap(&domain, &arn(1), &record).unwrap().id(), material.id());
        assert!(KeyMaterial::unwrap(&domain, &arn(2), &record).is_err());
        let mut renamed = record.clone();
        renamed.id[0] ^= 1;
        assert!(KeyMaterial::unwrap(&domain, &arn(1), &renamed).is_err());
        let bytes = codec::encode(&record);
        assert_eq!(codec::decode::<MaterialRecord>(&bytes).unwrap(), record);
    }

    #[test]
    fn keys_of_a_multi_region_key_share_their_material() {
        let key = KeyId::multi_region_from_random([7; 16]);
        let here = KeyArn { key, ..arn(1) };
        let there = KeyArn { region: "us-east-1".parse().unwrap(), ..here };
        let bytes = || SecretBytes::new(vec![9; 32]);
        let of = |arn: &KeyArn| KeyMaterial::imported(KeySpec::SymmetricDefault, arn, bytes());
        assert_eq!(of(&here).unwrap().id(), of(&there).unwrap().id());
        assert_ne!(of(&here).unwrap().id(), of(&arn(1)).unwrap().id());
    }

    #[test]
    fn what_is_brought_must_be_of_the_spec() {
        for (spec, length) in
            [(KeySpec::SymmetricDefault, 32), (KeySpec::Hmac224, 28), (KeySpec::Hmac512, 64)]
        {
            for wrong in [0, length - 1, length + 1] {
                let bytes = SecretBytes::new(vec![1; wrong]);
                let refused = KeyMaterial::imported(spec, &arn(1), bytes).err();
                assert_eq!(refused, Some(MaterialError::Form), "{spec} of {wrong} bytes");
            }
            let bytes = SecretBytes::new(vec![1; length]);
            assert!(KeyMaterial::imported(spec, &arn(1), bytes).is_ok());
        }
        let no_key = SecretBytes::new(vec![0x30; 100]);
        assert!(KeyMaterial::imported(KeySpec::EccNistP256, &arn(1), no_key).is_err());
    }
}
