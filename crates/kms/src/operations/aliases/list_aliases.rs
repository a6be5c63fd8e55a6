//! [ListAliases](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html): the account's aliases in the Region, or those of one key.

use crate::operations::page::page_reply;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::{PageRequest, page_request};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::Work;
use strongroom_types::AliasArn;

pub(crate) struct ListAliases {
    key: Option<String>,
    page: PageRequest,
}

impl Operation for ListAliases {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::ListAliases);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let page = page_request(values.take("Limit"), values.take("Marker"), 50, 100)?;
        Ok(Self { key: values.take("KeyId"), page })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let page = match &self.key {
            Some(key) => work.aliases_of(&account, key, self.page).await?,
            None => work.aliases(&account, self.page).await?,
        };
        let (region, owner) = (account.region(), account.account());
        let entries = page.items.into_iter().map(|(name, record)| {
            let arn = AliasArn { region, account: owner, name };
            Reply::empty()
                .with("AliasName", arn.name.to_string())
                .with("AliasArn", arn.to_string())
                .with("TargetKeyId", record.target.to_string())
                .with("CreationDate", record.created)
                .with("LastUpdatedDate", record.updated)
                .into()
        });
        Ok(page_reply("Aliases", entries.collect(), page.next))
    }
}
