//! Permits: proofs of a decision.

use crate::question::{Question, Resource};
use std::fmt;
use std::sync::Arc;
use strongroom_types::{AccountId, Action, AliasArn, EntityArn, KeyArn, Region, TrailArn};

/// The proof that an action on a resource is allowed. Its makers are [`decide`](crate::decide) and
/// what it is made of, [`decide_retirement`](crate::decide_retirement),
/// [`Permit::for_scheduled_task`] and [`Permit::for_operator`].
///
/// It is not made in any other way,
///
/// ```compile_fail,E0451
/// let permit = strongroom_policy::Permit { action: todo!(), target: todo!(), reason: todo!() };
/// ```
/// ```compile_fail,E0624
/// let permit = strongroom_policy::Permit::granted(todo!(), todo!());
/// ```
/// ```compile_fail,E0277
/// let permit: strongroom_policy::Permit = Default::default();
/// ```
///
/// and one proof does not become two:
///
/// ```compile_fail,E0277
/// fn twice(permit: &strongroom_policy::Permit) -> strongroom_policy::Permit {
///     <strongroom_policy::Permit as Clone>::clone(permit)
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Permit {
    action: Action,
    target: Target,
    reason: Reason,
}

#[derive(Debug)]
enum Target {
    Key(KeyArn),
    Alias(AliasArn),
    NewKey(Region, AccountId),
    Entity(EntityArn),
    Trail(TrailArn),
    Any,
}

impl Permit {
    /// The permit of the service itself to do what is due to a key.
    pub fn for_scheduled_task(task: ScheduledTask, key: KeyArn) -> Self {
        Self { action: task.action(), target: Target::Key(key), reason: Reason::Scheduled(task) }
    }

    /// The permit of the operator, who has the root key, to run a command on a stopped server's
    /// data. No request gets one.
    pub fn for_operator(task: OperatorTask, key: KeyArn) -> Self {
        Self { action: task.action(), target: Target::Key(key), reason: Reason::Operator(task) }
    }

    /// The permit of a positive decision.
    pub(super) fn granted(question: &Question<'_>, reason: Reason) -> Self {
        let target = match question.resource {
            Resource::Key(key) => Target::Key(key),
            Resource::Alias(alias) => Target::Alias(alias.clone()),
            Resource::NewKey { region, account, .. } => Target::NewKey(region, account),
            Resource::Entity(entity) => Target::Entity(entity.arn.clone()),
            Resource::Trail(trail) => Target::Trail(trail.clone()),
            Resource::Any => Target::Any,
        };
        Self { action: question.action, target, reason }
    }

    /// Whether it is for this very key.
    #[must_use]
    pub fn covers_key(&self, key: &KeyArn) -> bool {
        matches!(&self.target, Target::Key(own) if own == key)
    }

    /// Whether it is for this very alias.
    #[must_use]
    pub fn covers_alias(&self, alias: &AliasArn) -> bool {
        matches!(&self.target, Target::Alias(own) if own == alias)
    }

    /// Whether it is for this very entity of IAM.
    #[must_use]
    pub fn covers_entity(&self, arn: &EntityArn) -> bool {
        matches!(&self.target, Target::Entity(own) if own == arn)
    }

    /// Whether it is for this very trail.
    #[must_use]
    pub fn covers_trail(&self, arn: &TrailArn) -> bool {
        matches!(&self.target, Target::Trail(own) if own == arn)
    }

    /// Whether it is for an action that is on no key, alias or entity.
    #[must_use]
    pub fn covers_account(&self) -> bool {
        matches!(self.target, Target::Any)
    }

    /// Whether it is for keys that are to be made in this account and Region.
    #[must_use]
    pub fn covers_new_key(&self, region: Region, account: AccountId) -> bool {
        matches!(&self.target, Target::NewKey(own, by) if *own == region && *by == account)
    }

    /// What is permitted.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

/// Why something is permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The key policy names the caller.
    KeyPolicy(Site),
    /// The key policy names the caller's account, or a caller of another account, and an identity
    /// policy allows.
    Delegated {
        /// Statement of the key policy.
        key_policy: Site,
        /// Statement of the identity policy.
        identity: Site,
    },
    /// An identity policy allows; the action is on no key.
    Identity(Site),
    /// The caller is the root user of the account; the action is on no key.
    RootUser,
    /// A grant permits it.
    Grant {
        /// Identifier of the grant.
        grant: Arc<str>,
        /// Whether the request named it by a token.
        by_token: bool,
        /// Statement of the identity policy, when the grant is to the caller's account.
        identity: Option<Site>,
    },
    /// The caller may retire the grant that it is about.
    Retirement {
        /// Identifier of the grant.
        grant: Arc<str>,
        /// What the caller is to it.
        part: GrantPart,
        /// Statement of the identity policy, when that is the caller's account.
        identity: Option<Site>,
    },
    /// The service does what is due.
    Scheduled(ScheduledTask),
    /// The operator of the server does it.
    Operator(OperatorTask),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyPolicy(site) | Self::Identity(site) => site.fmt(f),
            Self::Delegated { key_policy, identity } => write!(f, "{key_policy} and {identity}"),
            Self::Grant { grant, by_token, identity } => {
                let token = if *by_token { ", named by a token" } else { "" };
                write!(f, "grant {grant}{token}")?;
                also(f, identity.as_ref())
            }
            Self::Retirement { grant, part, identity } => {
                write!(f, "{} of grant {grant}", part.name())?;
                also(f, identity.as_ref())
            }
            Self::RootUser => f.write_str("root user of the account"),
            Self::Scheduled(task) => f.write_str(match task {
                ScheduledTask::DeleteKey => "scheduled deletion",
                ScheduledTask::DeleteExpiredKeyMaterial => "expiry of imported key material",
                ScheduledTask::RotateKey => "automatic rotation",
                ScheduledTask::SynchronizeMultiRegionKey => "multi-Region synchronization",
            }),
            Self::Operator(_) => f.write_str("operator of the server"),
        }
    }
}

/// What decided a request, divided by whose policies and grants they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Of the account that owns the resource: its key policy, trust policy or grants.
    pub owner: Option<String>,
    /// Of the caller's account.
    pub caller: Option<String>,
}

impl Parts {
    /// What one account's policies said.
    pub(crate) fn of(kind: PolicyKind, text: String) -> Self {
        if kind.is_of_the_resource() {
            Self { owner: Some(text), caller: None }
        } else {
            Self { owner: None, caller: Some(text) }
        }
    }
}

impl Reason {
    /// The reason, divided by whose policies and grants it is of: neither account may be told of
    /// the other's.
    #[must_use]
    pub fn parts(&self) -> Parts {
        match self {
            Self::KeyPolicy(site) | Self::Identity(site) => Parts::of(site.kind, site.to_string()),
            Self::Delegated { key_policy, identity } => {
                Parts { owner: Some(key_policy.to_string()), caller: Some(identity.to_string()) }
            }
            Self::Grant { identity, .. } | Self::Retirement { identity, .. } => Parts {
                owner: Some(self.without_identity().to_string()),
                caller: identity.as_ref().map(Site::to_string),
            },
            Self::RootUser => Parts { owner: None, caller: Some(self.to_string()) },
            Self::Scheduled(_) | Self::Operator(_) => {
                Parts { owner: Some(self.to_string()), caller: None }
            }
        }
    }

    fn without_identity(&self) -> Self {
        let mut reason = self.clone();
        if let Self::Grant { identity, .. } | Self::Retirement { identity, .. } = &mut reason {
            *identity = None;
        }
        reason
    }
}

fn also(f: &mut fmt::Formatter<'_>, identity: Option<&Site>) -> fmt::Result {
    identity.map_or(Ok(()), |site| write!(f, " and {site}"))
}

/// The part that a caller has in a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantPart {
    /// The grant names it for retiring.
    Retiring,
    /// It is the grantee, and the grant permits to retire it.
    Grantee,
    /// Its account created the grant, or has the key.
    Owner,
}

impl GrantPart {
    const fn name(self) -> &'static str {
        match self {
            Self::Retiring => "retiring principal",
            Self::Grantee => "grantee",
            Self::Owner => "account",
        }
    }
}

/// What the service does by itself when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduledTask {
    /// Deletes a key whose waiting period is over.
    DeleteKey,
    /// Deletes imported key material that has expired.
    DeleteExpiredKeyMaterial,
    /// Rotates a key's material.
    RotateKey,
    /// Ends a passing state of a multi-Region key.
    SynchronizeMultiRegionKey,
}

impl ScheduledTask {
    /// The name in the audit record, which is CloudTrail's; no policy can allow it.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::DeleteKey => Action::new("kms:DeleteKey"),
            Self::DeleteExpiredKeyMaterial => Action::new("kms:DeleteExpiredKeyMaterial"),
            Self::RotateKey => Action::new("kms:RotateKey"),
            Self::SynchronizeMultiRegionKey => Action::new("kms:SynchronizeMultiRegionKey"),
        }
    }
}

/// What the operator of the server does to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorTask {
    /// Makes a key of a given id and of key material that is brought.
    SeedKey,
}

impl OperatorTask {
    /// The name in the audit record; no policy can allow it.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::SeedKey => Action::new("kms:SeedKey"),
        }
    }
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Kind of the policy.
    pub kind: PolicyKind,
    /// Index of the policy among those of its kind that were asked (within the level, for
    /// service control policies).
    pub policy: usize,
    /// Index of the statement.
    pub statement: usize,
    /// Id of the statement.
    pub sid: Option<Arc<str>>,
}

/// Writes `identity policy 0 statement 2 (ReadKeys)`; there is but one key policy and boundary.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, policy, statement, sid } = self;
        match kind {
            PolicyKind::Key => write!(f, "key policy statement {statement}")?,
            PolicyKind::Trust => write!(f, "role trust policy statement {statement}")?,
            PolicyKind::Boundary => write!(f, "permissions boundary statement {statement}")?,
            PolicyKind::Identity => write!(f, "identity policy {policy} statement {statement}")?,
            PolicyKind::Session => write!(f, "session policy {policy} statement {statement}")?,
            PolicyKind::ServiceControl => {
                write!(f, "service control policy {policy} statement {statement}")?;
            }
        }
        sid.as_ref().map_or(Ok(()), |sid| write!(f, " ({sid})"))
    }
}

/// Kinds of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// Key policy.
    Key,
    /// Trust policy of a role.
    Trust,
    /// Policy of a user, group or role.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Session policy.
    Session,
    /// Service control policy.
    ServiceControl,
}

impl PolicyKind {
    /// Whether it is attached to the resource, so is the business of the account that owns that.
    const fn is_of_the_resource(self) -> bool {
        matches!(self, Self::Key | Self::Trust)
    }

    /// What AWS calls it in refusals, with its article: "an identity-based policy".
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Key => "a resource-based policy",
            Self::Trust => "the role trust policy",
            Self::Identity => "an identity-based policy",
            Self::Boundary => "a permissions boundary",
            Self::Session => "a session policy",
            Self::ServiceControl => "a service control policy",
        }
    }

    /// What AWS calls it in refusals: "identity-based policy".
    #[must_use]
    pub fn name(self) -> &'static str {
        let name = self.with_article();
        name.split_once(' ').map_or(name, |(_, name)| name)
    }
}
