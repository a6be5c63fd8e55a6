//! What Decrypt and ReEncrypt open.

use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::target::OneKey;
use strongroom_keys::blob::BlobHeader;

/// A ciphertext blob with what the caller says of its key.
pub(crate) struct Ciphertext {
    /// The blob and its header, not yet authenticated; `None` in a dry run that does without.
    blob: Option<(SecretBytes, BlobHeader)>,
    key: Option<String>,
}

impl Ciphertext {
    /// Reads `CiphertextBlob`, `DryRunModifiers` and the key's member.
    pub(crate) fn read(values: &mut Values, key: &str) -> Result<Self, Refusal> {
        let key = values.take(key);
        let modifiers: Vec<String> = values.take("DryRunModifiers").unwrap_or_default();
        let ignore = modifiers.iter().any(|modifier| modifier == "IGNORE_CIPHERTEXT");
        let bytes: Option<SecretBytes> = values.take("CiphertextBlob");
        let blob = match bytes {
            Some(bytes) if !ignore => {
                let header = BlobHeader::parse(bytes.expose());
                Some((bytes, header.map_err(|_| Refusal::InvalidCiphertext)?))
            }
            None if !ignore => return Err(Refusal::Validation(Invalid::CiphertextNull)),
            _ => None,
        };
        Ok(Self { blob, key })
    }

    /// The key that made it, or that the caller names.
    pub(crate) fn target(&self) -> Result<OneKey, Refusal> {
        match (&self.blob, &self.key) {
            (Some((_, header)), named) => {
                Ok(OneKey::OfCiphertext { header: *header, named: named.clone() })
            }
            (None, Some(key)) => Ok(OneKey::Named(key.clone())),
            (None, None) => Err(Refusal::Validation(Invalid::Null("KeyId"))),
        }
    }

    /// Blob and header.
    pub(crate) fn parts(&self) -> Result<(&SecretBytes, &BlobHeader), Refusal> {
        self.blob.as_ref().map(|(bytes, header)| (bytes, header)).ok_or(Refusal::Internal)
    }
}
