//! Key material as bytes, on its way into a record or out of one.

use super::id::MaterialId;
use crate::DomainKey;
use crate::record::MaterialRecord;
use crate::sealed::{self, RecordError};
use std::fmt;
use strongroom_crypto::asymmetric::{KeyError, PrivateKey};
use strongroom_crypto::{Entropy, SecretBytes};
use strongroom_types::{KeyArn, KeySpec, Timestamp};

/// The bytes of key material: 32 for SYMMETRIC_DEFAULT, 28 to 128 for HMAC keys, a private key in
/// PKCS #8 (RFC 5958, DER) for asymmetric ones, always in the form that is made here.
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
        let bytes = match secret_length(spec) {
            Some(least) => {
                let most = if spec == KeySpec::SymmetricDefault { least } else { MAX_MAC_KEY };
                let fits = (least..=most).contains(&bytes.len());
                if fits { bytes } else { return Err(MaterialError::Form) }
            }
            None => {
                let key =
                    PrivateKey::parse(spec, bytes.expose()).map_err(|_| MaterialError::Form)?;
                match key.to_pkcs8() {
                    // The same key in another envelope is the same material.
                    Ok(bytes) => bytes,
                    Err(KeyError::Unsupported) => bytes,
                    Err(_) => return Err(MaterialError::Failed),
                }
            }
        };
        Self::of(arn, bytes).ok_or(MaterialError::Failed)
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

    /// Wraps what `record` holds for `arn` under another domain key of the same Region. The key pair
    /// in it is not parsed.
    ///
    /// # Errors
    /// [`RecordError`] when it is not authentic, or sealing fails.
    pub fn rewrap(
        from: &DomainKey,
        to: &DomainKey,
        arn: &KeyArn,
        record: &MaterialRecord,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RecordError> {
        let bytes = sealed::open(from, &place(arn), 0, &record.wrapped)?;
        sealed::seal(to, &place(arn), 0, bytes.expose(), entropy)
    }
}

/// The longest HMAC key that may be brought, in bytes; a longer one is to be hashed by who has it.
///
/// Source: AWS KMS Developer Guide, "Requirements for imported key material".
const MAX_MAC_KEY: usize = 128;

/// Length in bytes of a symmetric secret that is made here, and the least of one that is brought;
/// `None` for specs of key pairs.
///
/// Source: the same.
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
        for (spec, least, most) in [
            (KeySpec::SymmetricDefault, 32, 32),
            (KeySpec::Hmac224, 28, 128),
            (KeySpec::Hmac256, 32, 128),
            (KeySpec::Hmac384, 48, 128),
            (KeySpec::Hmac512, 64, 128),
        ] {
            for length in 0..=200 {
                let bytes = SecretBytes::new(vec![1; length]);
                let refused = KeyMaterial::imported(spec, &arn(1), bytes).err();
                let fits = (least..=most).contains(&length);
                let expected = (!fits).then_some(MaterialError::Form);
                assert_eq!(refused, expected, "{spec} of {length} bytes");
            }
        }
        let no_key = SecretBytes::new(vec![0x30; 100]);
        assert!(KeyMaterial::imported(KeySpec::EccNistP256, &arn(1), no_key).is_err());
    }

    #[test]
    fn a_key_and_its_hash_are_two_materials() {
        let long = vec![7; 64];
        let hash = strongroom_crypto::hash::sha256(&long).to_vec();
        let id = |bytes| {
            let bytes = SecretBytes::new(bytes);
            KeyMaterial::imported(KeySpec::Hmac256, &arn(1), bytes).unwrap().id()
        };
        assert_ne!(id(long), id(hash));
    }

    #[test]
    fn a_key_in_another_envelope_is_the_same_material() {
        let spec = KeySpec::EccNistP256;
        let made = PrivateKey::generate(spec).unwrap();
        let bare = without_public_key(made.expose());
        assert_ne!(bare, made.expose());
        let id = |bytes| KeyMaterial::imported(spec, &arn(1), bytes).unwrap().id();
        assert_eq!(id(SecretBytes::new(bare)), id(made));
    }

    /// PKCS #8 of a P-256 key less the public key, which is its last 70 bytes (RFC 5915, section 3).
    fn without_public_key(pkcs8: &[u8]) -> Vec<u8> {
        let mut bare = vec![0x30, 65];
        bare.extend_from_slice(&pkcs8[3..pkcs8.len() - 70]);
        // The lengths of what it was in: the OCTET STRING, and the ECPrivateKey in that.
        for at in [27, 29] {
            bare[at] -= 70;
        }
        bare
    }
}
