//! [CreatePolicyVersion](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html): gives a managed policy another version.

use crate::operations::entry::version;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct CreatePolicyVersion {
    arn: String,
    document: String,
    holds: bool,
}

impl Operation for CreatePolicyVersion {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreatePolicyVersion);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            arn: values.need("PolicyArn")?,
            document: values.need("PolicyDocument")?,
            holds: values.take("SetAsDefault").unwrap_or(false),
        })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (made, holds) = work.create_policy_version(&policy, self.document, self.holds)?;
        Ok(Reply::empty().with("PolicyVersion", version(&made, holds, false)))
    }
}
