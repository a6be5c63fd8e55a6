//! Groups.

use super::Fields;
use crate::shapes::iam::{EXISTING_USER_NAME, GROUP_NAME, MARKER, MAX_ITEMS, PATH, PATH_PREFIX};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_GROUP: Fields =
    &[optional("Path", &PATH), required("GroupName", &GROUP_NAME)];

pub(crate) const GET_GROUP: Fields = &[
    required("GroupName", &GROUP_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const LIST_GROUPS: Fields = &[
    optional("PathPrefix", &PATH_PREFIX),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const UPDATE_GROUP: Fields = &[
    required("GroupName", &GROUP_NAME),
    optional("NewPath", &PATH),
    optional("NewGroupName", &GROUP_NAME),
];

pub(crate) const DELETE_GROUP: Fields = &[required("GroupName", &GROUP_NAME)];

pub(crate) const ADD_USER_TO_GROUP: Fields =
    &[required("GroupName", &GROUP_NAME), required("UserName", &EXISTING_USER_NAME)];

pub(crate) const REMOVE_USER_FROM_GROUP: Fields =
    &[required("GroupName", &GROUP_NAME), required("UserName", &EXISTING_USER_NAME)];

pub(crate) const LIST_GROUPS_FOR_USER: Fields = &[
    required("UserName", &EXISTING_USER_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];
