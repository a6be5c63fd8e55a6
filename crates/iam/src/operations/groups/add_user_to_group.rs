//! [AddUserToGroup](https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html): puts a user into a group.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, Companion, OneIdentity, Whose};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct AddUserToGroup {
    group: String,
    user: String,
}

impl Operation for AddUserToGroup {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::AddUserToGroup);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { group: values.need("GroupName")?, user: values.need("UserName")? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity {
            kind: IdentityKind::Group,
            whose: Whose::Named(self.group.clone()),
            with: Companion::User(self.user.clone()),
        })
    }

    async fn run(self, group: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.add_member(&group)?;
        Ok(Reply::empty())
    }
}
