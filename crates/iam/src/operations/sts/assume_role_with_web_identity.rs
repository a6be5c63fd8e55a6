//! [AssumeRoleWithWebIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html):
//! temporary credentials of a role, for somebody whom an identity provider vouches for. The token was
//! verified before, in the place of a signature.

use super::assume_role::assumed;
use super::session::{credentials, limits, token_size};
use crate::table::{StsOperation, sts_demands};
use strongroom_engine::decode::Values;
use strongroom_engine::demands::Demands;
use strongroom_engine::refusal::{IdentityDefect, Refusal};
use strongroom_engine::reply::Reply;
use strongroom_engine::target::{AdmittedRole, RoleToAssume};
use strongroom_engine::work::{SessionDraft, Work};
use strongroom_engine::{Fact, Operation, Role};

pub(crate) struct AssumeRoleWithWebIdentity {
    role: String,
    session: String,
    draft: SessionDraft,
}

impl Operation for AssumeRoleWithWebIdentity {
    type Target = RoleToAssume;
    const DEMANDS: &'static Demands = sts_demands(StsOperation::AssumeRoleWithWebIdentity);

    fn read(mut values: Values) -> Result<Self, Refusal> {
        // It names providers of OAuth 2.0 access tokens.
        if values.has("ProviderId") {
            return Err(Refusal::Identity(IdentityDefect::Unserved("ProviderId")));
        }
        let (policy, policies) = limits(&mut values)?;
        let draft = SessionDraft {
            seconds: values.take("DurationSeconds").unwrap_or(3600),
            policy,
            policies,
            token_size: token_size(&mut values),
            ..SessionDraft::default()
        };
        Ok(Self { role: values.need("RoleArn")?, session: values.need("RoleSessionName")?, draft })
    }

    fn target(&self) -> Result<RoleToAssume, Refusal> {
        Ok(RoleToAssume { arn: self.role.clone(), tags: false, source_identity: false })
    }

    fn fact(&self, _: Role, key: &str) -> Option<Fact<'_>> {
        let text = match key {
            "sts:rolesessionname" => self.session.as_str().into(),
            "sts:durationseconds" => self.draft.seconds.to_string().into(),
            _ => return None,
        };
        Some(Fact::One(text))
    }

    async fn run(self, role: AdmittedRole, work: &mut Work<'_>) -> Result<Reply, Refusal> {
        let issued = work.issue_role_session(&role, &self.session, self.draft).await?;
        let (packed, source_identity) = (issued.packed, issued.source_identity.clone());
        let (provider, subject, audience) = work.vouched_for()?;
        Ok(Reply::empty()
            .with("Credentials", credentials(issued))
            .with("AssumedRoleUser", assumed(&role, &self.session))
            .with("SubjectFromWebIdentityToken", subject)
            .with("Audience", audience)
            .with("Provider", provider)
            .with_some("PackedPolicySize", packed)
            .with_some("SourceIdentity", source_identity))
    }
}
