//! Roles.

mod create_role;
mod get_role;
mod list_roles;
mod update_assume_role_policy;
mod update_role;
mod update_role_description;

pub(crate) use create_role::CreateRole;
pub(crate) use get_role::GetRole;
pub(crate) use list_roles::ListRoles;
pub(crate) use update_assume_role_policy::UpdateAssumeRolePolicy;
pub(crate) use update_role::UpdateRole;
pub(crate) use update_role_description::UpdateRoleDescription;
