//! Who is asking.

use crate::AccountId;
use std::fmt;

/// An authenticated principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The root user of an account.
    Root {
        /// The account.
        account: AccountId,
    },
    /// An IAM user.
    User {
        /// The account.
        account: AccountId,
        /// Path, beginning and ending with `/`.
        path: String,
        /// Name, unique in the account.
        name: String,
        /// Unique id, `AIDA…`.
        id: String,
    },
    /// A session of a role.
    RoleSession {
        /// The account of the role.
        account: AccountId,
        /// Path of the role; the session's ARN does not show it.
        role_path: String,
        /// Name of the role.
        role: String,
        /// Unique id of the role, `AROA…`.
        role_id: String,
        /// Name of the session.
        session: String,
    },
    /// A federated user's session (`GetFederationToken`).
    FederatedUser {
        /// The account.
        account: AccountId,
        /// Name of the federated user.
        name: String,
        /// The user who made the session; `None` for the root user.
        maker: Option<SessionMaker>,
    },
    /// Somebody whom an identity provider vouches for, before a role is assumed.
    WebIdentity {
        /// ARN of the provider.
        provider: String,
        /// Who it is to the provider.
        subject: String,
    },
    /// A service that acts for itself, such as `delivery.logs.amazonaws.com`.
    Service {
        /// Its name.
        name: String,
    },
}

/// The user who made the session of a federated user; of the same account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionMaker {
    /// Path, beginning and ending with `/`.
    pub path: String,
    /// Name, unique in the account.
    pub name: String,
    /// Unique id, `AIDA…`.
    pub id: String,
}

impl Principal {
    /// The account, which a service and a web identity do not have.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Service { .. } | Self::WebIdentity { .. } => None,
        }
    }

    /// The ARN that AWS shows for the caller (`GetCallerIdentity`, refusals). `partition` is that
    /// of the Region of the request.
    #[must_use]
    pub fn arn(&self, partition: &'static str) -> PrincipalArn<'_> {
        PrincipalArn { principal: self, partition }
    }

    /// The unique id that `GetCallerIdentity` shows as `UserId`.
    #[must_use]
    pub fn user_id(&self) -> String {
        match self {
            Self::Root { account } => account.to_string(),
            Self::User { id, .. } => id.clone(),
            Self::RoleSession { role_id, session, .. } => format!("{role_id}:{session}"),
            Self::FederatedUser { account, name, .. } => format!("{account}:{name}"),
            Self::Service { name } => name.clone(),
            Self::WebIdentity { provider, subject } => format!("{provider}:{subject}"),
        }
    }
}

/// Writes the ARN of a principal; a service principal is written as its name, a web
/// identity as its provider.
#[derive(Debug, Clone, Copy)]
pub struct PrincipalArn<'a> {
    principal: &'a Principal,
    partition: &'static str,
}

impl fmt::Display for PrincipalArn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = self.partition;
        match self.principal {
            Principal::Root { account } => write!(f, "arn:{partition}:iam::{account}:root"),
            Principal::User { account, path, name, .. } => {
                write!(f, "arn:{partition}:iam::{account}:user{path}{name}")
            }
            Principal::RoleSession { account, role, session, .. } => {
                write!(f, "arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
            }
            Principal::FederatedUser { account, name, .. } => {
                write!(f, "arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Principal::Service { name } => f.write_str(name),
            Principal::WebIdentity { provider, .. } => f.write_str(provider),
        }
    }
}
