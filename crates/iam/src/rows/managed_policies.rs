//! Managed policies.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_POLICY: Demands = row!(
    "CreatePolicy",
    Change,
    fields::CREATE_POLICY,
    [E::InvalidInput, E::QuotaExceeded, E::EntityAlreadyExists, E::QueryMalformedPolicyDocument]
);

pub(crate) const GET_POLICY: Demands =
    row!("GetPolicy", Read, fields::GET_POLICY, [E::NoSuchEntity, E::InvalidInput]);

pub(crate) const LIST_POLICIES: Demands = row!("ListPolicies", Read, fields::LIST_POLICIES, []);

pub(crate) const DELETE_POLICY: Demands = row!(
    "DeletePolicy",
    Change,
    fields::DELETE_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput, E::DeleteConflict]
);

pub(crate) const CREATE_POLICY_VERSION: Demands = row!(
    "CreatePolicyVersion",
    Change,
    fields::CREATE_POLICY_VERSION,
    [E::NoSuchEntity, E::QueryMalformedPolicyDocument, E::InvalidInput, E::QuotaExceeded]
);

pub(crate) const GET_POLICY_VERSION: Demands =
    row!("GetPolicyVersion", Read, fields::GET_POLICY_VERSION, [E::NoSuchEntity, E::InvalidInput]);

pub(crate) const LIST_POLICY_VERSIONS: Demands = row!(
    "ListPolicyVersions",
    Read,
    fields::LIST_POLICY_VERSIONS,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const SET_DEFAULT_POLICY_VERSION: Demands = row!(
    "SetDefaultPolicyVersion",
    Change,
    fields::SET_DEFAULT_POLICY_VERSION,
    [E::NoSuchEntity, E::InvalidInput, E::QuotaExceeded]
);

pub(crate) const DELETE_POLICY_VERSION: Demands = row!(
    "DeletePolicyVersion",
    Change,
    fields::DELETE_POLICY_VERSION,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput, E::DeleteConflict]
);
