//! [VerifyMac](https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html): verifies the HMAC of a message.

use super::request::MacRequest;
use crate::table::{OperationName, demands};
use strongroom_crypto::SecretBytes;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct VerifyMac {
    request: MacRequest,
    mac: SecretBytes,
}

impl VerifyMac {
    async fn verify(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        let MacRequest { algorithm, message, .. } = &self.request;
        work.verify_mac(key, *algorithm, message, &self.mac).await
    }
}

impl Operation for VerifyMac {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::VerifyMac);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let request = MacRequest::read(&mut values)?;
        Ok(Self { request, mac: values.need("Mac")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.request.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        self.request.fact(key)
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        self.request.check(key.record())
    }

    async fn rehearse(&self, key: &AdmittedKey, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.verify(key, work).await
    }

    /// A MAC that is not valid is an error, never an answer.
    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        self.verify(&key, work).await?;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("MacValid", true)
            .with("MacAlgorithm", self.request.algorithm.name()))
    }
}
