//! [EnableKeyRotation](https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html): has a key rotated by itself from now on.

use super::rules::is_rotated_by_itself;
use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_keys::RotationSchedule;

pub(crate) struct EnableKeyRotation {
    key: String,
    days: u32,
}

impl Operation for EnableKeyRotation {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::EnableKeyRotation);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let days: Option<i64> = values.take("RotationPeriodInDays");
        let days = days.map(u32::try_from).transpose().map_err(|_| Refusal::Internal)?;
        let days = days.unwrap_or(RotationSchedule::DEFAULT_DAYS);
        Ok(Self { key: values.need("KeyId")?, days })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "kms:rotationperiodindays").then(|| Fact::One(self.days.to_string().into()))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        is_rotated_by_itself(key.record())
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.schedule_rotation(&key, Some(self.days)).await?;
        Ok(Reply::empty())
    }
}
