//! [DescribeKey](https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html): the metadata of a key.

use crate::metadata::key_metadata;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::gate::AdmittedKey;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::OneKey;
use strongroom_engine::work::Work;

pub(crate) struct DescribeKey {
    key: String,
}

impl Operation for DescribeKey {
    type Target = OneKey;
    const DEMANDS: &'static Demands = demands(OperationName::DescribeKey);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { key: values.need("KeyId")? })
    }

    fn target(&self) -> Result<OneKey, Refusal> {
        Ok(OneKey::Named(self.key.clone()))
    }

    async fn run(self, key: AdmittedKey, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(Reply::empty().with("KeyMetadata", key_metadata(key.record(), key.state())))
    }
}
