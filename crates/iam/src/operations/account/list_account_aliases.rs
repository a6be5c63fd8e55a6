//! [ListAccountAliases](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html): the account's alias, if it has one.

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

pub(crate) struct ListAccountAliases {
    page: PageRequest,
}

impl Operation for ListAccountAliases {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListAccountAliases);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { page: page(&mut values)? })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let alias: Vec<String> = work.account_alias(&account).await?.into_iter().collect();
        let found = work.page_of("account alias", alias, self.page).await?;
        let entries = found.items.into_iter().map(Into::into).collect();
        Ok(page_reply(Reply::empty(), "AccountAliases", entries, found.next))
    }
}
