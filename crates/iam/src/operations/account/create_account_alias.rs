//! [CreateAccountAlias](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html): gives the account an alias.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

pub(crate) struct CreateAccountAlias {
    alias: String,
}

impl Operation for CreateAccountAlias {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreateAccountAlias);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { alias: values.need("AccountAlias")? })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.put_account_alias(&account, self.alias).await?;
        Ok(Reply::empty())
    }
}
