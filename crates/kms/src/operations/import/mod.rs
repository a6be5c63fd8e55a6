//! Import of key material.

mod delete_imported_key_material;
mod get_parameters_for_import;
mod import_key_material;

pub(crate) use delete_imported_key_material::DeleteImportedKeyMaterial;
pub(crate) use get_parameters_for_import::GetParametersForImport;
pub(crate) use import_key_material::ImportKeyMaterial;

use strongroom_engine::reply::Reply;
use strongroom_keys::{KeyRecord, MaterialId};
use strongroom_types::KeySpec;

/// What names the key and its material; only symmetric encryption keys tell which it is.
fn named(record: &KeyRecord, id: Option<MaterialId>) -> Reply {
    let id = id.filter(|_| record.spec == KeySpec::SymmetricDefault);
    Reply::empty()
        .with("KeyId", record.arn().to_string())
        .with_some("KeyMaterialId", id.map(|id| id.to_string()))
}
