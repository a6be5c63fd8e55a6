//! [UntagPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html): takes tags from a managed policy.

use crate::operations::rules::tag_keys;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Tag;

pub(crate) struct UntagPolicy {
    arn: String,
    keys: Vec<String>,
}

impl Operation for UntagPolicy {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UntagPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, keys: values.need("TagKeys")? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        tag_keys(&self.keys, key)
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_managed_policy(&policy, |record| {
            record.tags.retain(|tag| !self.keys.iter().any(|key| Tag::same_key(key, &tag.key)))
        })?;
        Ok(Reply::empty())
    }
}
