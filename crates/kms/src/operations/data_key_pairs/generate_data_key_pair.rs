//! [GenerateDataKeyPair](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html): a fresh key pair, its private key in the clear and encrypted.

use super::request::PairRequest;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct GenerateDataKeyPair(PairRequest);

impl Operation for GenerateDataKeyPair {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GenerateDataKeyPair);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        PairRequest::read(&mut values).map(Self)
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(self.0.target())
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        self.0.fact(key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        self.0.check(key)
    }

    async fn rehearse(&self, _: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.0.rehearse(work)
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (private, reply) = self.0.make(&key, work).await?;
        Ok(reply.with("PrivateKeyPlaintext", private))
    }
}
