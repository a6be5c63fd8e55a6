//! Grants.

mod create_grant;
mod entry;
mod list_grants;
mod list_retirable_grants;
mod party;
mod retire_grant;
mod revoke_grant;

pub(crate) use create_grant::CreateGrant;
pub(crate) use list_grants::ListGrants;
pub(crate) use list_retirable_grants::ListRetirableGrants;
pub(crate) use retire_grant::RetireGrant;
pub(crate) use revoke_grant::RevokeGrant;
