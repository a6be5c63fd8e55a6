//! [AssumeRole](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html): temporary
//! credentials of a role, as its trust policy allows.

use super::session::{credentials, limits, refuse_mfa, token_size};
use crate::operations::rules::{request_tag, tags};
use crate::table::{StsOperation, sts_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{IdentityDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedRole, RoleToAssume};
use strongroom_engine::work::{SessionDraft, Work};
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct AssumeRole {
    role: String,
    session: String,
    external_id: Option<String>,
    draft: SessionDraft,
}

impl Operation for AssumeRole {
    type Target = RoleToAssume;
    const DEMANDS: &'static Demands = sts_demands(StsOperation::AssumeRole);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        refuse_mfa(&values)?;
        if values.has("ProvidedContexts") {
            return Err(Refusal::Identity(IdentityDefect::Unserved("ProvidedContexts")));
        }
        let (policy, policies) = limits(&mut values)?;
        let draft = SessionDraft {
            seconds: values.take("DurationSeconds").unwrap_or(3600),
            policy,
            policies,
            tags: tags(&mut values)?,
            transitive: values.take("TransitiveTagKeys").unwrap_or_default(),
            source_identity: values.take("SourceIdentity"),
            token_size: token_size(&mut values),
        };
        Ok(Self {
            role: values.need("RoleArn")?,
            session: values.need("RoleSessionName")?,
            external_id: values.take("ExternalId"),
            draft,
        })
    }

    fn target(&self) -> Result<RoleToAssume, Refusal> {
        let (tags, identity) = (&self.draft.tags, &self.draft.source_identity);
        let arn = self.role.clone();
        Ok(RoleToAssume { arn, tags: !tags.is_empty(), source_identity: identity.is_some() })
    }

    /// Source: IAM User Guide, "Available keys for AWS STS".
    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let text = match key {
            "sts:externalid" => self.external_id.as_deref()?.into(),
            "sts:rolesessionname" => self.session.as_str().into(),
            "sts:sourceidentity" => self.draft.source_identity.as_deref()?.into(),
            "sts:durationseconds" => self.draft.seconds.to_string().into(),
            "sts:transitivetagkeys" if !self.draft.transitive.is_empty() => {
                let keys = self.draft.transitive.iter();
                return Some(Fact::Many(keys.map(|key| key.as_str().into()).collect()));
            }
            _ => return request_tag(&self.draft.tags, key),
        };
        Some(Fact::One(text))
    }

    async fn run(self, role: AdmittedRole, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let issued = work.issue_role_session(&role, &self.session, self.draft).await?;
        let (packed, source_identity) = (issued.packed, issued.source_identity.clone());
        Ok(Reply::empty()
            .with("Credentials", credentials(issued))
            .with("AssumedRoleUser", assumed(&role, &self.session))
            .with_some("PackedPolicySize", packed)
            .with_some("SourceIdentity", source_identity))
    }
}

/// The session, as answers name it.
pub(super) fn assumed(role: &AdmittedRole, session: &str) -> Reply {
    let (record, partition) = (role.record(), role.partition());
    let (account, name) = (record.account, &record.name);
    Reply::empty()
        .with("AssumedRoleId", format!("{}:{session}", record.id))
        .with("Arn", format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session}"))
}
