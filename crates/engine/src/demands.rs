//! What an operation demands: one row of its service's table. The pipeline reads it; nothing else
//! may decide by operation name.

pub use crate::quotas::{Counted, Shared};
pub use strongroom_keys::StateClass;
use strongroom_types::shape::Field;
use strongroom_types::{Action, ErrorCode, KeyUsage, Origin};

/// A row of a service's table of operations.
#[derive(Debug, Clone, Copy)]
pub struct Demands {
    /// Name of the operation, as clients write it.
    pub name: &'static str,
    /// The service, as it is called in ARNs, scopes and actions: `kms`, `iam`, `sts`,
    /// `cloudtrail`.
    pub service: &'static str,
    /// What permission it takes, and on what.
    pub access: Access,
    /// The origins that the key may have; none: any.
    pub origins: &'static [Origin],
    /// The usage that the key must have; `None`: any.
    pub usage: Option<KeyUsage>,
    /// What the state of the key must admit.
    pub states: StateClass,
    /// Whether a caller may use it on another account's key.
    pub cross_account: bool,
    /// Whether a key may be named by an alias.
    pub by_alias: bool,
    /// What it does to what it is about.
    pub effect: Effect,
    /// What its requests are counted by, where there are quotas.
    pub counted: Counted,
    /// Its wire fields.
    pub fields: &'static [Field],
    /// The errors it declares; the general ones are not listed.
    pub errors: &'static [ErrorCode],
    /// What of the answer the audit record shows.
    pub shown: Shown,
}

/// The permissions that an operation takes.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// One action on one key.
    Key(Action),
    /// ReEncrypt: one action on the source key, another on the destination key.
    TwoKeys {
        /// On the key that decrypts.
        source: Action,
        /// On the key that encrypts.
        destination: Action,
    },
    /// ReplicateKey: one action on the primary key, another in the account, where the replica
    /// shall be.
    Replication {
        /// On the primary key.
        key: Action,
        /// In the account, in the replica's Region.
        account: Action,
    },
    /// UpdatePrimaryRegion: one action on the primary key and on the replica that takes its place.
    Succession(Action),
    /// RetireGrant: one action on one key, which the grant itself permits.
    Grant(Action),
    /// One action on the alias and on each key concerned.
    AliasAndKeys(Action),
    /// One action on a custom key store, of which policies know nothing in particular.
    KeyStore(Action),
    /// One action on nothing in particular, in the caller's account.
    Account(Action),
    /// One action on what IAM knows by an ARN.
    Entity(Action),
    /// AssumeRole: one action on the role, which its trust policy must allow; others for tags and
    /// for a source identity, where the session shall have them.
    Role {
        /// To assume it.
        assume: Action,
        /// To have tags.
        tag: Action,
        /// To have a source identity.
        identify: Action,
    },
    /// One action on each trail concerned.
    Trail(Action),
    /// None: every authenticated caller may (GetCallerIdentity).
    Anyone,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Reads metadata.
    Read,
    /// Uses key material and changes nothing.
    Use,
    /// Changes what is stored.
    Change,
}

impl Effect {
    /// CloudTrail's `readOnly`: everything that changes nothing stored.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::Read | Self::Use)
    }
}

/// Which of an answer's members CloudTrail shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// None.
    Nothing,
    /// All; the operation answers nothing secret.
    Everything,
}
