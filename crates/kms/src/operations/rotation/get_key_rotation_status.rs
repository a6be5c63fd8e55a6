//! [GetKeyRotationStatus](https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html): whether and when a key is rotated by itself.

use super::rules::is_rotated;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_types::KeyState;

pub(crate) struct GetKeyRotationStatus {
    key: String,
}

impl Operation for GetKeyRotationStatus {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GetKeyRotationStatus);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn check(&self, key: &AdmittedKey) -> Result<(), Refusal> {
        is_rotated(key.record())
    }

    /// A key that is about to go is not rotated; what was set holds again when it stays.
    async fn run(self, key: AdmittedKey, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        let record = key.record();
        let going =
            matches!(record.state, KeyState::PendingDeletion | KeyState::PendingReplicaDeletion);
        let schedule = record.rotation.filter(|_| !going);
        Ok(Reply::empty()
            .with("KeyRotationEnabled", schedule.is_some())
            .with("KeyId", key.arn().to_string())
            .with_some("RotationPeriodInDays", schedule.map(|s| i64::from(s.period_days)))
            .with_some("NextRotationDate", schedule.map(|schedule| schedule.next)))
    }
}
