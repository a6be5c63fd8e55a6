//! Tags.

use super::Fields;
use strongroom_types::shape::required;
use strongroom_types::shapes::{KEY_ID, TAG_KEYS, TAGS};

pub(crate) const TAG_RESOURCE: Fields = &[required("KeyId", &KEY_ID), required("Tags", &TAGS)];

pub(crate) const UNTAG_RESOURCE: Fields =
    &[required("KeyId", &KEY_ID), required("TagKeys", &TAG_KEYS)];
