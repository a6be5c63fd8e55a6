//! [UpdateOpenIDConnectProviderThumbprint](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html): gives an identity provider other thumbprints.

use crate::operations::providers::rules::thumbprints;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;

pub(crate) struct UpdateOpenIDConnectProviderThumbprint {
    arn: String,
    thumbprints: Vec<String>,
}

impl Operation for UpdateOpenIDConnectProviderThumbprint {
    type Target = OneProvider;
    const DEMANDS: &'static Demands =
        iam_demands(IamOperation::UpdateOpenIDConnectProviderThumbprint);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            arn: values.need("OpenIDConnectProviderArn")?,
            thumbprints: thumbprints(&mut values)?,
        })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    async fn run(self, provider: AdmittedProvider, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_provider(&provider, |record| record.thumbprints = self.thumbprints)?;
        Ok(Reply::empty())
    }
}
