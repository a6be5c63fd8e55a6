//! Rotation of key material. What takes a key and nothing else has [`super::KEY_ONLY`].

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{INCLUDE_KEY_MATERIAL, KEY_ID, LIMIT, MARKER, ROTATION_PERIOD};

pub(crate) const ENABLE_KEY_ROTATION: Fields =
    &[required("KeyId", &KEY_ID), optional("RotationPeriodInDays", &ROTATION_PERIOD)];

pub(crate) const LIST_KEY_ROTATIONS: Fields = &[
    required("KeyId", &KEY_ID),
    optional("IncludeKeyMaterial", &INCLUDE_KEY_MATERIAL),
    optional("Limit", &LIMIT),
    optional("Marker", &MARKER),
];
