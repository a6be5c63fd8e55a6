//! What Decrypt and ReEncrypt open.

use super::context;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_keys::blob::BlobHeader;
use strongroom_keys::{KeyRecord, MaterialId};
use strongroom_types::{EncryptionAlgorithm, EncryptionContext};

/// A ciphertext blob with what the caller says of its key.
pub(crate) struct Ciphertext {
    /// `None` in a dry run that does without.
    blob: Option<Arc<SecretBytes>>,
    /// The blob's header, not yet authenticated; `None` if it is no blob of ours, which is said
    /// only after key, state and algorithm have been looked at.
    header: Option<BlobHeader>,
    key: Option<String>,
}

impl Ciphertext {
    /// Reads `CiphertextBlob`, `DryRunModifiers` and the key's member.
    pub(crate) fn read(values: &mut Values, key: &str) -> Result<Self, Refusal> {
        let key = values.take(key);
        let modifiers: Vec<String> = values.take("DryRunModifiers").unwrap_or_default();
        let ignore = modifiers.iter().any(|modifier| modifier == "IGNORE_CIPHERTEXT");
        let blob: Option<SecretBytes> = values.take("CiphertextBlob");
        if blob.is_none() && !ignore {
            return Err(Refusal::Validation(Invalid::CiphertextNull));
        }
        let blob = blob.filter(|_| !ignore);
        let header = blob.as_ref().and_then(|blob| BlobHeader::parse(blob.expose()).ok());
        Ok(Self { blob: blob.map(Arc::new), header, key })
    }

    /// The key that made it, or that the caller names. Only what SYMMETRIC_DEFAULT made says which
    /// key that was.
    pub(crate) fn target(&self, algorithm: EncryptionAlgorithm) -> Result<OneKey, Refusal> {
        let symmetric = algorithm == EncryptionAlgorithm::SymmetricDefault;
        match (self.header, &self.key) {
            (Some(header), named) if symmetric => {
                Ok(OneKey::OfCiphertext { header, named: named.clone() })
            }
            (_, Some(key)) => Ok(OneKey::Named(key.clone())),
            (_, None) if symmetric && self.blob.is_some() => Err(Refusal::InvalidCiphertext),
            (_, None) => Err(Refusal::Validation(Invalid::Null("KeyId"))),
        }
    }

    /// Refuses what the key does not open, once everything before it is in order: first what says
    /// itself that it is no blob of ours, then the algorithm.
    pub(crate) fn check(
        &self,
        algorithm: EncryptionAlgorithm,
        context: &EncryptionContext,
        record: &KeyRecord,
    ) -> Result<(), Refusal> {
        let symmetric = algorithm == EncryptionAlgorithm::SymmetricDefault;
        if symmetric && self.blob.is_some() && self.header.is_none() {
            return Err(Refusal::InvalidCiphertext);
        }
        context::fits(algorithm, context, record)
    }

    /// Decrypts it; `None` in a dry run that does without.
    pub(crate) async fn open(
        &self,
        key: &AdmittedKey,
        algorithm: EncryptionAlgorithm,
        context: &EncryptionContext,
        work: &mut Work<'_>,
    ) -> Result<Option<Opened>, Refusal> {
        let Some(blob) = &self.blob else { return Ok(None) };
        if algorithm != EncryptionAlgorithm::SymmetricDefault {
            let plaintext = work.decrypt_with_pair(key, algorithm, Arc::clone(blob)).await?;
            return Ok(Some(Opened { plaintext, material: None }));
        }
        let header = self.header.as_ref().ok_or(Refusal::InvalidCiphertext)?;
        let plaintext = work.decrypt(key, header, context, blob).await?;
        Ok(Some(Opened { plaintext, material: Some(header.material) }))
    }
}

/// What a ciphertext held.
pub(crate) struct Opened {
    pub(crate) plaintext: SecretBytes,
    /// The material that had encrypted it; only symmetric keys tell.
    pub(crate) material: Option<MaterialId>,
}
