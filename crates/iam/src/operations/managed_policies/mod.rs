//! Managed policies and their versions.

mod create_policy;
mod create_policy_version;
mod delete_policy;
mod delete_policy_version;
mod get_policy;
mod get_policy_version;
mod list_policies;
mod list_policy_versions;
mod set_default_policy_version;

pub(crate) use create_policy::CreatePolicy;
pub(crate) use create_policy_version::CreatePolicyVersion;
pub(crate) use delete_policy::DeletePolicy;
pub(crate) use delete_policy_version::DeletePolicyVersion;
pub(crate) use get_policy::GetPolicy;
pub(crate) use get_policy_version::GetPolicyVersion;
pub(crate) use list_policies::ListPolicies;
pub(crate) use list_policy_versions::ListPolicyVersions;
pub(crate) use set_default_policy_version::SetDefaultPolicyVersion;
