//! [RotateKeyOnDemand](https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html): rotates the key material of a key now.

use super::rules::is_rotated_by_itself;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;

pub(crate) struct RotateKeyOnDemand {
    key: String,
}

impl Operation for RotateKeyOnDemand {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::RotateKeyOnDemand);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        is_rotated_by_itself(key.record())
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.rotate_on_demand(&key).await?;
        Ok(Reply::empty().with("KeyId", key.arn().to_string()))
    }
}
