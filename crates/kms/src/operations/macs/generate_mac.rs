//! [GenerateMac](https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html): the HMAC of a message.

use super::request::MacRequest;
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

pub(crate) struct GenerateMac(MacRequest);

impl Operation for GenerateMac {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GenerateMac);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        MacRequest::read(&mut values).map(Self)
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
        let MacRequest { algorithm, message, .. } = self.0;
        let mac = work.generate_mac(&key, algorithm, &message).await?;
        Ok(Reply::empty()
            .with("Mac", mac)
            .with("MacAlgorithm", algorithm.name())
            .with("KeyId", text(&key.arn())))
    }
}
