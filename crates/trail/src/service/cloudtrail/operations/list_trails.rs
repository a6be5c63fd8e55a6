//! [ListTrails](https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html): the trails of the account, of all Regions.

use crate::service::cloudtrail::operations::entry::summary;
use crate::service::cloudtrail::operations::page::{page, token};
use crate::service::cloudtrail::table::{CloudTrailOperation, cloudtrail_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::target::{Account, AdmittedAccount};
use strongroom_engine::work::Work;

pub(crate) struct ListTrails {
    page: PageRequest,
}

impl Operation for ListTrails {
    type Target = Account;
    const DEMANDS: &'static Demands = cloudtrail_demands(CloudTrailOperation::ListTrails);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { page: page(&mut values) })
    }

    fn target(&self) -> Result<Account, Refusal> {
        Ok(Account::default())
    }

    async fn run(self, account: AdmittedAccount, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let (trails, subject) = (work.trails(&account).await?, account.account().to_string());
        let found = work.page_of(&subject, trails, self.page).await.map_err(token)?;
        let entries: Out = found.items.iter().map(|trail| Out::from(summary(trail))).collect();
        Ok(Reply::empty().with("Trails", entries).with_some("NextToken", found.next))
    }
}
