//! What a caller may do of itself: the policies that apply to it and what they may ask of it. It is
//! put together anew for each request, of parts that are cached and forgotten with the commit that
//! changes them; so a change that was answered holds from the next request on.

use crate::identity::session::OpenSession;
use crate::identity::web_session::WebSession;
use crate::identity::{aws_managed, defect::IdentityDefect};
use crate::refusal::Refusal;
use crate::vault::{ControlLevel, IdentityEntry, Vault, VaultError};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use strongroom_keys::identity::IdentityRecord;
use strongroom_policy::{Fact, Policy, Sources};
use strongroom_types::{AccountId, Tag, Timestamp};

/// The policies and facts of one caller.
#[derive(Default)]
pub struct Authority {
    /// Those of the user and its groups, or of the role.
    identity: Vec<Arc<Policy>>,
    boundary: Option<Arc<Policy>>,
    /// Those passed when the session was made.
    session_policies: Vec<Arc<Policy>>,
    /// Levels of service control, outermost first.
    controls: Vec<Arc<ControlLevel>>,
    tags: Vec<Tag>,
    session: Option<SessionFacts>,
    web: Option<WebClaims>,
}

/// What is known of a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionFacts {
    /// When its credentials were issued.
    pub(crate) issued: Timestamp,
    /// Who is behind it.
    pub(crate) source_identity: Option<String>,
    /// The identity provider that vouched for it.
    pub(crate) provider: Option<String>,
    /// Tags that a role assumed with it has, too.
    pub(crate) transitive: Vec<Tag>,
    /// The user who made it, if it is a federated user's: unique id, ARN and name.
    pub(crate) maker: Option<(String, String, String)>,
}

/// What an identity provider says of whom it vouches for.
#[derive(Debug, Clone)]
pub(crate) struct WebClaims {
    /// URL of the provider without its scheme.
    pub(crate) url: String,
    /// Who it is.
    pub(crate) subject: String,
    /// Whom the token is for.
    pub(crate) audience: String,
    /// The condition keys that the token gives values to, less the provider's part, in lower case.
    pub(crate) claims: Vec<(String, Vec<String>)>,
    /// What it gives to the session.
    pub(crate) session: WebSession,
}

/// Nothing of it is shown: policies are the account's business.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// That of the root user of an account.
    pub(crate) async fn of_root(
        vault: &Vault,
        account: AccountId,
        session: Option<&OpenSession>,
    ) -> Result<Self, VaultError> {
        let controls = service_controls(vault, account).await?;
        Ok(Self { controls, session: session.map(OpenSession::facts), ..Self::default() })
    }

    /// That of a user, of a role, or of a session of either.
    pub(crate) async fn of_identity(
        vault: &Vault,
        entry: &IdentityEntry,
        session: Option<&OpenSession>,
    ) -> Result<Self, VaultError> {
        let account = entry.record.account;
        let mut identity = policies_of(vault, entry).await?;
        for group in &entry.record.groups {
            // INVARIANT: a group that has members is not deleted. What is missing was taken away while
            // this request was under way; without it, its denies would not count.
            let found = vault.group(account, group).await?.ok_or_else(|| missing(entry, group))?;
            identity.extend(policies_of(vault, &found).await?);
        }
        let boundary = match &entry.record.boundary {
            // A boundary that cannot be found permits nothing.
            Some(arn) => {
                let found = vault.policy_at(account, arn).await?;
                Some(found.unwrap_or_else(|| Arc::new(Policy::nothing())))
            }
            None => None,
        };
        let mut tags = session.map(|session| session.record.tags.clone()).unwrap_or_default();
        for tag in &entry.record.tags {
            if !tags.iter().any(|own| Tag::same_key(&own.key, &tag.key)) {
                tags.push(tag.clone());
            }
        }
        Ok(Self {
            identity,
            boundary,
            session_policies: session_policies(vault, account, session).await?,
            controls: service_controls(vault, account).await?,
            tags,
            session: session.map(OpenSession::facts),
            web: None,
        })
    }

    /// That of a federated user: what the user who made the session may, within its policies.
    pub(crate) async fn of_federated_user(
        vault: &Vault,
        maker: Option<&IdentityEntry>,
        partition: &str,
        session: &OpenSession,
    ) -> Result<Self, VaultError> {
        let account = session.record.account;
        let mut authority = match maker {
            Some(entry) => Self::of_identity(vault, entry, Some(session)).await?,
            // The root user may everything.
            None => Self {
                identity: vec![aws_managed::full_access()],
                session_policies: session_policies(vault, account, Some(session)).await?,
                ..Self::of_root(vault, account, Some(session)).await?
            },
        };
        // The tags of the user who made the session are not those of its federated user.
        authority.tags.clone_from(&session.record.tags);
        if let (Some(facts), Some(entry)) = (&mut authority.session, maker) {
            let user = &entry.record;
            let arn = format!("arn:{partition}:iam::{account}:user{}{}", user.path, user.name);
            facts.maker = Some((user.id.clone(), arn, user.name.clone()));
        }
        Ok(authority)
    }

    /// That of somebody whom an identity provider vouches for.
    pub(crate) fn of_web_identity(claims: WebClaims) -> Self {
        Self { web: Some(claims), ..Self::default() }
    }

    /// The policies, for questions.
    pub(crate) fn gather(&self) -> Gathered<'_> {
        Gathered {
            identity: borrowed(&self.identity),
            boundary: self.boundary.as_deref(),
            session: borrowed(&self.session_policies),
            levels: self.controls.iter().map(|level| borrowed(&level.policies)).collect(),
        }
    }

    /// Calls `ask` with the policies, and with the resource's own.
    pub(crate) fn with_sources<T>(
        &self,
        resource: Option<&Policy>,
        ask: impl FnOnce(&Sources<'_>) -> T,
    ) -> T {
        let gathered = self.gather();
        let levels = gathered.levels();
        ask(&gathered.sources(resource, &levels))
    }

    /// The value of a condition key, by its name in lower case.
    ///
    /// Source: IAM User Guide, "AWS global condition context keys" and "Available keys for AWS web
    /// identity federation".
    pub(crate) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        if let Some(name) = key.strip_prefix("aws:principaltag/") {
            return Fact::named(self.tags.iter().map(Tag::pair), name);
        }
        if let Some(web) = &self.web {
            return web.fact(key);
        }
        let session = self.session.as_ref()?;
        let value: Cow<'_, str> = match key {
            "aws:tokenissuetime" => session.issued.civil().to_string().into(),
            // There are no MFA devices here.
            "aws:multifactorauthpresent" => "false".into(),
            "aws:sourceidentity" => session.source_identity.as_deref()?.into(),
            "aws:federatedprovider" => session.provider.as_deref()?.into(),
            _ => return None,
        };
        Some(Fact::One(value))
    }

    pub(crate) fn session(&self) -> Option<&SessionFacts> {
        self.session.as_ref()
    }

    pub(crate) fn web(&self) -> Option<&WebClaims> {
        self.web.as_ref()
    }

    /// Refuses what a caller with temporary credentials cannot do.
    ///
    /// # Errors
    /// [`Refusal::Identity`].
    pub(crate) fn refuse_session(&self, operation: &'static str) -> Result<(), Refusal> {
        match self.session {
            Some(_) => Err(Refusal::Identity(IdentityDefect::WithSession(operation))),
            None => Ok(()),
        }
    }
}

fn borrowed(policies: &[Arc<Policy>]) -> Vec<&Policy> {
    policies.iter().map(|policy| &**policy).collect()
}

/// The policies of a caller as questions are asked of them.
pub(crate) struct Gathered<'a> {
    identity: Vec<&'a Policy>,
    boundary: Option<&'a Policy>,
    session: Vec<&'a Policy>,
    levels: Vec<Vec<&'a Policy>>,
}

impl Gathered<'_> {
    /// The levels of service control, for [`Gathered::sources`].
    pub(crate) fn levels(&self) -> Vec<&[&Policy]> {
        self.levels.iter().map(Vec::as_slice).collect()
    }

    /// All of them, and the resource's own.
    pub(crate) fn sources<'s>(
        &'s self,
        resource: Option<&'s Policy>,
        levels: &'s [&'s [&'s Policy]],
    ) -> Sources<'s> {
        Sources {
            key_policy: resource,
            identity: &self.identity,
            boundary: self.boundary,
            session: &self.session,
            service_control: levels,
            ..Sources::default()
        }
    }
}

impl WebClaims {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        if key == "aws:federatedprovider" {
            return Some(Fact::One(self.url.as_str().into()));
        }
        if let Some(fact) = self.session.fact(key) {
            return Some(fact);
        }
        let name = key.strip_prefix(&self.url.to_lowercase())?.strip_prefix(':')?;
        let (_, values) = self.claims.iter().find(|(claim, _)| claim == name)?;
        match values.as_slice() {
            [one] => Some(Fact::One(one.as_str().into())),
            many => Some(Fact::Many(many.iter().map(|value| value.as_str().into()).collect())),
        }
    }
}

/// The identity's own policies: embedded, then attached.
async fn policies_of(vault: &Vault, entry: &IdentityEntry) -> Result<Vec<Arc<Policy>>, VaultError> {
    let mut policies = entry.inline.clone();
    for arn in &entry.record.attached {
        let found = vault.policy_at(entry.record.account, arn).await?;
        policies.push(found.ok_or_else(|| missing(entry, arn))?);
    }
    Ok(policies)
}

/// That what an identity has is not there: what decides without it would leave out its denies.
pub(crate) fn missing(entry: &IdentityEntry, what: &str) -> VaultError {
    let IdentityRecord { account, name, .. } = &entry.record;
    VaultError(format!("{name} of account {account} has {what}, which is not there"))
}

/// The policies that limit a session. One that is gone permits nothing.
async fn session_policies(
    vault: &Vault,
    account: AccountId,
    session: Option<&OpenSession>,
) -> Result<Vec<Arc<Policy>>, VaultError> {
    let Some(session) = session else { return Ok(Vec::new()) };
    let mut policies: Vec<_> = session.policy.clone().into_iter().collect();
    for arn in &session.record.policies {
        let found = vault.policy_at(account, arn).await?;
        policies.push(found.unwrap_or_else(|| Arc::new(Policy::nothing())));
    }
    Ok(policies)
}

/// The levels that limit an account; one without policies of its own limits nothing.
pub(crate) async fn service_controls(
    vault: &Vault,
    account: AccountId,
) -> Result<Vec<Arc<ControlLevel>>, VaultError> {
    let mut levels = vec![vault.controls(None).await?, vault.controls(Some(account)).await?];
    levels.retain(|level| level.version.is_some());
    Ok(levels)
}
