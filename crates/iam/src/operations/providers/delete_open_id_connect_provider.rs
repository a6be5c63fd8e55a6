//! [DeleteOpenIDConnectProvider](https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html): ends the belief in an identity provider.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;

pub(crate) struct DeleteOpenIDConnectProvider {
    arn: String,
}

impl Operation for DeleteOpenIDConnectProvider {
    type Target = OneProvider;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::DeleteOpenIDConnectProvider);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("OpenIDConnectProviderArn")? })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    async fn run(self, provider: AdmittedProvider, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.delete_provider(&provider);
        Ok(Reply::empty())
    }
}
