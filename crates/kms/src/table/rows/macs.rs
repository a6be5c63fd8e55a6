//! Rows of message authentication codes.

use super::{Errors, Fields, USE, cryptography};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;
use strongroom_types::KeyUsage;

pub(in crate::table) const GENERATE_MAC: Demands =
    mac("GenerateMac", "kms:GenerateMac", fields::GENERATE_MAC, USE);

pub(in crate::table) const VERIFY_MAC: Demands =
    mac("VerifyMac", "kms:VerifyMac", fields::VERIFY_MAC, VERIFIES);

const VERIFIES: Errors = &[
    E::NotFound,
    E::Disabled,
    E::KeyUnavailable,
    E::InvalidKeyUsage,
    E::InvalidGrantToken,
    E::KmsInvalidMac,
    E::KmsInvalidState,
    E::DryRunOperation,
];

const fn mac(name: &'static str, action: &'static str, fields: Fields, errors: Errors) -> Demands {
    let usage = Some(KeyUsage::GenerateVerifyMac);
    Demands { usage, ..cryptography(name, action, fields, errors) }
}
