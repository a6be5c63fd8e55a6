//! [ListKeys](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html): the account's keys in the Region, page by page.

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
use strongroom_types::KeyArn;

pub(crate) struct ListKeys {
    page: PageRequest,
    own_keys: bool,
}

impl Operation for ListKeys {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::ListKeys);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let owners = values.take::<Vec<String>>("ResourceOwners");
        Ok(Self {
            page: page_request(values.take("Limit"), values.take("Marker"), 100, 1000)?,
            // Nothing is shared through RAM here, so other owners add no keys.
            own_keys: owners.is_none_or(|owners| owners.iter().any(|owner| owner == "SELF")),
        })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        if !self.own_keys {
            return Ok(page_reply("Keys", Vec::new(), None));
        }
        let page = work.keys(&account, self.page).await?;
        let (region, owner) = (account.region(), account.account());
        let entries = page.items.into_iter().map(|key| {
            Reply::empty()
                .with("KeyId", key.to_string())
                .with("KeyArn", KeyArn { region, account: owner, key }.to_string())
                .into()
        });
        Ok(page_reply("Keys", entries.collect(), page.next))
    }
}
