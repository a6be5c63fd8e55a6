//! [CreateUser](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html): makes a user.

use crate::operations::entry::whole;
use crate::operations::rules::{arn_fact, request_tag, tagging, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::IdentityDraft;
use strongroom_engine::work::Work;
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{IdentityKind, Tag};

pub(crate) struct CreateUser {
    name: String,
    path: String,
    boundary: Option<String>,
    tags: Vec<Tag>,
}

impl Operation for CreateUser {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreateUser);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        Ok(Self {
            name: values.need("UserName")?,
            path: values.take("Path").unwrap_or_else(|| "/".to_owned()),
            boundary: values.take("PermissionsBoundary"),
            tags: tags(&mut values)?,
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        let also = tagging(&self.tags, "iam:TagUser");
        Ok(InAccount::New { kind: "user", path: self.path.clone(), name: self.name.clone(), also })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        arn_fact(self.boundary.as_deref(), "iam:permissionsboundary", key)
            .or_else(|| request_tag(&self.tags, key))
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { name, path, boundary, tags } = self;
        let draft =
            IdentityDraft { kind: IdentityKind::User, name, path, boundary, tags, role: None };
        let record = work.create_identity(&account, draft).await?;
        Ok(Reply::empty().with("User", whole(&record, account.partition())))
    }
}
