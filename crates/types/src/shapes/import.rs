//! Import of key material.

use super::{matching, name, open, patterns};
use crate::shape::Kind::Time;
use crate::shape::Shape;
use crate::{ExpirationModel, ImportType, WrappingAlgorithm, WrappingKeySpec};

/// How key material is wrapped for its way here.
pub const WRAPPING_ALGORITHM: Shape = name("AlgorithmSpec", WrappingAlgorithm::NAMES);
/// Kind of wrapping key.
pub const WRAPPING_KEY_SPEC: Shape = name("WrappingKeySpec", WrappingKeySpec::NAMES);
/// Whether key material has an end.
pub const EXPIRATION_MODEL: Shape = name("ExpirationModelType", ExpirationModel::NAMES);
/// Whether the key had the key material before.
pub const IMPORT_TYPE: Shape = name("ImportType", ImportType::NAMES);
/// When key material ends.
pub const VALID_TO: Shape = open("DateType", Time);
/// Description of key material. The model allows the empty text by its length and forbids it by
/// its pattern; both hold.
pub const KEY_MATERIAL_DESCRIPTION: Shape =
    matching("KeyMaterialDescriptionType", 0, 256, &patterns::KEY_MATERIAL_DESCRIPTION);
/// Identifier of key material.
pub const KEY_MATERIAL_ID: Shape = matching("BackingKeyIdType", 64, 64, &patterns::LOWER_HEX);
