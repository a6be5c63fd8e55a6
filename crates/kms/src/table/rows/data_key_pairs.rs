//! Rows of data key pairs.

use super::{Errors, Fields, cryptography};
use crate::fields;
use strongroom_engine::demands::{Counted, Demands};
use strongroom_types::{ErrorCode as E, Origin};

pub(in crate::table) const GENERATE_DATA_KEY_PAIR: Demands =
    pair("GenerateDataKeyPair", "kms:GenerateDataKeyPair", fields::GENERATE_DATA_KEY_PAIR);

pub(in crate::table) const GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT: Demands = pair(
    "GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    fields::GENERATE_DATA_KEY_PAIR_WITHOUT_PLAINTEXT,
);

/// Keys of custom key stores encrypt no key pairs.
const fn pair(name: &'static str, action: &'static str, fields: Fields) -> Demands {
    Demands {
        origins: &[Origin::AwsKms, Origin::External],
        counted: Counted::ByPair,
        ..cryptography(name, action, fields, PAIR)
    }
}

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
