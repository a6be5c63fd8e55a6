//! [RemoveUserFromGroup](https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html): takes a user out of a group.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, Companion, OneIdentity, Whose};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct RemoveUserFromGroup {
    group: String,
    user: String,
}

impl Operation for RemoveUserFromGroup {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::RemoveUserFromGroup);

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
        work.remove_member(&group).await?;
        Ok(Reply::empty())
    }
}
