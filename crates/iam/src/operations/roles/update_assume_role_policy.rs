//! [UpdateAssumeRolePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html): gives a role another trust policy.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct UpdateAssumeRolePolicy {
    name: String,
    trust: String,
}

impl Operation for UpdateAssumeRolePolicy {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UpdateAssumeRolePolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("RoleName")?, trust: values.need("PolicyDocument")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.put_trust(&role, self.trust).await?;
        Ok(Reply::empty())
    }
}
