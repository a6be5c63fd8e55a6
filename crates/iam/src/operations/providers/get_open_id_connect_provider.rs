//! [GetOpenIDConnectProvider](https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html): an identity provider.

use crate::operations::entry::tag_list;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;

pub(crate) struct GetOpenIDConnectProvider {
    arn: String,
}

impl Operation for GetOpenIDConnectProvider {
    type Target = OneProvider;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::GetOpenIDConnectProvider);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("OpenIDConnectProviderArn")? })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    async fn run(self, provider: AdmittedProvider, _: &mut Work<'_>) -> Result<Reply, Refusal> {
        let record = provider.record();
        let list = |texts: &[String]| texts.iter().map(|text| text.clone().into()).collect::<Out>();
        Ok(Reply::empty()
            .with("Url", record.url.clone())
            .with("ClientIDList", list(&record.clients))
            .with("ThumbprintList", list(&record.thumbprints))
            .with("CreateDate", record.created)
            .with("Tags", tag_list(&record.tags)))
    }
}
