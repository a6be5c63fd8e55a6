//! [UpdateRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html): gives a role another description or longest session.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct UpdateRole {
    name: String,
    description: Option<String>,
    max_session: Option<u32>,
}

impl Operation for UpdateRole {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UpdateRole);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let max_session = values.take::<i64>("MaxSessionDuration").map(u32::try_from).transpose();
        Ok(Self {
            name: values.need("RoleName")?,
            description: values.take("Description"),
            max_session: max_session.map_err(|_| Refusal::Internal)?,
        })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_identity(&role, |record| {
            if let Some(terms) = &mut record.role {
                terms.description = self.description.or(terms.description.take());
                terms.max_session = self.max_session.unwrap_or(terms.max_session);
            }
        });
        Ok(Reply::empty())
    }
}
