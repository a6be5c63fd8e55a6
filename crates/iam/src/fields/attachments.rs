//! Managed policies attached to identities.

use super::Fields;
use crate::shapes::iam::{
    ARN, ENTITY, GROUP_NAME, MARKER, MAX_ITEMS, PATH, POLICY_PATH, POLICY_USAGE, ROLE_NAME,
    USER_NAME,
};
use strongroom_types::shape::{optional, required};

pub(crate) const ATTACH_USER_POLICY: Fields =
    &[required("UserName", &USER_NAME), required("PolicyArn", &ARN)];

pub(crate) const DETACH_USER_POLICY: Fields =
    &[required("UserName", &USER_NAME), required("PolicyArn", &ARN)];

pub(crate) const LIST_ATTACHED_USER_POLICIES: Fields = &[
    required("UserName", &USER_NAME),
    optional("PathPrefix", &POLICY_PATH),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const ATTACH_GROUP_POLICY: Fields =
    &[required("GroupName", &GROUP_NAME), required("PolicyArn", &ARN)];

pub(crate) const DETACH_GROUP_POLICY: Fields =
    &[required("GroupName", &GROUP_NAME), required("PolicyArn", &ARN)];

pub(crate) const LIST_ATTACHED_GROUP_POLICIES: Fields = &[
    required("GroupName", &GROUP_NAME),
    optional("PathPrefix", &POLICY_PATH),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const ATTACH_ROLE_POLICY: Fields =
    &[required("RoleName", &ROLE_NAME), required("PolicyArn", &ARN)];

pub(crate) const DETACH_ROLE_POLICY: Fields =
    &[required("RoleName", &ROLE_NAME), required("PolicyArn", &ARN)];

pub(crate) const LIST_ATTACHED_ROLE_POLICIES: Fields = &[
    required("RoleName", &ROLE_NAME),
    optional("PathPrefix", &POLICY_PATH),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const LIST_ENTITIES_FOR_POLICY: Fields = &[
    required("PolicyArn", &ARN),
    optional("EntityFilter", &ENTITY),
    optional("PathPrefix", &PATH),
    optional("PolicyUsageFilter", &POLICY_USAGE),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];
