//! [DeletePolicyVersion](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html): ends a version of a managed policy.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct DeletePolicyVersion {
    arn: String,
    id: String,
}

impl Operation for DeletePolicyVersion {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::DeletePolicyVersion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, id: values.need("VersionId")? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_policy_version(&policy, &self.id)?;
        Ok(Reply::empty())
    }
}
