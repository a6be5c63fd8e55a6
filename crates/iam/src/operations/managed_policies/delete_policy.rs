//! [DeletePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html): ends a managed policy.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct DeletePolicy {
    arn: String,
}

impl Operation for DeletePolicy {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::DeletePolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_managed_policy(&policy)?;
        Ok(Reply::empty())
    }
}
