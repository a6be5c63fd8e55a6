//! [GetContextKeysForPrincipalPolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html):
//! which condition keys the policies of a user, group or role ask for.

use super::answer::context_keys;
use super::request::documents;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIdentity, OneIdentity};
use strongroom_engine::work::Work;

pub(crate) struct GetContextKeysForPrincipalPolicy {
    source: String,
    documents: Vec<String>,
}

impl Operation for GetContextKeysForPrincipalPolicy {
    type Target = OneIdentity;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetContextKeysForPrincipalPolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { source: values.need("PolicySourceArn")?, documents: documents(&mut values) })
    }

    fn target(&self) -> Result<OneIdentity, Refusal> {
        OneIdentity::at(&self.source)
    }

    async fn run(self, identity: AdmittedIdentity, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let held = work.held_policies(&identity, &[]).await?;
        Ok(context_keys(work.context_keys(held, self.documents).await?))
    }
}
