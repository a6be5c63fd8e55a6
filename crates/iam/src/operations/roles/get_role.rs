//! [GetRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html): a role.

use crate::operations::entry::{role_last_used, whole};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct GetRole {
    name: String,
}

impl Operation for GetRole {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetRole);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("RoleName")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let used = role_last_used(work.role_use(role.record()).await?);
        let shown = whole(role.record(), role.partition()).with("RoleLastUsed", used);
        Ok(Reply::empty().with("Role", shown))
    }
}
