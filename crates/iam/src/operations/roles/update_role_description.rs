//! [UpdateRoleDescription](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html): gives a role another description.

use crate::operations::entry::brief;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct UpdateRoleDescription {
    name: String,
    description: String,
}

impl Operation for UpdateRoleDescription {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UpdateRoleDescription);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("RoleName")?, description: values.need("Description")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let mut record = role.record().clone();
        if let Some(terms) = &mut record.role {
            terms.description = Some(self.description);
        }
        let shown = record.role.clone();
        work.update_identity(&role, |role| role.role = shown);
        Ok(Reply::empty().with("Role", brief(&record, role.partition())))
    }
}
