//! What the data-key-pair operations share: which pair it shall be, and its making.

use crate::operations::cryptography::context;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_types::{DataKeyPairSpec, EncryptionAlgorithm, EncryptionContext};

pub(super) struct PairRequest {
    key: String,
    spec: DataKeyPairSpec,
    context: EncryptionContext,
}

impl PairRequest {
    pub(super) fn read(values: &mut Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            spec: values.name("KeyPairSpec").ok_or(Refusal::Internal)?,
            context: values.take("EncryptionContext").unwrap_or_default(),
        })
    }

    pub(super) fn target(&self) -> OneKey {
        OneKey::Named(self.key.clone())
    }

    pub(super) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        if key == "kms:datakeypairspec" {
            return Some(Fact::One(self.spec.name().into()));
        }
        context::fact(&self.context, EncryptionAlgorithm::SymmetricDefault, key)
    }

    pub(super) fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        context::makes_data_keys(key.record())
    }

    pub(super) fn rehearse(&self, work: &Work<'_>) -> Result<(), Refusal> {
        work.offers(self.spec.key_spec())
    }

    /// The private key (PKCS #8, DER) and the members that both operations answer.
    pub(super) async fn make(
        self,
        key: &AdmittedKey,
        work: &mut Work<'_>,
    ) -> Result<(SecretBytes, Reply), Refusal> {
        self.rehearse(work)?;
        let (private, public) = work.fresh_pair(self.spec.key_spec()).await?;
        let algorithm = EncryptionAlgorithm::SymmetricDefault;
        let encrypted = work.encrypt(key, algorithm, &self.context, &private).await?;
        let reply = Reply::empty()
            .with("PrivateKeyCiphertextBlob", encrypted.blob)
            .with("PublicKey", public)
            .with("KeyId", key.arn().to_string())
            .with("KeyPairSpec", self.spec.name())
            .with_some("KeyMaterialId", encrypted.material.map(|id| id.to_string()));
        Ok((private, reply))
    }
}
