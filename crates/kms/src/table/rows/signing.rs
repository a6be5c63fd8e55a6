//! Rows of signing.

use super::{Errors, USE, cryptography};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;
use strongroom_types::KeyUsage;

pub(in crate::table) const SIGN: Demands = signing("Sign", "kms:Sign", fields::SIGN, USE);

pub(in crate::table) const VERIFY: Demands =
    signing("Verify", "kms:Verify", fields::VERIFY, VERIFIES);

const VERIFIES: Errors = &[
    E::NotFound,
    E::Disabled,
    E::KeyUnavailable,
    E::InvalidKeyUsage,
    E::InvalidGrantToken,
    E::KmsInvalidSignature,
    E::KmsInvalidState,
    E::DryRunOperation,
];

const fn signing(
    name: &'static str,
    action: &'static str,
    fields: super::Fields,
    errors: Errors,
) -> Demands {
    Demands { usage: Some(KeyUsage::SignVerify), ..cryptography(name, action, fields, errors) }
}
