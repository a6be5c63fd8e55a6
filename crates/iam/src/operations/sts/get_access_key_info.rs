//! [GetAccessKeyInfo](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html): the account that an access key is of.

use crate::table::{StsOperation, sts_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

pub(crate) struct GetAccessKeyInfo {
    id: String,
}

impl Operation for GetAccessKeyInfo {
    type Target = InAccount;
    const DEMANDS: &'static Demands = sts_demands(StsOperation::GetAccessKeyInfo);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { id: values.need("AccessKeyId")? })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, _: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let account = work.account_of_access_key(&self.id).await?;
        Ok(Reply::empty().with("Account", account.to_string()))
    }
}
