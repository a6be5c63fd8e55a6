//! Managed policies.

use super::Fields;
use crate::shapes::iam::{
    ARN, BOOLEAN, MARKER, MAX_ITEMS, POLICY_DESCRIPTION, POLICY_DOCUMENT, POLICY_NAME, POLICY_PATH,
    POLICY_SCOPE, POLICY_USAGE, POLICY_VERSION_ID, TAG_LIST,
};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_POLICY: Fields = &[
    required("PolicyName", &POLICY_NAME),
    optional("Path", &POLICY_PATH),
    required("PolicyDocument", &POLICY_DOCUMENT),
    optional("Description", &POLICY_DESCRIPTION),
    optional("Tags", &TAG_LIST),
];

pub(crate) const GET_POLICY: Fields = &[required("PolicyArn", &ARN)];

pub(crate) const LIST_POLICIES: Fields = &[
    optional("Scope", &POLICY_SCOPE),
    optional("OnlyAttached", &BOOLEAN),
    optional("PathPrefix", &POLICY_PATH),
    optional("PolicyUsageFilter", &POLICY_USAGE),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const DELETE_POLICY: Fields = &[required("PolicyArn", &ARN)];

pub(crate) const CREATE_POLICY_VERSION: Fields = &[
    required("PolicyArn", &ARN),
    required("PolicyDocument", &POLICY_DOCUMENT),
    optional("SetAsDefault", &BOOLEAN),
];

pub(crate) const GET_POLICY_VERSION: Fields =
    &[required("PolicyArn", &ARN), required("VersionId", &POLICY_VERSION_ID)];

pub(crate) const LIST_POLICY_VERSIONS: Fields =
    &[required("PolicyArn", &ARN), optional("Marker", &MARKER), optional("MaxItems", &MAX_ITEMS)];

pub(crate) const SET_DEFAULT_POLICY_VERSION: Fields =
    &[required("PolicyArn", &ARN), required("VersionId", &POLICY_VERSION_ID)];

pub(crate) const DELETE_POLICY_VERSION: Fields =
    &[required("PolicyArn", &ARN), required("VersionId", &POLICY_VERSION_ID)];
