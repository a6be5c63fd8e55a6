//! [GetKeyLastUsage](https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html): what a key was last used for, and when.

use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::call::RequestId;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::event_id::EventId;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;

pub(crate) struct GetKeyLastUsage {
    key: String,
}

impl Operation for GetKeyLastUsage {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::GetKeyLastUsage);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    /// Uses are tracked from the first key on, so of each key since its creation.
    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let usage = match work.last_use(&key).await? {
            Some(used) => {
                // The one that this key's account is told.
                let event = EventId::of(used.time, used.request, key.arn().account);
                Reply::empty()
                    .with("Operation", used.operation)
                    .with("Timestamp", used.time)
                    .with("CloudTrailEventId", event.to_string())
                    .with("KmsRequestId", RequestId(used.request).to_string())
            }
            None => Reply::empty(),
        };
        let created = key.record().created;
        Ok(Reply::empty()
            .with("KeyId", key.arn().to_string())
            .with("KeyLastUsage", usage)
            .with("TrackingStartDate", created)
            .with("KeyCreationDate", created))
    }
}
