//! [SetDefaultPolicyVersion](https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html): lets another version of a managed policy hold.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct SetDefaultPolicyVersion {
    arn: String,
    id: String,
}

impl Operation for SetDefaultPolicyVersion {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::SetDefaultPolicyVersion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, id: values.need("VersionId")? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.set_default_version(&policy, &self.id)?;
        Ok(Reply::empty())
    }
}
