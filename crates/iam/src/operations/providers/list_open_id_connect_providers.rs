//! [ListOpenIDConnectProviders](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html): the account's identity providers.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

pub(crate) struct ListOpenIDConnectProviders;

impl Operation for ListOpenIDConnectProviders {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListOpenIDConnectProviders);

    fn read(_: Values) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let page = PageRequest { limit: 1000, marker: None };
        let found = work.providers(&account, page).await?;
        let entries: Out = found
            .items
            .iter()
            .map(|record| Reply::empty().with("Arn", record.arn(account.partition())).into())
            .collect();
        Ok(Reply::empty().with("OpenIDConnectProviderList", entries))
    }
}
