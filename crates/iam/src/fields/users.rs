//! Users.

use super::Fields;
use crate::shapes::iam::{
    ARN, EXISTING_USER_NAME, MARKER, MAX_ITEMS, PATH, PATH_PREFIX, TAG_LIST, USER_NAME,
};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_USER: Fields = &[
    optional("Path", &PATH),
    required("UserName", &USER_NAME),
    optional("PermissionsBoundary", &ARN),
    optional("Tags", &TAG_LIST),
];

pub(crate) const GET_USER: Fields = &[optional("UserName", &EXISTING_USER_NAME)];

pub(crate) const LIST_USERS: Fields = &[
    optional("PathPrefix", &PATH_PREFIX),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const UPDATE_USER: Fields = &[
    required("UserName", &EXISTING_USER_NAME),
    optional("NewPath", &PATH),
    optional("NewUserName", &USER_NAME),
];

pub(crate) const DELETE_USER: Fields = &[required("UserName", &EXISTING_USER_NAME)];
