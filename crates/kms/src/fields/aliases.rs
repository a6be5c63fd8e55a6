//! Aliases.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{ALIAS_NAME, KEY_ID, LIMIT, MARKER};

/// Of CreateAlias and UpdateAlias.
pub(crate) const CREATE_ALIAS: Fields =
    &[required("AliasName", &ALIAS_NAME), required("TargetKeyId", &KEY_ID)];

pub(crate) const DELETE_ALIAS: Fields = &[required("AliasName", &ALIAS_NAME)];

pub(crate) const LIST_ALIASES: Fields =
    &[optional("KeyId", &KEY_ID), optional("Limit", &LIMIT), optional("Marker", &MARKER)];
