//! [Sign](https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html): signs a message with a private key.

use super::request::SigningRequest;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::text::text;

pub(crate) struct Sign(SigningRequest);

impl Operation for Sign {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::Sign);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        SigningRequest::read(&mut values).map(Self)
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.0.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        self.0.fact(key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        self.0.check(key.record())
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let algorithm = self.0.algorithm;
        let signature = work.sign(&key, self.0.signed()).await?;
        Ok(Reply::empty()
            .with("KeyId", text(&key.arn()))
            .with("Signature", signature)
            .with("SigningAlgorithm", algorithm.name()))
    }
}
