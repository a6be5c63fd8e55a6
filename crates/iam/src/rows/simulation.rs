//! Simulations of policies.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const SIMULATE_PRINCIPAL_POLICY: Demands = row!(
    "SimulatePrincipalPolicy",
    Read,
    fields::SIMULATE_PRINCIPAL_POLICY,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const SIMULATE_CUSTOM_POLICY: Demands =
    row!("SimulateCustomPolicy", Read, fields::SIMULATE_CUSTOM_POLICY, [E::InvalidInput]);

pub(crate) const GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY: Demands = row!(
    "GetContextKeysForPrincipalPolicy",
    Read,
    fields::GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY: Demands = row!(
    "GetContextKeysForCustomPolicy",
    Read,
    fields::GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY,
    [E::InvalidInput]
);
