//! Rotation of key material.

use super::{name, open};
use crate::IncludeKeyMaterial;
use crate::shape::Kind::Integer;
use crate::shape::Shape;

/// Days between automatic rotations.
pub const ROTATION_PERIOD: Shape = open("RotationPeriodInDaysType", Integer { min: 90, max: 2560 });
/// What ListKeyRotations lists.
pub const INCLUDE_KEY_MATERIAL: Shape = name("IncludeKeyMaterial", IncludeKeyMaterial::NAMES);
