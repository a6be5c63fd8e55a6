//! [CreatePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html): makes a managed policy.

use crate::operations::entry::{policy, tag_list};
use crate::operations::rules::{request_tag, tagging, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::PolicyDraft;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::Tag;

pub(crate) struct CreatePolicy {
    name: String,
    path: String,
    document: String,
    description: Option<String>,
    tags: Vec<Tag>,
}

impl Operation for CreatePolicy {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreatePolicy);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            name: values.need("PolicyName")?,
            path: values.take("Path").unwrap_or_else(|| "/".to_owned()),
            document: values.need("PolicyDocument")?,
            description: values.take("Description"),
            tags: tags(&mut values)?,
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        let also = tagging(&self.tags, "iam:TagPolicy");
        Ok(InAccount::New {
            kind: "policy",
            path: self.path.clone(),
            name: self.name.clone(),
            also,
        })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.tags, key)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { name, path, document, description, tags } = self;
        let draft = PolicyDraft { name, path, document, description, tags };
        let record = work.create_managed_policy(&account, draft).await?;
        let reply = policy(&record, account.partition());
        let reply =
            if record.tags.is_empty() { reply } else { reply.with("Tags", tag_list(&record.tags)) };
        Ok(Reply::empty().with("Policy", reply))
    }
}
