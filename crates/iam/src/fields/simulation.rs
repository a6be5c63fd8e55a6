//! Simulations of policies.

use super::Fields;
use crate::shapes::iam::{ARN, MARKER, MAX_ITEMS, POLICY_DOCUMENT};
use crate::shapes::simulation::{
    ACTION_NAME_LIST, CONTEXT_ENTRY_LIST, ORGANIZATION_POLICY_LIST, POLICY_EXCLUSIONS_LIST,
    RESOURCE_HANDLING_OPTION, RESOURCE_NAME, RESOURCE_NAME_LIST, SIMULATION_POLICY_LIST,
};
use strongroom_types::shape::{optional, required};

pub(crate) const SIMULATE_PRINCIPAL_POLICY: Fields = &[
    required("PolicySourceArn", &ARN),
    optional("PolicyInputList", &SIMULATION_POLICY_LIST),
    optional("PermissionsBoundaryPolicyInputList", &SIMULATION_POLICY_LIST),
    optional("PolicyExclusionList", &POLICY_EXCLUSIONS_LIST),
    required("ActionNames", &ACTION_NAME_LIST),
    optional("ResourceArns", &RESOURCE_NAME_LIST),
    optional("ResourcePolicy", &POLICY_DOCUMENT),
    optional("ResourceOwner", &RESOURCE_NAME),
    optional("CallerArn", &RESOURCE_NAME),
    optional("ContextEntries", &CONTEXT_ENTRY_LIST),
    optional("ResourceHandlingOption", &RESOURCE_HANDLING_OPTION),
    optional("MaxItems", &MAX_ITEMS),
    optional("Marker", &MARKER),
];

pub(crate) const SIMULATE_CUSTOM_POLICY: Fields = &[
    required("PolicyInputList", &SIMULATION_POLICY_LIST),
    optional("PermissionsBoundaryPolicyInputList", &SIMULATION_POLICY_LIST),
    optional("OrderedOrganizationPolicyInputList", &ORGANIZATION_POLICY_LIST),
    required("ActionNames", &ACTION_NAME_LIST),
    optional("ResourceArns", &RESOURCE_NAME_LIST),
    optional("ResourcePolicy", &POLICY_DOCUMENT),
    optional("ResourceOwner", &RESOURCE_NAME),
    optional("CallerArn", &RESOURCE_NAME),
    optional("ContextEntries", &CONTEXT_ENTRY_LIST),
    optional("ResourceHandlingOption", &RESOURCE_HANDLING_OPTION),
    optional("MaxItems", &MAX_ITEMS),
    optional("Marker", &MARKER),
];

pub(crate) const GET_CONTEXT_KEYS_FOR_PRINCIPAL_POLICY: Fields =
    &[required("PolicySourceArn", &ARN), optional("PolicyInputList", &SIMULATION_POLICY_LIST)];

pub(crate) const GET_CONTEXT_KEYS_FOR_CUSTOM_POLICY: Fields =
    &[required("PolicyInputList", &SIMULATION_POLICY_LIST)];
