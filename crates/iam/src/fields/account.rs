//! The account itself.

use super::Fields;
use crate::shapes::iam::{ACCOUNT_ALIAS, ENTITY_LIST, MARKER, MAX_ITEMS};
use strongroom_types::shape::{optional, required};

pub(crate) const CREATE_ACCOUNT_ALIAS: Fields = &[required("AccountAlias", &ACCOUNT_ALIAS)];

pub(crate) const DELETE_ACCOUNT_ALIAS: Fields = &[required("AccountAlias", &ACCOUNT_ALIAS)];

pub(crate) const LIST_ACCOUNT_ALIASES: Fields =
    &[optional("Marker", &MARKER), optional("MaxItems", &MAX_ITEMS)];

pub(crate) const GET_ACCOUNT_SUMMARY: Fields = &[];

pub(crate) const GET_ACCOUNT_AUTHORIZATION_DETAILS: Fields = &[
    optional("Filter", &ENTITY_LIST),
    optional("MaxItems", &MAX_ITEMS),
    optional("Marker", &MARKER),
];
