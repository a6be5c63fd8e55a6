//! The rows, by family, and what they share: the kinds of rows, and errors that many declare.

pub(super) mod agreement;
pub(super) mod aliases;
pub(super) mod cryptography;
pub(super) mod data_key_pairs;
pub(super) mod deletion;
pub(super) mod grants;
pub(super) mod import;
pub(super) mod key_stores;
pub(super) mod keys;
pub(super) mod macs;
pub(super) mod multi_region;
pub(super) mod policies;
pub(super) mod public_keys;
pub(super) mod rotation;
pub(super) mod signing;
pub(super) mod tags;

use strongroom_engine::demands::{Access, Counted, Demands, Effect, Shown};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;
use strongroom_types::shape::Field;
use strongroom_types::{Action, KeyUsage};

const ENCRYPT_DECRYPT: Option<KeyUsage> = Some(KeyUsage::EncryptDecrypt);

type Errors = &'static [E];
type Fields = &'static [Field];

/// Declared by what manages a key's state.
const STATE: Errors = &[E::NotFound, E::InvalidArn, E::KmsInvalidState];
/// Declared by what opens a ciphertext.
const OPEN: Errors = &[
    E::NotFound,
    E::Disabled,
    E::InvalidCiphertext,
    E::KeyUnavailable,
    E::IncorrectKey,
    E::InvalidKeyUsage,
    E::InvalidGrantToken,
    E::KmsInvalidState,
    E::DryRunOperation,
];
/// Declared by what uses key material and takes no ciphertext.
const USE: Errors = &[
    E::NotFound,
    E::Disabled,
    E::KeyUnavailable,
    E::InvalidKeyUsage,
    E::InvalidGrantToken,
    E::KmsInvalidState,
    E::DryRunOperation,
];

/// A row of the kind most rows are: on one key of the caller's account, named by id or ARN.
const fn row(name: &'static str, access: Access, fields: Fields, errors: Errors) -> Demands {
    Demands {
        name,
        service: "kms",
        access,
        origins: &[],
        usage: None,
        states: S::Any,
        cross_account: false,
        by_alias: false,
        effect: Effect::Read,
        counted: Counted::Own(5),
        fields,
        errors,
        shown: Shown::Nothing,
    }
}

/// A quota of its own, of so many requests a second. The rows that do not say have AWS's most
/// frequent one: 5.
///
/// Source: AWS KMS Developer Guide, "Request quotas for each AWS KMS API operation".
const fn each_second(requests: u32, demands: Demands) -> Demands {
    Demands { counted: Counted::Own(requests), ..demands }
}

/// Uses key material.
const fn cryptography(
    name: &'static str,
    action: &'static str,
    fields: Fields,
    errors: Errors,
) -> Demands {
    Demands {
        usage: ENCRYPT_DECRYPT,
        states: S::Use,
        cross_account: true,
        by_alias: true,
        effect: Effect::Use,
        counted: Counted::ByKey,
        ..row(name, Access::Key(Action::new(action)), fields, errors)
    }
}

/// Changes a key's record.
const fn manage(
    name: &'static str,
    action: &'static str,
    states: S,
    fields: Fields,
    errors: Errors,
) -> Demands {
    Demands {
        states,
        effect: Effect::Change,
        ..row(name, Access::Key(Action::new(action)), fields, errors)
    }
}

/// Reads a key's record.
const fn read(name: &'static str, action: &'static str, fields: Fields, errors: Errors) -> Demands {
    row(name, Access::Key(Action::new(action)), fields, errors)
}

/// Changes an alias; the state is that of the key it shall stand for.
const fn alias(
    name: &'static str,
    action: &'static str,
    states: S,
    fields: Fields,
    errors: Errors,
) -> Demands {
    let access = Access::AliasAndKeys(Action::new(action));
    Demands { states, effect: Effect::Change, ..row(name, access, fields, errors) }
}

/// Is about no key in particular.
const fn account(
    name: &'static str,
    action: &'static str,
    effect: Effect,
    fields: Fields,
    errors: Errors,
) -> Demands {
    Demands { effect, ..row(name, Access::Account(Action::new(action)), fields, errors) }
}

/// Its answer is part of the audit record.
const fn shown(demands: Demands) -> Demands {
    Demands { shown: Shown::Everything, ..demands }
}
