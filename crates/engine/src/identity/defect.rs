//! Why IAM and STS refuse: a variant for each of AWS's texts, carrying what it needs. The texts are
//! in [`crate::wording`].

use strongroom_types::{AccountId, ErrorCode, IdentityKind};

/// What is wrong with a request to IAM or STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityDefect {
    /// No user, group or role of this name.
    NoIdentity(IdentityKind, String),
    /// No managed policy at this ARN.
    NoPolicy(String),
    /// No managed policy at this ARN that could be attached.
    NotAttachable(String),
    /// The managed policy has no such version.
    NoVersion(String, String),
    /// The identity has no inline policy of this name.
    NoInlinePolicy(IdentityKind, String),
    /// The managed policy is not attached.
    NotAttached(String),
    /// No permissions boundary.
    NoBoundary(IdentityKind, String),
    /// No such access key.
    NoAccessKey(String),
    /// No identity provider at this ARN.
    NoProvider(String),
    /// The account does not have this alias.
    NoAccountAlias(String),
    /// A user, group or role of this name exists.
    IdentityExists(IdentityKind, String),
    /// A managed policy of this name exists.
    PolicyExists(String),
    /// The identity provider exists.
    ProviderExists(String),
    /// The account alias is somebody's.
    AccountAliasExists(String),
    /// What is to be deleted has something that must go first.
    Conflict(Conflict),
    /// A quota is used up.
    Quota(Quota),
    /// A policy document that is none; the text says where and why.
    MalformedPolicy(String),
    /// A policy names a principal that does not exist.
    UnknownPrincipal(String),
    /// Tags that name a key twice.
    DuplicateTags,
    /// A tag's key that AWS reserves.
    ReservedTag,
    /// An ARN that is none of what the operation is about.
    InvalidArn(String),
    /// An ARN that is none of a role, where a role is to be assumed.
    RoleArn(String),
    /// The same, where an identity provider vouches.
    RequestArn,
    /// An operation on somebody that must be named.
    UserNameMissing,
    /// AWS's own policies do not change.
    AwsManaged,
    /// An operation that temporary credentials cannot call.
    WithSession(&'static str),
    /// Root users assume no roles.
    RootAssumes,
    /// A longer session than the role allows.
    SessionTooLong,
    /// A longer session than a role that was assumed with a role has.
    ChainTooLong,
    /// An MFA device, of which there are none.
    Mfa,
    /// A member of the request that is not served.
    Unserved(&'static str),
    /// More policy and tags than a session has room for; percent of the room.
    Packed(usize),
    /// A session tag that a session before has handed down.
    TransitiveTag(String),
    /// A source identity other than that of the session before.
    SourceIdentityChanged,
    /// A token of an identity provider that is not believed.
    WebIdentity(WebIdentityDefect),
    /// Too many requests that were refused, by whom an identity provider vouches for.
    Throttled,
    /// The role does not trust the identity provider, or what it says.
    WebIdentityDenied,
    /// An access key id that tells of no account here.
    NoSuchAccessKeyInfo,
    /// A URL that no identity provider has.
    ProviderUrl,
    /// An identity provider with more or fewer thumbprints than it may have.
    Thumbprints,
    /// A session policy whose ARN is of no policy that the account has.
    SessionPolicy(String),
    /// Session policies of more characters than there may be.
    SessionPolicySize,
    /// A version id that is none.
    VersionId(String),
    /// A simulation of what cannot be simulated.
    Simulation(SimulationDefect),
}

/// Why a policy is not simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SimulationDefect {
    /// An ARN that is of no user, group or role.
    Entity(String),
    /// The policies of another account's user, group or role.
    ForeignSource {
        /// The account that asks.
        caller: AccountId,
        /// The account that is asked of.
        owner: AccountId,
    },
    /// A name that no action has.
    Action(String),
    /// Neither `*` nor an ARN.
    Resource(String),
    /// A resource's policy without a resource that has it.
    NoResource,
    /// A resource's policy without anybody whom it could name.
    NoCaller,
    /// Not the ARN of an account's root user.
    Owner(String),
    /// More than one permissions boundary.
    Boundaries,
    /// A level of the organization without policies.
    EmptyLevel(usize),
    /// A policy to leave out, named by nothing, by two things, or wrongly.
    Exclusion,
    /// A document that is no policy: which, and why.
    Document(String, String),
    /// A scenario of Amazon EC2.
    Scenario,
    /// More work or a longer answer than a request may have.
    TooLarge,
}

/// What must go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Managed policies are attached to it.
    Attached,
    /// It has inline policies.
    Inline,
    /// It has access keys.
    AccessKeys,
    /// It is in groups, or users are in it.
    Members,
    /// The policy is attached to somebody.
    PolicyAttached,
    /// The policy has more versions than one.
    Versions,
    /// The version is the one that holds.
    DefaultVersion,
}

/// A quota of IAM's.
///
/// Source: IAM User Guide, "IAM and AWS STS quotas".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quota {
    /// Managed policies of an identity.
    Attached(IdentityKind),
    /// Groups of a user.
    Groups,
    /// Access keys of a user.
    AccessKeys,
    /// Versions of a managed policy.
    Versions,
    /// Tags of an entity.
    Tags,
    /// Bytes of a managed policy.
    ManagedPolicy,
    /// Bytes of a trust policy.
    TrustPolicy,
    /// Bytes of all inline policies of an identity.
    Inline(IdentityKind, String),
    /// Client ids of an identity provider.
    Clients,
    /// Aliases of an account.
    AccountAliases,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebIdentityDefect {
    /// No token, or not one that is served.
    Form,
    /// Nobody in the role's account believes its issuer.
    NoProvider,
    /// It is for somebody else.
    Audience,
    /// Its time is over.
    Expired,
    /// Its signature is not good.
    Signature,
    /// The issuer's keys are not known here, or not the one that the token names.
    NoKeys,
    /// Its claims of tags or source identity keep not the rules.
    Session,
}

impl IdentityDefect {
    /// The error code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoIdentity(..)
            | Self::NoPolicy(_)
            | Self::NotAttachable(_)
            | Self::NoVersion(..)
            | Self::NoInlinePolicy(..)
            | Self::NotAttached(_)
            | Self::NoBoundary(..)
            | Self::NoAccessKey(_)
            | Self::NoProvider(_)
            | Self::NoAccountAlias(_) => ErrorCode::NoSuchEntity,
            Self::IdentityExists(..)
            | Self::PolicyExists(_)
            | Self::ProviderExists(_)
            | Self::AccountAliasExists(_) => ErrorCode::EntityAlreadyExists,
            Self::Conflict(_) => ErrorCode::DeleteConflict,
            Self::Quota(_) => ErrorCode::QuotaExceeded,
            Self::MalformedPolicy(_) | Self::UnknownPrincipal(_) => {
                ErrorCode::QueryMalformedPolicyDocument
            }
            Self::DuplicateTags
            | Self::ReservedTag
            | Self::InvalidArn(_)
            | Self::Thumbprints
            | Self::Simulation(_) => ErrorCode::InvalidInput,
            Self::Throttled => ErrorCode::Throttling,
            Self::Packed(_) => ErrorCode::PackedPolicyTooLarge,
            Self::WebIdentity(WebIdentityDefect::Expired) => ErrorCode::ExpiredIdentityToken,
            Self::WebIdentity(_) => ErrorCode::InvalidIdentityToken,
            Self::AwsManaged
            | Self::WithSession(_)
            | Self::RootAssumes
            | Self::Mfa
            | Self::SourceIdentityChanged
            | Self::WebIdentityDenied => ErrorCode::AccessDenied,
            Self::RoleArn(_)
            | Self::RequestArn
            | Self::UserNameMissing
            | Self::SessionTooLong
            | Self::ChainTooLong
            | Self::Unserved(_)
            | Self::TransitiveTag(_)
            | Self::NoSuchAccessKeyInfo
            | Self::ProviderUrl
            | Self::SessionPolicy(_)
            | Self::SessionPolicySize
            | Self::VersionId(_) => ErrorCode::QueryValidation,
        }
    }
}
