//! [DescribeCustomKeyStores](https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeCustomKeyStores.html): the account's custom key stores in the Region, or one of them.

use super::entry::entry;
use crate::operations::page::page_reply;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::{PageRequest, page_request};
use strongroom_engine::refusal::{Invalid, KeyStoreDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::{KeyStoreName, Work};

pub(crate) struct DescribeCustomKeyStores {
    one: Option<KeyStoreName>,
    page: PageRequest,
}

impl Operation for DescribeCustomKeyStores {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::DescribeCustomKeyStores);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let one = match (values.take("CustomKeyStoreId"), values.take("CustomKeyStoreName")) {
            (Some(_), Some::<String>(_)) => {
                return Err(Refusal::Validation(Invalid::KeyStore(KeyStoreDefect::TwoNames)));
            }
            (Some(id), None) => Some(KeyStoreName::Id(id)),
            (None, Some(name)) => Some(KeyStoreName::Name(name)),
            (None, None) => None,
        };
        let page = page_request(values.take("Limit"), values.take("Marker"), 1000, 1000)?;
        Ok(Self { one, page })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (stores, next) = match self.one {
            Some(name) => (vec![work.key_store(&account, name).await?], None),
            None => {
                let page = work.key_stores(&account, self.page).await?;
                (page.items, page.next)
            }
        };
        let entries = stores.iter().map(|store| entry(store).into()).collect();
        Ok(page_reply("CustomKeyStores", entries, next))
    }
}
