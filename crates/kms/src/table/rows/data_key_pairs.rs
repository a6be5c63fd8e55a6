//! Rows of data key pairs.

use super::{Errors, cryptography};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const GENERATE_DATA_KEY_PAIR: Demands = cryptography(
    "GenerateDataKeyPair",
    "kms:GenerateDataKeyPair",
    fields::GENERATE_DATA_KEY_PAIR,
    PAIR,
);

pub(in crate::table) const GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT: Demands = cryptography(
    "GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    fields::GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT,
    PAIR,
);

const PAIR: Errors = &[
    E::NotFound,
    E::Disabled,
    E::KeyUnavailable,
    E::InvalidKeyUsage,
    E::InvalidGrantToken,
    E::KmsInvalidState,
    E::UnsupportedOperation,
    E::DryRunOperation,
];
