//! [EnableKey](https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html): makes a key usable; one that is enabled stays so.

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

pub(crate) struct EnableKey {
    key: String,
}

impl Operation for EnableKey {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::EnableKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    async fn run(self, key: AdmittedKey, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_key(&key, |record| record.state = KeyState::Enabled).await?;
        Ok(Reply::empty())
    }
}
