//! [ListOpenIDConnectProviderTags](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviderTags.html): tags of an identity provider.

use crate::operations::entry::tag_list;
use crate::operations::page::{page, page_reply};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Out;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedProvider, OneProvider};
use strongroom_engine::work::Work;

pub(crate) struct ListOpenIDConnectProviderTags {
    arn: String,
    page: PageRequest,
}

impl Operation for ListOpenIDConnectProviderTags {
    type Target = OneProvider;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListOpenIDConnectProviderTags);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("OpenIDConnectProviderArn")?, page: page(&mut values)? })
    }

    fn target(&self) -> Result<OneProvider, Refusal> {
        Ok(OneProvider(self.arn.clone()))
    }

    async fn run(self, provider: AdmittedProvider, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = provider.record().tags.as_slice().to_vec();
        let found = work.page_of(&provider.arn(), tags, self.page).await?;
        let entries = match tag_list(&found.items) {
            Out::List(entries) => entries,
            _ => Vec::new(),
        };
        Ok(page_reply(Reply::empty(), "Tags", entries, found.next))
    }
}
