//! [Encapsulate](https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html): a fresh shared secret, in the clear and encapsulated.

use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::EncapsulationAlgorithm;

pub(crate) struct Encapsulate {
    key: String,
    algorithm: EncapsulationAlgorithm,
}

impl Operation for Encapsulate {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::Encapsulate);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            key: values.need("KeyId")?,
            algorithm: values.name("EncapsulationAlgorithm").ok_or(Refusal::Internal)?,
        })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "kms:encapsulationalgorithm").then(|| Fact::One(self.algorithm.name().into()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (ciphertext, secret) = work.encapsulate(&key).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("SharedSecret", secret)
            .with("SharedSecretCiphertextBlob", ciphertext)
            .with("EncapsulationAlgorithm", self.algorithm.name()))
    }
}
