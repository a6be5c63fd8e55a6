//! [GetGroup](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html): a group and its users, page by page.

use crate::operations::entry::{brief, whole};
use crate::operations::page::{page, page_reply};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct GetGroup {
    name: String,
    page: PageRequest,
}

impl Operation for GetGroup {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetGroup);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("GroupName")?, page: page(&mut values)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Group, self.name.clone()))
    }

    async fn run(self, group: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let found = work.members(&group, self.page).await?;
        let reply = Reply::empty().with("Group", whole(group.record(), group.partition()));
        let users = found.items.iter().map(|user| brief(user, group.partition()).into());
        Ok(page_reply(reply, "Users", users.collect(), found.next))
    }
}
