//! Temporary credentials: nothing is stored, what there is to know is in the token.

use super::Work;
use crate::identity::web_session::WebSession;
use crate::identity::{fresh_access_key, quota, session};
use crate::refusal::{IdentityDefect, Refusal};
use crate::target::{AdmittedCaller, AdmittedIam, AdmittedRole};
use crate::vault::VaultError;
use strongroom_crypto::SecretBytes;
use strongroom_keys::identity::{SessionOwner, SessionRecord};
use strongroom_policy::Policy;
use strongroom_types::{AccountId, EntityReference, Principal, Tag, Timestamp};

/// The longest session of a role that was assumed with a role's session, in seconds. Source: IAM
/// User Guide, "Role chaining".
const LONGEST_IN_A_CHAIN: i64 = 3600;

/// What a session shall be.
#[derive(Default)]
pub struct SessionDraft {
    /// How long it lasts, in seconds.
    pub seconds: i64,
    /// A policy that limits it.
    pub policy: Option<String>,
    /// ARNs of managed policies that limit it.
    pub policies: Vec<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Keys of tags that are handed down.
    pub transitive: Vec<String>,
    /// Who is behind it.
    pub source_identity: Option<String>,
    /// The least length of its token, in characters; 0 for any.
    pub token_size: usize,
}

/// Temporary credentials.
pub struct IssuedSession {
    /// `ASIA…`.
    pub access_key: String,
    /// The secret access key.
    pub secret: SecretBytes,
    /// The session token.
    pub token: String,
    /// When they are good no more.
    pub expires: Timestamp,
    /// How much of the room for policy and tags is taken, percent; absent for none.
    pub packed: Option<i64>,
    /// Who is behind it.
    pub source_identity: Option<String>,
}

impl Work<'_> {
    /// A session of the role, with what the session before hands down.
    ///
    /// # Errors
    /// The refusal of duration, policies or tags.
    pub async fn issue_role_session(
        &self,
        role: &AdmittedRole,
        name: &str,
        mut draft: SessionDraft,
    ) -> Result<IssuedSession, Refusal> {
        if draft.seconds > i64::from(role.terms()?.max_session) {
            return Err(Refusal::Identity(IdentityDefect::SessionTooLong));
        }
        let caller = &self.desk.call.caller;
        let chained = matches!(caller.principal, Principal::RoleSession { .. });
        if chained && draft.seconds > LONGEST_IN_A_CHAIN {
            return Err(Refusal::Identity(IdentityDefect::ChainTooLong));
        }
        // Source: IAM User Guide, "AWS global condition context keys", `aws:FederatedProvider`: it
        // is not handed down to the sessions of roles that are assumed with this one.
        let mut provider = None;
        if let Some(web) = caller.authority.web() {
            provider = Some(web.url.clone());
            // The request brings none itself: they are the token's.
            let WebSession { tags, transitive, source_identity } = web.session.clone();
            draft = SessionDraft { tags, transitive, source_identity, ..draft };
        }
        if let Some(before) = caller.authority.session() {
            inherit(&mut draft, &before.transitive)?;
            let other = draft.source_identity.as_ref();
            if before.source_identity.as_ref().is_some_and(|own| other.is_some_and(|o| o != own)) {
                return Err(Refusal::Identity(IdentityDefect::SourceIdentityChanged));
            }
            draft.source_identity = before.source_identity.clone().or(draft.source_identity);
        }
        let record = role.record();
        let owner = SessionOwner::Role(record.name.clone(), record.id.clone(), name.to_owned());
        self.issue(record.account, owner, provider, draft).await
    }

    /// A session of the caller's own (GetSessionToken).
    ///
    /// # Errors
    /// [`IdentityDefect::WithSession`].
    pub async fn issue_own_session(
        &self,
        _: &AdmittedCaller,
        draft: SessionDraft,
    ) -> Result<IssuedSession, Refusal> {
        let caller = &self.desk.call.caller;
        caller.authority.refuse_session("GetSessionToken")?;
        let owner = match &caller.principal {
            Principal::Root { .. } => SessionOwner::Root,
            Principal::User { name, id, .. } => SessionOwner::User(name.clone(), id.clone()),
            _ => return Err(Refusal::Internal),
        };
        self.issue(caller.account, owner, None, draft).await
    }

    /// A session of a federated user, for whom the caller vouches (GetFederationToken).
    ///
    /// # Errors
    /// [`IdentityDefect::WithSession`], the refusal of policies or tags.
    pub async fn issue_federated_session(
        &self,
        _: &AdmittedIam,
        name: &str,
        draft: SessionDraft,
    ) -> Result<IssuedSession, Refusal> {
        let caller = &self.desk.call.caller;
        caller.authority.refuse_session("GetFederationToken")?;
        let name = name.to_owned();
        let owner = match &caller.principal {
            Principal::Root { .. } => SessionOwner::Federated(name, String::new(), String::new()),
            Principal::User { name: maker, id, .. } => {
                SessionOwner::Federated(name, maker.clone(), id.clone())
            }
            _ => return Err(Refusal::Internal),
        };
        self.issue(caller.account, owner, None, draft).await
    }

    async fn issue(
        &self,
        account: AccountId,
        owner: SessionOwner,
        provider: Option<String>,
        draft: SessionDraft,
    ) -> Result<IssuedSession, Refusal> {
        self.check_policies(account, &draft).await?;
        let packed = packed(&draft)?;
        let made = fresh_access_key("ASIA", account, self.desk.vault.entropy());
        let (access_key, secret) = made.map_err(|why| self.failed(&why))?;
        let caller = &self.desk.call.caller;
        let of_root = matches!(caller.principal, Principal::Root { .. });
        let root_key = of_root.then(|| caller.access_key.clone());
        // Whole seconds, as they are told.
        let issued = Timestamp::from_millis(self.now().seconds() * 1000);
        let expires = issued.plus_millis(draft.seconds * 1000);
        let mut record = SessionRecord {
            access_key: access_key.clone(),
            secret,
            issued,
            expires,
            account,
            owner,
            policy: draft.policy,
            policies: draft.policies,
            tags: draft.tags,
            transitive: draft.transitive,
            source_identity: draft.source_identity.clone(),
            provider,
            padding: Vec::new(),
            root_key,
        };
        let failed = |why: VaultError| self.desk.internal(&why);
        let mut token = session::seal(self.desk.vault, &record).await.map_err(failed)?;
        if token.len() < draft.token_size {
            record.padding = vec![0; draft.token_size - token.len()];
            token = session::seal(self.desk.vault, &record).await.map_err(failed)?;
        }
        let source_identity = draft.source_identity;
        let secret = record.secret;
        Ok(IssuedSession { access_key, secret, token, expires, packed, source_identity })
    }

    /// Refuses policies of a session that are none.
    async fn check_policies(
        &self,
        account: AccountId,
        draft: &SessionDraft,
    ) -> Result<(), Refusal> {
        if let Some(text) = &draft.policy {
            let refused = |why: strongroom_policy::Malformed| {
                Refusal::Identity(IdentityDefect::MalformedPolicy(why.to_string()))
            };
            Policy::identity_policy(text).map(drop).map_err(refused)?;
        }
        for arn in &draft.policies {
            let partition = self.desk.call.caller.partition;
            let is_policy = EntityReference::parse(arn)
                .is_some_and(|found| found.kind == "policy" && found.partition == partition);
            let found = self.desk.vault.policy_at(account, arn).await;
            let found = found.map_err(|why| self.desk.internal(&why))?;
            if !is_policy || found.is_none() {
                return Err(Refusal::Identity(IdentityDefect::SessionPolicy(arn.clone())));
            }
        }
        Ok(())
    }
}

/// Adds the tags that the session before hands down; they keep their values and are handed on.
fn inherit(draft: &mut SessionDraft, before: &[Tag]) -> Result<(), Refusal> {
    for tag in before {
        if draft.tags.iter().any(|own| Tag::same_key(&own.key, &tag.key)) {
            let defect = IdentityDefect::TransitiveTag(tag.key.clone());
            return Err(Refusal::Identity(defect));
        }
    }
    draft.tags.extend(before.iter().cloned());
    draft.transitive.extend(before.iter().map(|tag| tag.key.clone()));
    Ok(())
}

/// How much of the room for policy and tags the session takes, percent.
fn packed(draft: &SessionDraft) -> Result<Option<i64>, Refusal> {
    let tags: usize = draft.tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum();
    let arns: usize = draft.policies.iter().map(String::len).sum();
    let size = tags + arns + draft.policy.as_ref().map_or(0, String::len);
    let percent = (size * 100).div_ceil(quota::PACKED);
    if percent > 100 {
        return Err(Refusal::Identity(IdentityDefect::Packed(percent)));
    }
    Ok((size > 0).then_some(i64::try_from(percent).unwrap_or(100)))
}
