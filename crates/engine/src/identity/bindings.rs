//! The unique ids that the names of users and roles in a policy stand for: a user or role that is
//! made anew under the same name is not meant.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal".

use crate::vault::{Vault, VaultError};
use strongroom_keys::identity::IdentityRecord;
use strongroom_policy::{NamedPrincipal, Policy};
use strongroom_types::{AccountId, IdentityKind};

/// The policy with its names tied to the ids in `bindings`.
pub(crate) fn bound(policy: Policy, bindings: &[(String, String)]) -> Policy {
    if bindings.is_empty() {
        return policy;
    }
    policy.bind(|name| {
        let name = reference(name)?;
        let (_, id) = bindings.iter().find(|(bound, _)| *bound == name)?;
        Some(id.as_str().into())
    })
}

/// How a binding names a user or role: account, kind, path and name. Of a role session it is that
/// of the role, whose path is not known from it.
fn reference(name: &NamedPrincipal) -> Option<String> {
    let (account, kind, path, name) = name.identity()?;
    Some(format!("{account}:{kind}{}{name}", path.unwrap_or(":")))
}

/// Whom of the policy's principals there are.
pub(crate) enum Principals {
    /// All; with the unique ids of users and roles.
    Known(Vec<(String, String)>),
    /// Not this one.
    Unknown(NamedPrincipal),
}

/// Looks the policy's principals up.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn look_up(policy: &Policy, vault: &Vault) -> Result<Principals, VaultError> {
    let mut bindings: Vec<(String, String)> = Vec::new();
    for principal in policy.principals() {
        if let Some((account, kind, path, name)) = principal.identity() {
            let Some(bound) = reference(principal) else { continue };
            if bindings.iter().any(|(known, _)| *known == bound) {
                continue;
            }
            match identity(vault, (account, kind, path, name)).await? {
                Some(id) => bindings.push((bound, id)),
                None => return Ok(Principals::Unknown(principal.clone())),
            }
        } else if let Some(account) = principal.account()
            && !vault.has_account(account).await?
        {
            return Ok(Principals::Unknown(principal.clone()));
        }
    }
    Ok(Principals::Known(bindings))
}

/// Whom the ARN of a principal stands for.
pub(crate) enum Stands {
    /// The user or role of this unique id.
    For(String),
    /// What has no unique id: an account, or a federated user of one.
    Unbound,
    /// Nobody.
    ForNobody,
}

/// Looks up whom a principal's ARN stands for.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn stands_for(
    principal: &NamedPrincipal,
    vault: &Vault,
) -> Result<Stands, VaultError> {
    if let Some(named) = principal.identity() {
        return Ok(identity(vault, named).await?.map_or(Stands::ForNobody, Stands::For));
    }
    Ok(match principal.account() {
        Some(account) if vault.has_account(account).await? => Stands::Unbound,
        _ => Stands::ForNobody,
    })
}

/// The unique id of the user or role of this account, kind, path and name.
async fn identity(
    vault: &Vault,
    (account, kind, path, name): (AccountId, IdentityKind, Option<&str>, &str),
) -> Result<Option<String>, VaultError> {
    let found = vault.identity(account, kind, name).await?;
    // Another case of a name finds it, too.
    let is_it = |record: &IdentityRecord| {
        record.name == name && path.is_none_or(|path| record.path == path)
    };
    Ok(found.filter(|entry| is_it(&entry.record)).map(|entry| entry.record.id.clone()))
}
