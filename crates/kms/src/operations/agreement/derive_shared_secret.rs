//! [DeriveSharedSecret](https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html): the secret shared with the owner of a public key.

use crate::table::{OperationName, demands};
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::KeyAgreementAlgorithm;

pub(crate) struct DeriveSharedSecret {
    key: String,
    algorithm: KeyAgreementAlgorithm,
    public_key: Arc<SecretBytes>,
}

impl DeriveSharedSecret {
    async fn agree(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<SecretBytes, Refusal> {
        work.agree(key, self.public_key.clone()).await
    }
}

impl Operation for DeriveSharedSecret {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::DeriveSharedSecret);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            algorithm: values.name("KeyAgreementAlgorithm").ok_or(Refusal::Internal)?,
            public_key: Arc::new(values.need("PublicKey")?),
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "kms:keyagreementalgorithm").then(|| Fact::One(self.algorithm.name().into()))
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.agree(key, work).await.map(drop)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let secret = self.agree(&key, work).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("SharedSecret", secret)
            .with("KeyAgreementAlgorithm", self.algorithm.name())
            .with("KeyOrigin", key.record().origin.name()))
    }
}
