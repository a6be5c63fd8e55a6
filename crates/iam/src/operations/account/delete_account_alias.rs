//! [DeleteAccountAlias](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html): takes the account's alias away.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

pub(crate) struct DeleteAccountAlias {
    alias: String,
}

impl Operation for DeleteAccountAlias {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::DeleteAccountAlias);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { alias: values.need("AccountAlias")? })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_account_alias(&account, &self.alias).await?;
        Ok(Reply::empty())
    }
}
