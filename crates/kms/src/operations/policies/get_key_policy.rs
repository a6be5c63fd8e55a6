//! [GetKeyPolicy](https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html): the key policy, as it was put.

use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{Missing, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;

pub(crate) struct GetKeyPolicy {
    key: String,
    name: Option<String>,
}

impl Operation for GetKeyPolicy {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GetKeyPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")?, name: values.take("PolicyName") })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn check(&self, _: &AdmittedKey) -> Result<(), Refusal> {
        match self.name.as_deref() {
            None | Some(super::DEFAULT) => Ok(()),
            Some(_) => Err(Refusal::NotFound(Missing::Policy)),
        }
    }

    async fn run(self, key: AdmittedKey, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(Reply::empty()
            .with("Policy", key.record().policy.clone())
            .with("PolicyName", super::DEFAULT))
    }
}
