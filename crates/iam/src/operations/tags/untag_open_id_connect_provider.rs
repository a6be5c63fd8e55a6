//! [UntagOpenIDConnectProvider](https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagOpenIDConnectProvider.html): takes tags from an identity provider.

use crate::operations::rules::tag_keys;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Tag;

pub(crate) struct UntagOpenIDConnectProvider {
    arn: String,
    keys: Vec<String>,
}

impl Operation for UntagOpenIDConnectProvider {
    type Target = OneProvider;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::UntagOpenIDConnectProvider);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("OpenIDConnectProviderArn")?, keys: values.need("TagKeys")? })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        tag_keys(&self.keys, key)
    }

    async fn run(self, provider: AdmittedProvider, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        work.update_provider(&provider, |record| {
            record.tags.retain(|tag| !self.keys.iter().any(|key| Tag::same_key(key, &tag.key)))
        })?;
        Ok(Reply::empty())
    }
}
