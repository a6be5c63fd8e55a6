//! [ScheduleKeyDeletion](https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html): deletes a key after 7 to 30 days, in which
//! it cannot be used and can be had back.

use crate::table::{OperationName, demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::{Invalid, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};

/// Days, unless the request says otherwise.
const DEFAULT_WINDOW: i64 = 30;

pub(crate) struct ScheduleKeyDeletion {
    key: String,
    window: i64,
}

impl Operation for ScheduleKeyDeletion {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::ScheduleKeyDeletion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let window = values.take("PendingWindowInDays").unwrap_or(DEFAULT_WINDOW);
        if !(7..=30).contains(&window) {
            return Err(Refusal::Validation(Invalid::PendingWindow));
        }
        Ok(Self { key: values.need("KeyId")?, window })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        (key == "kms:schedulekeydeletionpendingwindowindays")
            .then(|| Fact::One(self.window.to_string().into()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let now = work.now();
        let window = u32::try_from(self.window).map_err(|_| Refusal::Internal)?;
        let record = work.update_key(&key, |record| record.schedule_deletion(window, now)).await?;
        Ok(Reply::empty()
            .with("KeyId", record.arn().to_string())
            .with_some("DeletionDate", record.deletion)
            .with("KeyState", record.state.name())
            .with("PendingWindowInDays", self.window))
    }
}
