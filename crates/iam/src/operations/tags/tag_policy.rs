//! [TagPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html): adds tags to a managed policy, or gives them new values.

use crate::operations::rules::{merged, request_tag, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Tag;

pub(crate) struct TagPolicy {
    arn: String,
    tags: Vec<Tag>,
}

impl Operation for TagPolicy {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::TagPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, tags: tags(&mut values)? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = merged(policy.policy().tags(), &self.tags)?;
        work.update_managed_policy(&policy, |record| record.tags = tags)?;
        Ok(Reply::empty())
    }
}
