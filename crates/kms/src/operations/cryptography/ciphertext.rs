//! What Decrypt and ReEncrypt open.

use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::target::OneKey;
use strongroom_keys::blob::BlobHeader;
use strongroom_types::EncryptionAlgorithm;

/// A ciphertext blob with what the caller says of its key.
pub(crate) struct Ciphertext {
    /// `None` in a dry run that does without.
    blob: Option<SecretBytes>,
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
        Ok(Self { blob, header, key })
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

    /// Refuses what is no blob of ours, once everything before it is in order.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match (&self.blob, &self.header) {
            (Some(_), None) => Err(Refusal::InvalidCiphertext),
            _ => Ok(()),
        }
    }

    /// Blob and header; `None` in a dry run that does without.
    pub(crate) fn parts(&self) -> Option<(&SecretBytes, &BlobHeader)> {
        self.blob.as_ref().zip(self.header.as_ref())
    }
}
