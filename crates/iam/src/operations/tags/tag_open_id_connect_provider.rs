//! [TagOpenIDConnectProvider](https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagOpenIDConnectProvider.html): adds tags to an identity provider, or gives them new values.

use crate::operations::rules::{merged, request_tag, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Tag;

pub(crate) struct TagOpenIDConnectProvider {
    arn: String,
    tags: Vec<Tag>,
}

impl Operation for TagOpenIDConnectProvider {
    type Target = OneProvider;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::TagOpenIDConnectProvider);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("OpenIDConnectProviderArn")?, tags: tags(&mut values)? })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, provider: AdmittedProvider, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = merged(provider.record().tags.as_slice(), &self.tags)?;
        work.update_provider(&provider, |record| record.tags = tags)?;
        Ok(Reply::empty())
    }
}
