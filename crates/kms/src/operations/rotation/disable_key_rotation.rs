//! [DisableKeyRotation](https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html): has a key no longer rotated by itself.

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

pub(crate) struct DisableKeyRotation {
    key: String,
}

impl Operation for DisableKeyRotation {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::DisableKeyRotation);

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
        work.schedule_rotation(&key, None).await?;
        Ok(Reply::empty())
    }
}
