//! [GetContextKeysForCustomPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html):
//! which condition keys policies that the request brings ask for.

use super::answer::context_keys;
use super::request::documents;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::simulation::Held;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;

pub(crate) struct GetContextKeysForCustomPolicy {
    documents: Vec<String>,
}

impl Operation for GetContextKeysForCustomPolicy {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetContextKeysForCustomPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { documents: documents(&mut values) })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::Whole)
    }

    async fn run(self, _: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        Ok(context_keys(work.context_keys(Held::default(), self.documents).await?))
    }
}
