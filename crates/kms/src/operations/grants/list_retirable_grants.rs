//! [ListRetirableGrants](https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html): the grants that a principal may retire.

use super::entry::entry;
use super::party;
use crate::operations::page::page_reply;
use crate::table::{OperationName, demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::{PageRequest, page_request};
use strongroom_engine::refusal::{GrantDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::Work;
use strongroom_keys::Party;

pub(crate) struct ListRetirableGrants {
    party: Party,
    page: PageRequest,
}

impl Operation for ListRetirableGrants {
    type Target = Account;
    const DEMANDS: &'static Demands = demands(OperationName::ListRetirableGrants);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let page = page_request(values.take("Limit"), values.take("Marker"), 50, 100)?;
        let party = party::need(&mut values, "RetiringPrincipal", "RetiringServicePrincipal")?;
        Ok(Self { party, page })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    /// Callers see what principals of their own account may retire; services are none.
    fn check(&self, account: &AdmittedAccount) -> Result<(), Refusal> {
        let own = self.party.principal().and_then(party::account_of);
        if own == Some(account.account()) {
            Ok(())
        } else {
            Err(Refusal::Grant(GrantDefect::OtherAccount))
        }
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let page = work.retirable_grants(&account, &self.party, self.page).await?;
        let items = page.items.iter().map(|(key, grant)| entry(key, grant).into()).collect();
        Ok(page_reply("Grants", items, page.next))
    }
}
