//! [ListPolicyTags](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html): tags of a managed policy.

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
use strongroom_engine::target::{AdmittedPolicy, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct ListPolicyTags {
    arn: String,
    page: PageRequest,
}

impl Operation for ListPolicyTags {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListPolicyTags);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, page: page(&mut values)? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let tags = policy.policy().tags().to_vec();
        let found = work.page_of(&policy.arn().to_string(), tags, self.page).await?;
        let entries = match tag_list(&found.items) {
            Out::List(entries) => entries,
            _ => Vec::new(),
        };
        Ok(page_reply(Reply::empty(), "Tags", entries, found.next))
    }
}
