//! Policies embedded in users, groups and roles.

mod delete_policy;
mod get_policy;
mod list_policies;
mod put_policy;

pub(crate) use delete_policy::DeletePolicy;
pub(crate) use get_policy::GetPolicy;
pub(crate) use list_policies::ListPolicies;
pub(crate) use put_policy::PutPolicy;
