//! Policies embedded in identities.

use super::Fields;
use crate::shapes::iam::{
    EXISTING_USER_NAME, GROUP_NAME, MARKER, MAX_ITEMS, POLICY_DOCUMENT, POLICY_NAME, ROLE_NAME,
};
use strongroom_types::shape::{optional, required};

pub(crate) const PUT_USER_POLICY: Fields = &[
    required("UserName", &EXISTING_USER_NAME),
    required("PolicyName", &POLICY_NAME),
    required("PolicyDocument", &POLICY_DOCUMENT),
];

pub(crate) const GET_USER_POLICY: Fields =
    &[required("UserName", &EXISTING_USER_NAME), required("PolicyName", &POLICY_NAME)];

pub(crate) const LIST_USER_POLICIES: Fields = &[
    required("UserName", &EXISTING_USER_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const DELETE_USER_POLICY: Fields =
    &[required("UserName", &EXISTING_USER_NAME), required("PolicyName", &POLICY_NAME)];

pub(crate) const PUT_GROUP_POLICY: Fields = &[
    required("GroupName", &GROUP_NAME),
    required("PolicyName", &POLICY_NAME),
    required("PolicyDocument", &POLICY_DOCUMENT),
];

pub(crate) const GET_GROUP_POLICY: Fields =
    &[required("GroupName", &GROUP_NAME), required("PolicyName", &POLICY_NAME)];

pub(crate) const LIST_GROUP_POLICIES: Fields = &[
    required("GroupName", &GROUP_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const DELETE_GROUP_POLICY: Fields =
    &[required("GroupName", &GROUP_NAME), required("PolicyName", &POLICY_NAME)];

pub(crate) const PUT_ROLE_POLICY: Fields = &[
    required("RoleName", &ROLE_NAME),
    required("PolicyName", &POLICY_NAME),
    required("PolicyDocument", &POLICY_DOCUMENT),
];

pub(crate) const GET_ROLE_POLICY: Fields =
    &[required("RoleName", &ROLE_NAME), required("PolicyName", &POLICY_NAME)];

pub(crate) const LIST_ROLE_POLICIES: Fields = &[
    required("RoleName", &ROLE_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const DELETE_ROLE_POLICY: Fields =
    &[required("RoleName", &ROLE_NAME), required("PolicyName", &POLICY_NAME)];
