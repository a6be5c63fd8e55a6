//! [CreateGroup](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html): makes a group.

use crate::operations::entry::whole;
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::Operation;
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::IdentityDraft;
use strongroom_engine::work::Work;
use strongroom_types::IdentityKind;

pub(crate) struct CreateGroup {
    name: String,
    path: String,
}

impl Operation for CreateGroup {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreateGroup);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            name: values.need("GroupName")?,
            path: values.take("Path").unwrap_or_else(|| "/".to_owned()),
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        Ok(InAccount::New {
            kind: "group",
            path: self.path.clone(),
            name: self.name.clone(),
            also: None,
        })
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let draft = IdentityDraft {
            kind: IdentityKind::Group,
            name: self.name,
            path: self.path,
            boundary: None,
            tags: Vec::new(),
            role: None,
        };
        let record = work.create_identity(&account, draft).await?;
        Ok(Reply::empty().with("Group", whole(&record, account.partition())))
    }
}
