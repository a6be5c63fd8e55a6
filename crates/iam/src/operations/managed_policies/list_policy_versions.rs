//! [ListPolicyVersions](https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html): versions of a managed policy.

use crate::operations::entry::{version, version_id};
use crate::operations::page::{page, page_reply};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::pages::PageRequest;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedPolicy, Managed, OnePolicy};
use strongroom_engine::work::Work;

pub(crate) struct ListPolicyVersions {
    arn: String,
    page: PageRequest,
}

impl Operation for ListPolicyVersions {
    type Target = OnePolicy;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::ListPolicyVersions);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self { arn: values.need("PolicyArn")?, page: page(&mut values)? })
    }

    fn target(&self) -> Result<OnePolicy, Refusal> {
        Ok(OnePolicy(self.arn.clone()))
    }

    async fn run(self, policy: AdmittedPolicy, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let versions: Vec<Reply> = match policy.policy() {
            Managed::Own(own) => {
                let record = own.record();
                record
                    .versions
                    .iter()
                    .rev()
                    .map(|found| version(found, found.number == record.default, false))
                    .collect()
            }
            Managed::Aws(aws) => vec![
                Reply::empty()
                    .with("VersionId", version_id(aws.version))
                    .with("IsDefaultVersion", true)
                    .with("CreateDate", aws.created()),
            ],
        };
        let found = work.page_of(&policy.arn().to_string(), versions, self.page).await?;
        let entries = found.items.into_iter().map(Into::into).collect();
        Ok(page_reply(Reply::empty(), "Versions", entries, found.next))
    }
}
