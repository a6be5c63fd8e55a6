//! [Decapsulate](https://docs.aws.amazon.com/kms/latest/APIReference/API_Decapsulate.html): the shared secret of an encapsulation.

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
use strongroom_types::EncapsulationAlgorithm;

pub(crate) struct Decapsulate {
    key: String,
    algorithm: EncapsulationAlgorithm,
    ciphertext: Arc<SecretBytes>,
}

impl Decapsulate {
    async fn open(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<SecretBytes, Refusal> {
        work.decapsulate(key, self.ciphertext.clone()).await
    }
}

impl Operation for Decapsulate {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::Decapsulate);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            algorithm: values.name("EncapsulationAlgorithm").ok_or(Refusal::Internal)?,
            ciphertext: Arc::new(values.need("SharedSecretCiphertextBlob")?),
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "kms:encapsulationalgorithm").then(|| Fact::One(self.algorithm.name().into()))
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.open(key, work).await.map(drop)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let secret = self.open(&key, work).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("SharedSecret", secret)
            .with("EncapsulationAlgorithm", self.algorithm.name()))
    }
}
