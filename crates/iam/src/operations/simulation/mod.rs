//! The policy simulator.

mod answer;
mod get_context_keys_for_custom_policy;
mod get_context_keys_for_principal_policy;
mod request;
mod simulate_custom_policy;
mod simulate_principal_policy;

pub(crate) use get_context_keys_for_custom_policy::GetContextKeysForCustomPolicy;
pub(crate) use get_context_keys_for_principal_policy::GetContextKeysForPrincipalPolicy;
pub(crate) use simulate_custom_policy::SimulateCustomPolicy;
pub(crate) use simulate_principal_policy::SimulatePrincipalPolicy;
