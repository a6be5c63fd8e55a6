//! [CancelKeyDeletion](https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html): keeps a key that was to be deleted; it is
//! disabled then.

use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;
use strongroom_keys::KeyRecord;

pub(crate) struct CancelKeyDeletion {
    key: String,
}

impl Operation for CancelKeyDeletion {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::CancelKeyDeletion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let record = work.update_key(&key, KeyRecord::cancel_deletion).await?;
        Ok(Reply::empty().with("KeyId", record.arn().to_string()))
    }
}
