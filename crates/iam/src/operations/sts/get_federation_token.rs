//! [GetFederationToken](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html):
//! temporary credentials of somebody for whom the caller vouches.

use super::session::{credentials, duration, limits, token_size};
use crate::operations::rules::{request_tag, tagging, tags};
use crate::table::{StsOperation, sts_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedIam, InAccount};
use strongroom_engine::work::{SessionDraft, Work};
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct GetFederationToken {
    name: String,
    seconds: Option<i64>,
    draft: SessionDraft,
}

impl Operation for GetFederationToken {
    type Target = InAccount;
    const DEMANDS: &'static Demands = sts_demands(StsOperation::GetFederationToken);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        let (policy, policies) = limits(&mut values)?;
        let draft = SessionDraft {
            policy,
            policies,
            tags: tags(&mut values)?,
            token_size: token_size(&mut values),
            ..SessionDraft::default()
        };
        let seconds = values.take("DurationSeconds");
        Ok(Self { name: values.need("Name")?, seconds, draft })
    }

    fn target(&self) -> Result<InAccount, Refusal> {
        let (path, name) = ("/".to_owned(), self.name.clone());
        let also = tagging(&self.draft.tags, "sts:TagSession");
        Ok(InAccount::New { kind: "federated-user", path, name, also })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        request_tag(&self.draft.tags, key)
    }

    async fn run(self, account: AdmittedIam, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let seconds = duration(self.seconds, &work.caller_arn());
        let draft = SessionDraft { seconds, ..self.draft };
        let issued = work.issue_federated_session(&account, &self.name, draft).await?;
        let (id, partition, name) = (account.account(), account.partition(), &self.name);
        let user = Reply::empty()
            .with("FederatedUserId", format!("{id}:{name}"))
            .with("Arn", format!("arn:{partition}:sts::{id}:federated-user/{name}"));
        let packed = issued.packed;
        Ok(Reply::empty()
            .with("Credentials", credentials(issued))
            .with("FederatedUser", user)
            .with_some("PackedPolicySize", packed))
    }
}
