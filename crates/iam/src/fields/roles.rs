//! Roles.

use super::Fields;
use crate::shapes::iam::{
    ARN, MARKER, MAX_ITEMS, PATH, PATH_PREFIX, POLICY_DOCUMENT, ROLE_DESCRIPTION,
    ROLE_MAX_SESSION_DURATION, ROLE_NAME, TAG_LIST,
};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_ROLE: Fields = &[
    optional("Path", &PATH),
    required("RoleName", &ROLE_NAME),
    required("AssumeRolePolicyDocument", &POLICY_DOCUMENT),
    optional("Description", &ROLE_DESCRIPTION),
    optional("MaxSessionDuration", &ROLE_MAX_SESSION_DURATION),
    optional("PermissionsBoundary", &ARN),
    optional("Tags", &TAG_LIST),
];

pub(crate) const GET_ROLE: Fields = &[required("RoleName", &ROLE_NAME)];

pub(crate) const LIST_ROLES: Fields = &[
    optional("PathPrefix", &PATH_PREFIX),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const UPDATE_ROLE: Fields = &[
    required("RoleName", &ROLE_NAME),
    optional("Description", &ROLE_DESCRIPTION),
    optional("MaxSessionDuration", &ROLE_MAX_SESSION_DURATION),
];

pub(crate) const DELETE_ROLE: Fields = &[required("RoleName", &ROLE_NAME)];

pub(crate) const UPDATE_ASSUME_ROLE_POLICY: Fields =
    &[required("RoleName", &ROLE_NAME), required("PolicyDocument", &POLICY_DOCUMENT)];

pub(crate) const UPDATE_ROLE_DESCRIPTION: Fields =
    &[required("RoleName", &ROLE_NAME), required("Description", &ROLE_DESCRIPTION)];
