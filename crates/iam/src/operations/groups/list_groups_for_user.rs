//! [ListGroupsForUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html): groups of a user.

use crate::operations::entry::brief;
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

pub(crate) struct ListGroupsForUser {
    user: String,
    page: PageRequest,
}

impl Operation for ListGroupsForUser {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListGroupsForUser);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { user: values.need("UserName")?, page: page(&mut values)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::User, self.user.clone()))
    }

    async fn run(self, user: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let groups = work.groups_of(user.record()).await?;
        let found = work.page_of_identity(&user, groups, self.page).await?;
        let entries = found.items.iter().map(|group| brief(group, user.partition()).into());
        Ok(page_reply(Reply::empty(), "Groups", entries.collect(), found.next))
    }
}
