//! [ListRoles](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html): roles of the account, page by page.

use crate::operations::entry::brief;
use crate::operations::page::{page, page_reply};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct ListRoles {
    prefix: String,
    page: PageRequest,
}

impl Operation for ListRoles {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListRoles);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            prefix: values.take("PathPrefix").unwrap_or_else(|| "/".to_owned()),
            page: page(&mut values)?,
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Below { kind: "role", path: self.prefix.clone() })
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let found = work.identities(&account, IdentityKind::Role, &self.prefix, self.page).await?;
        let entries = found.items.iter().map(|record| brief(record, account.partition()).into());
        Ok(page_reply(Reply::empty(), "Roles", entries.collect(), found.next))
    }
}
