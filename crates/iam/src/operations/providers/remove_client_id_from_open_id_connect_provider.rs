//! [RemoveClientIDFromOpenIDConnectProvider](https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html): takes an audience from an identity provider.

use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;

pub(crate) struct RemoveClientIDFromOpenIDConnectProvider {
    arn: String,
    client: String,
}

impl Operation for RemoveClientIDFromOpenIDConnectProvider {
    type Target = OneProvider;
    const DEMANDS: &'static Demands =
        iam_demands(IamOperation::RemoveClientIDFromOpenIDConnectProvider);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("OpenIDConnectProviderArn")?, client: values.need("ClientID")? })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    async fn run(self, provider: AdmittedProvider, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_provider(&provider, |record| record.clients.retain(|own| *own != self.client))?;
        Ok(Reply::empty())
    }
}
