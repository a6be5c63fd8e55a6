//! Rows of what uses symmetric and encrypting keys, and of random bytes.

use super::{OPEN, USE, account, cryptography};
use crate::fields;
use strongroom_engine::demands::{Access, Counted, Demands, Effect};
use strongroom_types::Action;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const DECRYPT: Demands =
    cryptography("Decrypt", "kms:Decrypt", fields::DECRYPT, OPEN);

pub(in crate::table) const ENCRYPT: Demands =
    cryptography("Encrypt", "kms:Encrypt", fields::ENCRYPT, USE);

pub(in crate::table) const GENERATE_DATA_KEY: Demands =
    cryptography("GenerateDataKey", "kms:GenerateDataKey", fields::GENERATE_DATA_KEY, USE);

pub(in crate::table) const GENERATE_DATA_KEY_WITHOUT_PLAINTEXT: Demands = cryptography(
    "GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    fields::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
    USE,
);

pub(in crate::table) const GENERATE_RANDOM: Demands = Demands {
    counted: Counted::Random,
    ..account(
        "GenerateRandom",
        "kms:GenerateRandom",
        Effect::Use,
        fields::GENERATE_RANDOM,
        &[
            E::DependencyTimeout,
            E::UnsupportedOperation,
            E::CustomKeyStoreNotFound,
            E::CustomKeyStoreInvalidState,
        ],
    )
};

pub(in crate::table) const RE_ENCRYPT: Demands = Demands {
    access: Access::TwoKeys {
        source: Action::new("kms:ReEncryptFrom"),
        destination: Action::new("kms:ReEncryptTo"),
    },
    ..cryptography("ReEncrypt", "", fields::RE_ENCRYPT, OPEN)
};
