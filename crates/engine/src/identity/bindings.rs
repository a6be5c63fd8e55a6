//! The unique ids that the names of users and roles in a policy stand for: a user or role that is
//! made anew under the same name is not meant.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal".

use crate::vault::{Vault, VaultError};
use strongroom_policy::{NamedPrincipal, Policy};

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
            let found = vault.identity(account, kind, name).await?;
            let is_it = |entry: &std::sync::Arc<crate::vault::IdentityEntry>| {
                entry.record.name == name && path.is_none_or(|path| entry.record.path == path)
            };
            match found.filter(is_it) {
                Some(entry) => bindings.push((bound, entry.record.id.clone())),
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
