//! Key policies.

mod get_key_policy;
mod list_key_policies;
mod put_key_policy;

pub(crate) use get_key_policy::GetKeyPolicy;
pub(crate) use list_key_policies::ListKeyPolicies;
pub(crate) use put_key_policy::PutKeyPolicy;

/// The name of the only policy that a key has.
const DEFAULT: &str = "default";
