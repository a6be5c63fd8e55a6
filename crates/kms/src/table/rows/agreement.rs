//! Rows of shared secrets.

use super::{Errors, USE, cryptography};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;
use strongroom_types::KeyUsage;

pub(in crate::table) const DERIVE_SHARED_SECRET: Demands = Demands {
    usage: Some(KeyUsage::KeyAgreement),
    ..cryptography(
        "DeriveSharedSecret",
        "kms:DeriveSharedSecret",
        fields::DERIVE_SHARED_SECRET,
        USE,
    )
};

pub(in crate::table) const ENCAPSULATE: Demands = Demands {
    usage: Some(KeyUsage::EncapsulateDecapsulate),
    ..cryptography("Encapsulate", "kms:Encapsulate", fields::ENCAPSULATE, USE)
};

pub(in crate::table) const DECAPSULATE: Demands = Demands {
    usage: Some(KeyUsage::EncapsulateDecapsulate),
    ..cryptography("Decapsulate", "kms:Decapsulate", fields::DECAPSULATE, OPENS)
};

const OPENS: Errors = &[
    E::NotFound,
    E::Disabled,
    E::KeyUnavailable,
    E::InvalidCiphertext,
    E::InvalidKeyUsage,
    E::InvalidGrantToken,
    E::KmsInvalidState,
    E::DryRunOperation,
];
