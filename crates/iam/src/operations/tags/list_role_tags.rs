//! [ListRoleTags](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html): tags of a role.

use crate::operations::entry::tag_list;
use crate::operations::page::{page, page_reply};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct ListRoleTags {
    name: String,
    page: PageRequest,
}

impl Operation for ListRoleTags {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListRoleTags);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { name: values.need("RoleName")?, page: page(&mut values)? })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        Ok(OneIdentity::named(IdentityKind::Role, self.name.clone()))
    }

    async fn run(self, role: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = role.record().tags.clone();
        let found = work.page_of_identity(&role, tags, self.page).await?;
        let entries = match tag_list(&found.items) {
            Out::List(entries) => entries,
            _ => Vec::new(),
        };
        Ok(page_reply(Reply::empty(), "Tags", entries, found.next))
    }
}
