//! What is asked, and of which policies.

use crate::arn_pattern::{Arn, WrittenArn};
use crate::facts::Facts;
use crate::grant::Grant;
use crate::index::Traits;
use crate::known::Known;
use crate::policy::Policy;
use std::cell::OnceCell;
use strongroom_types::{
    AccountId, Action, AliasArn, EntityArn, KeyArn, KeyId, Principal, Region, TrailArn,
};

/// May this caller do this to that?
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// The partition of the ARN by which refusals name who asks, `aws`.
    pub partition: &'static str,
    /// What shall be done.
    pub action: Action,
    /// To what.
    pub resource: Resource<'a>,
    /// Whether the action can be allowed to principals of other accounts at all
    /// ("Cross-account use" in the AWS KMS API Reference).
    pub cross_account_allowed: bool,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// A key.
    Key(KeyArn),
    /// The alias's half of an operation on aliases; the key's half is a question of its own.
    Alias(&'a AliasArn),
    /// A key that is to be made.
    NewKey {
        /// Its Region.
        region: Region,
        /// Its account, the caller's.
        account: AccountId,
        /// What is known of its id.
        id: NewId,
    },
    /// What IAM knows by an ARN: a user, group, role, policy or identity provider. A role has a
    /// resource-based policy, its trust policy, that counts when the role is to be assumed.
    Entity(&'a EntityResource),
    /// A trail of the audit trail.
    Trail(&'a TrailArn),
    /// Nothing in particular, `*`: the action is on the caller's account.
    Any,
}

/// What is known of the id of a key that is to be made. An Allow must be of every key that it may
/// be, a Deny of several of which it may be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewId {
    /// Nothing: its ARN is written with `*` for the id.
    Any,
    /// That it is of a multi-Region key: `mrk-*`.
    MultiRegion,
    /// All of it: that of a replica.
    Known(KeyId),
}

/// What IAM knows by an ARN, and how refusals speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityResource {
    /// The ARN.
    pub arn: EntityArn,
    /// The account that owns it; that of AWS's own policies is the caller's.
    pub owner: AccountId,
    /// How refusals name it: `user ann`, or by its ARN.
    pub shown: Shown,
}

/// How refusals name an entity of IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// By its ARN.
    Arn,
    /// By kind and name: `role ops`.
    Name,
    /// By kind and ARN: `policy arn:aws:…`.
    KindAndArn,
    /// By its ARN in quotes, as S3 does.
    Quoted,
}

impl Resource<'_> {
    /// The account that owns it; `None` for [`Resource::Any`].
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Key(key) => Some(key.account),
            Self::Alias(alias) => Some(alias.account),
            Self::NewKey { account, .. } => Some(*account),
            Self::Entity(entity) => Some(entity.owner),
            Self::Trail(trail) => Some(trail.account),
            Self::Any => None,
        }
    }
}

impl EntityResource {
    fn arn(&self) -> String {
        self.arn.to_string()
    }
}

/// Writes it as refusals name it.
impl std::fmt::Display for EntityResource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.shown {
            Shown::Arn => self.arn.fmt(f),
            Shown::Name => write!(f, "{} {}", self.arn.kind, self.arn.name),
            Shown::Quoted => write!(f, "\"{}\"", self.arn),
            Shown::KindAndArn => write!(f, "{} {}", self.arn.kind, self.arn),
        }
    }
}

/// Writes it as refusals name it: the ARN, or `*`.
impl std::fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Alias(alias) => alias.fmt(f),
            Self::NewKey { region, account, id } => {
                write!(f, "arn:{}:kms:{region}:{account}:key/", region.partition())?;
                match id {
                    NewId::Any => f.write_str("*"),
                    NewId::MultiRegion => f.write_str("mrk-*"),
                    NewId::Known(key) => key.fmt(f),
                }
            }
            Self::Entity(entity) => entity.fmt(f),
            Self::Trail(trail) => trail.fmt(f),
            Self::Any => f.write_str("*"),
        }
    }
}

/// The policies that apply to a question. What is left out limits nothing and allows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    /// That of the key, or the trust policy of the role that is to be assumed; it counts only when
    /// the resource is one of these.
    pub key_policy: Option<&'a Policy>,
    /// Those of the user and its groups, or of the role. For the session of a federated user,
    /// those of the user who made it.
    pub identity: &'a [&'a Policy],
    /// The permissions boundary of the user or role.
    pub boundary: Option<&'a Policy>,
    /// Those passed when the session was made; together they limit it.
    pub session: &'a [&'a Policy],
    /// Those of the organization that apply to the caller's account, level by level: each level
    /// must allow, by any of its policies. Empty when there is no organization.
    pub service_control: &'a [&'a [&'a Policy]],
    /// Grants on the key. Those to others, and for other operations, count for nothing.
    pub grants: &'a [Grant<'a>],
}

impl Sources<'_> {
    /// Whether a condition or a variable of any of the policies asks for this key, in lower case.
    #[must_use]
    pub fn ask_for(&self, key: &str) -> bool {
        let Self { key_policy, identity, boundary, session, service_control, grants: _ } = self;
        let one = key_policy.iter().chain(boundary).copied();
        let lists = identity.iter().chain(*session).copied();
        let levels = service_control.iter().flat_map(|level| level.iter().copied());
        one.chain(lists).chain(levels).any(|policy| policy.asks_for(key))
    }
}

/// What is asked: by the server, which gets a permit for it, or by way of trial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) action: &'a str,
    pub(crate) about: About<'a>,
    pub(crate) cross_account_allowed: bool,
}

/// What an action is done to, also of a service that is not served.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    Known(Resource<'a>),
    Supposed {
        /// An ARN, or `*`.
        arn: &'a str,
        /// The account that owns it, where that counts.
        owner: Option<AccountId>,
        /// Whether its policy counts as that of a key does.
        is_key: bool,
    },
}

impl<'a> From<&Question<'a>> for Asked<'a> {
    fn from(question: &Question<'a>) -> Self {
        let Question { principal, action, resource, cross_account_allowed, .. } = *question;
        let about = About::Known(resource);
        Self { principal, action: action.as_str(), about, cross_account_allowed }
    }
}

impl About<'_> {
    /// The account that owns it.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Known(resource) => resource.account(),
            Self::Supposed { owner, .. } => *owner,
        }
    }
}

/// A question with what statements need to know of it.
pub(crate) struct Inquiry<'a> {
    pub(crate) asked: Asked<'a>,
    pub(crate) known: Known<'a>,
    /// The action in lower case.
    pub(crate) action: String,
    resource: OnceCell<WrittenArn>,
    traits: OnceCell<Traits>,
}

impl<'a> Inquiry<'a> {
    pub(crate) fn new(asked: Asked<'a>, facts: &'a dyn Facts) -> Self {
        Self {
            asked,
            known: Known::new(facts),
            action: asked.action.to_ascii_lowercase(),
            resource: OnceCell::new(),
            traits: OnceCell::new(),
        }
    }

    /// The resource's ARN, written when first asked for; `None` when there is no resource.
    pub(crate) fn resource(&self) -> Option<Arn<'_>> {
        let write = || match self.asked.about {
            About::Known(Resource::Entity(entity)) => WrittenArn::new(entity.arn()),
            About::Known(resource) => WrittenArn::new(resource.to_string()),
            About::Supposed { arn, .. } => WrittenArn::new(arn.to_owned()),
        };
        match self.asked.about {
            About::Known(Resource::Any) | About::Supposed { arn: "*", .. } => None,
            _ => self.resource.get_or_init(write).arn(),
        }
    }

    /// What an index is asked for.
    pub(crate) fn traits(&self) -> &Traits {
        self.traits.get_or_init(|| {
            let resource = self.resource();
            let part = resource.as_ref().map_or("", Arn::resource_part);
            Traits::new(&self.action, part, self.asked.principal)
        })
    }

    /// What the resource's ARN begins with, where it is not known to the end.
    pub(crate) fn beginning(&self) -> Option<&str> {
        match self.asked.about {
            About::Known(Resource::NewKey { id: NewId::Any | NewId::MultiRegion, .. }) => {
                self.resource()?.text().strip_suffix('*')
            }
            _ => None,
        }
    }
}
