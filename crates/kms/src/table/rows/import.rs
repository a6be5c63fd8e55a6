//! Rows of the import of key material.

use super::{Errors, manage, read, shown};
use crate::fields;
use strongroom_engine::demands::{Counted, Demands};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;
use strongroom_types::Origin;

/// Keys that are made for imported key material.
const IMPORTED: &[Origin] = &[Origin::External];

/// Declared by all of them.
const ERRORS: Errors = &[E::InvalidArn, E::UnsupportedOperation, E::NotFound, E::KmsInvalidState];

/// Declared by what takes key material in.
const IMPORT: Errors = &[
    E::InvalidArn,
    E::UnsupportedOperation,
    E::NotFound,
    E::KmsInvalidState,
    E::InvalidCiphertext,
    E::IncorrectKeyMaterial,
    E::ExpiredImportToken,
    E::InvalidImportToken,
];

pub(in crate::table) const DELETE_IMPORTED_KEY_MATERIAL: Demands = Demands {
    counted: Counted::Own(15),
    origins: IMPORTED,
    ..shown(manage(
        "DeleteImportedKeyMaterial",
        "kms:DeleteImportedKeyMaterial",
        S::Discard,
        fields::DELETE_IMPORTED_KEY_MATERIAL,
        ERRORS,
    ))
};

pub(in crate::table) const GET_PARAMETERS_FOR_IMPORT: Demands = Demands {
    counted: Counted::Own(1),
    origins: IMPORTED,
    states: S::Manage,
    ..read(
        "GetParametersForImport",
        "kms:GetParametersForImport",
        fields::GET_PARAMETERS_FOR_IMPORT,
        ERRORS,
    )
};

pub(in crate::table) const IMPORT_KEY_MATERIAL: Demands = Demands {
    counted: Counted::Own(15),
    origins: IMPORTED,
    ..shown(manage(
        "ImportKeyMaterial",
        "kms:ImportKeyMaterial",
        S::Manage,
        fields::IMPORT_KEY_MATERIAL,
        IMPORT,
    ))
};
