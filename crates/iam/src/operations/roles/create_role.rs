//! [CreateRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html): makes a role.

use crate::operations::entry::whole;
use crate::operations::rules::{arn_fact, request_tag, tagging, tags};
use crate::table::{IamOperation, iam_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::Work;
use strongroom_engine::work::{IdentityDraft, RoleDraft};
use strongroom_engine::{Fact, Operation, Role};
use strongroom_types::{IdentityKind, Tag};

pub(crate) struct CreateRole {
    name: String,
    path: String,
    trust: String,
    description: Option<String>,
    max_session: u32,
    boundary: Option<String>,
    tags: Vec<Tag>,
}

impl Operation for CreateRole {
    type Target = InAccount;
    const DEMANDS: &'static Demands = iam_demands(IamOperation::CreateRole);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let max_session: i64 = values.take("MaxSessionDuration").unwrap_or(3600);
        Ok(Self {
            name: values.need("RoleName")?,
            path: values.take("Path").unwrap_or_else(|| "/".to_owned()),
            trust: values.need("AssumeRolePolicyDocument")?,
            description: values.take("Description"),
            max_session: u32::try_from(max_session).map_err(|_| Refusal::Internal)?,
            boundary: values.take("PermissionsBoundary"),
            tags: tags(&mut values)?,
        })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        let also = tagging(&self.tags, "iam:TagRole");
        Ok(InAccount::New { kind: "role", path: self.path.clone(), name: self.name.clone(), also })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        arn_fact(self.boundary.as_deref(), "iam:permissionsboundary", key)
            .or_else(|| request_tag(&self.tags, key))
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let Self { name, path, trust, description, max_session, boundary, tags } = self;
        let role = Some(RoleDraft { trust, description, max_session });
        let draft = IdentityDraft { kind: IdentityKind::Role, name, path, boundary, tags, role };
        let record = work.create_identity(&account, draft).await?;
        Ok(Reply::empty().with("Role", whole(&record, account.partition())))
    }
}
