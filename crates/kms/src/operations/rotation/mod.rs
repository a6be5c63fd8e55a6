//! Rotation of key material.

mod disable_key_rotation;
mod enable_key_rotation;
mod get_key_rotation_status;
mod list_key_rotations;
mod rotate_key_on_demand;
mod rules;

pub(crate) use disable_key_rotation::DisableKeyRotation;
pub(crate) use enable_key_rotation::EnableKeyRotation;
pub(crate) use get_key_rotation_status::GetKeyRotationStatus;
pub(crate) use list_key_rotations::ListKeyRotations;
pub(crate) use rotate_key_on_demand::RotateKeyOnDemand;
