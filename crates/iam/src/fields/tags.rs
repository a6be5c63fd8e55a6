//! Tags.

use super::Fields;
use crate::shapes::iam::{
    ARN, EXISTING_USER_NAME, MARKER, MAX_ITEMS, ROLE_NAME, TAG_KEY_LIST, TAG_LIST,
};
use strongroom_types::shape::{optional, required};

pub(crate) const TAG_USER: Fields =
    &[required("UserName", &EXISTING_USER_NAME), required("Tags", &TAG_LIST)];

pub(crate) const UNTAG_USER: Fields =
    &[required("UserName", &EXISTING_USER_NAME), required("TagKeys", &TAG_KEY_LIST)];

pub(crate) const LIST_USER_TAGS: Fields = &[
    required("UserName", &EXISTING_USER_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const TAG_ROLE: Fields =
    &[required("RoleName", &ROLE_NAME), required("Tags", &TAG_LIST)];

pub(crate) const UNTAG_ROLE: Fields =
    &[required("RoleName", &ROLE_NAME), required("TagKeys", &TAG_KEY_LIST)];

pub(crate) const LIST_ROLE_TAGS: Fields = &[
    required("RoleName", &ROLE_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const TAG_POLICY: Fields = &[required("PolicyArn", &ARN), required("Tags", &TAG_LIST)];

pub(crate) const UNTAG_POLICY: Fields =
    &[required("PolicyArn", &ARN), required("TagKeys", &TAG_KEY_LIST)];

pub(crate) const LIST_POLICY_TAGS: Fields =
    &[required("PolicyArn", &ARN), optional("Marker", &MARKER), optional("MaxItems", &MAX_ITEMS)];

pub(crate) const TAG_OPEN_ID_CONNECT_PROVIDER: Fields =
    &[required("OpenIDConnectProviderArn", &ARN), required("Tags", &TAG_LIST)];

pub(crate) const UNTAG_OPEN_ID_CONNECT_PROVIDER: Fields =
    &[required("OpenIDConnectProviderArn", &ARN), required("TagKeys", &TAG_KEY_LIST)];

pub(crate) const LIST_OPEN_ID_CONNECT_PROVIDER_TAGS: Fields = &[
    required("OpenIDConnectProviderArn", &ARN),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];
