//! Import of key material.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{
    CIPHERTEXT, EXPIRATION_MODEL, IMPORT_TYPE, KEY_ID, KEY_MATERIAL_DESCRIPTION, KEY_MATERIAL_ID,
    VALID_TO, WRAPPING_ALGORITHM, WRAPPING_KEY_SPEC,
};

pub(crate) const DELETE_IMPORTED_KEY_MATERIAL: Fields =
    &[required("KeyId", &KEY_ID), optional("KeyMaterialId", &KEY_MATERIAL_ID)];

pub(crate) const GET_PARAMETERS_FOR_IMPORT: Fields = &[
    required("KeyId", &KEY_ID),
    required("WrappingAlgorithm", &WRAPPING_ALGORITHM),
    required("WrappingKeySpec", &WRAPPING_KEY_SPEC),
];

pub(crate) const IMPORT_KEY_MATERIAL: Fields = &[
    required("KeyId", &KEY_ID),
    required("ImportToken", &CIPHERTEXT),
    required("EncryptedKeyMaterial", &CIPHERTEXT),
    optional("ValidTo", &VALID_TO),
    optional("ExpirationModel", &EXPIRATION_MODEL),
    optional("ImportType", &IMPORT_TYPE),
    optional("KeyMaterialDescription", &KEY_MATERIAL_DESCRIPTION),
    optional("KeyMaterialId", &KEY_MATERIAL_ID),
];
