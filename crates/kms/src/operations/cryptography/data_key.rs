//! What the data-key operations share: how long the key shall be, and its making.

use super::context;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_types::text::text;
use strongroom_types::{DataKeySpec, EncryptionAlgorithm, EncryptionContext};

/// A data key to be made.
pub(crate) struct DataKeyRequest {
    key: String,
    context: EncryptionContext,
    length: usize,
}

impl DataKeyRequest {
    pub(crate) fn read(values: &mut Values) -> Result<Self, Refusal> {
        let bytes: Option<i64> = values.take("NumberOfBytes");
        let length = match (bytes, values.name::<DataKeySpec>("KeySpec")) {
            (Some(bytes), None) => usize::try_from(bytes).map_err(|_| Refusal::Internal)?,
            (None, Some(spec)) => spec.bytes(),
            _ => return Err(Refusal::Validation(Invalid::DataKeyLength)),
        };
        let context = values.take("EncryptionContext").unwrap_or_default();
        Ok(Self { key: values.need("KeyId")?, context, length })
    }

    pub(crate) fn target(&self) -> OneKey {
        OneKey::Named(self.key.clone())
    }

    pub(crate) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        context::fact(&self.context, EncryptionAlgorithm::SymmetricDefault, key)
    }

    pub(crate) fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        context::makes_data_keys(key.record())
    }

    /// The data key and the members that both operations answer.
    pub(crate) async fn make(
        self,
        key: &AdmittedKey,
        work: &mut Work<'_>,
    ) -> Result<(SecretBytes, Reply), Refusal> {
        let data_key = work.random(self.length)?;
        let algorithm = EncryptionAlgorithm::SymmetricDefault;
        let encrypted = work.encrypt(key, algorithm, &self.context, &data_key).await?;
        let reply = Reply::empty()
            .with("CiphertextBlob", encrypted.blob)
            .with("KeyId", text(&key.arn()))
            .with_some("KeyMaterialId", encrypted.material.map(|id| id.to_string()));
        Ok((data_key, reply))
    }
}
