//! Access keys.

use super::Fields;
use crate::shapes::iam::{ACCESS_KEY_ID, EXISTING_USER_NAME, MARKER, MAX_ITEMS, STATUS};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_ACCESS_KEY: Fields = &[optional("UserName", &EXISTING_USER_NAME)];

pub(crate) const LIST_ACCESS_KEYS: Fields = &[
    optional("UserName", &EXISTING_USER_NAME),
    optional("Marker", &MARKER),
    optional("MaxItems", &MAX_ITEMS),
];

pub(crate) const UPDATE_ACCESS_KEY: Fields = &[
    optional("UserName", &EXISTING_USER_NAME),
    required("AccessKeyId", &ACCESS_KEY_ID),
    required("Status", &STATUS),
];

pub(crate) const DELETE_ACCESS_KEY: Fields =
    &[optional("UserName", &EXISTING_USER_NAME), required("AccessKeyId", &ACCESS_KEY_ID)];

pub(crate) const GET_ACCESS_KEY_LAST_USED: Fields = &[required("AccessKeyId", &ACCESS_KEY_ID)];
