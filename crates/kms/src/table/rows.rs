//! The rows, in the order of the operations' names.

use crate::fields;
use strongroom_engine::demands::{Access, Demands, Effect, Shown};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;
use strongroom_types::shape::Field;
use strongroom_types::{Action, KeyUsage};

pub(super) const CANCEL_KEY_DELETION: Demands =
    shown(manage("CancelKeyDeletion", "kms:CancelKeyDeletion", S::Cancel, fields::KEY_ONLY, STATE));

pub(super) const CREATE_ALIAS: Demands = alias(
    "CreateAlias",
    "kms:CreateAlias",
    S::Manage,
    fields::CREATE_ALIAS,
    &[E::AlreadyExists, E::NotFound, E::InvalidAliasName, E::LimitExceeded, E::KmsInvalidState],
);

pub(super) const CREATE_KEY: Demands = shown(account(
    "CreateKey",
    "kms:CreateKey",
    Effect::Change,
    fields::CREATE_KEY,
    &[E::MalformedPolicyDocument, E::InvalidArn, E::UnsupportedOperation, E::LimitExceeded, E::Tag],
));

pub(super) const DECRYPT: Demands = cryptography("Decrypt", "kms:Decrypt", fields::DECRYPT, OPEN);

pub(super) const DELETE_ALIAS: Demands = alias(
    "DeleteAlias",
    "kms:DeleteAlias",
    S::Any,
    fields::DELETE_ALIAS,
    &[E::NotFound, E::KmsInvalidState],
);

pub(super) const DESCRIBE_KEY: Demands = Demands {
    cross_account: true,
    by_alias: true,
    ..read("DescribeKey", "kms:DescribeKey", fields::DESCRIBE_KEY, &[E::NotFound, E::InvalidArn])
};

pub(super) const DISABLE_KEY: Demands =
    manage("DisableKey", "kms:DisableKey", S::Switch, fields::KEY_ONLY, STATE);

pub(super) const ENABLE_KEY: Demands =
    manage("EnableKey", "kms:EnableKey", S::Switch, fields::KEY_ONLY, STATE);

pub(super) const ENCRYPT: Demands = cryptography("Encrypt", "kms:Encrypt", fields::ENCRYPT, USE);

pub(super) const GENERATE_DATA_KEY: Demands =
    cryptography("GenerateDataKey", "kms:GenerateDataKey", fields::GENERATE_DATA_KEY, USE);

pub(super) const GENERATE_DATA_KEY_WITHOUT_PLAINTEXT: Demands = cryptography(
    "GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    fields::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
    USE,
);

pub(super) const GENERATE_RANDOM: Demands = account(
    "GenerateRandom",
    "kms:GenerateRandom",
    Effect::Use,
    fields::GENERATE_RANDOM,
    &[E::UnsupportedOperation],
);

pub(super) const GET_KEY_POLICY: Demands =
    read("GetKeyPolicy", "kms:GetKeyPolicy", fields::GET_KEY_POLICY, STATE);

pub(super) const LIST_ALIASES: Demands = account(
    "ListAliases",
    "kms:ListAliases",
    Effect::Read,
    fields::LIST_ALIASES,
    &[E::InvalidMarker, E::InvalidArn, E::NotFound],
);

pub(super) const LIST_KEY_POLICIES: Demands =
    read("ListKeyPolicies", "kms:ListKeyPolicies", fields::KEY_PAGE, STATE);

pub(super) const LIST_KEYS: Demands =
    account("ListKeys", "kms:ListKeys", Effect::Read, fields::LIST_KEYS, &[E::InvalidMarker]);

pub(super) const LIST_RESOURCE_TAGS: Demands = read(
    "ListResourceTags",
    "kms:ListResourceTags",
    fields::KEY_PAGE,
    &[E::NotFound, E::InvalidArn, E::InvalidMarker],
);

pub(super) const PUT_KEY_POLICY: Demands = manage(
    "PutKeyPolicy",
    "kms:PutKeyPolicy",
    S::Any,
    fields::PUT_KEY_POLICY,
    &[
        E::NotFound,
        E::InvalidArn,
        E::MalformedPolicyDocument,
        E::UnsupportedOperation,
        E::LimitExceeded,
        E::KmsInvalidState,
    ],
);

pub(super) const RE_ENCRYPT: Demands = Demands {
    access: Access::TwoKeys {
        source: Action::new("kms:ReEncryptFrom"),
        destination: Action::new("kms:ReEncryptTo"),
    },
    ..cryptography("ReEncrypt", "", fields::RE_ENCRYPT, OPEN)
};

pub(super) const SCHEDULE_KEY_DELETION: Demands = shown(manage(
    "ScheduleKeyDeletion",
    "kms:ScheduleKeyDeletion",
    S::Schedule,
    fields::SCHEDULE_KEY_DELETION,
    STATE,
));

pub(super) const TAG_RESOURCE: Demands = manage(
    "TagResource",
    "kms:TagResource",
    S::Manage,
    fields::TAG_RESOURCE,
    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::LimitExceeded, E::Tag],
);

pub(super) const UNTAG_RESOURCE: Demands = manage(
    "UntagResource",
    "kms:UntagResource",
    S::Manage,
    fields::UNTAG_RESOURCE,
    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::Tag],
);

pub(super) const UPDATE_ALIAS: Demands = alias(
    "UpdateAlias",
    "kms:UpdateAlias",
    S::Manage,
    fields::CREATE_ALIAS,
    &[E::NotFound, E::LimitExceeded, E::KmsInvalidState],
);

pub(super) const UPDATE_KEY_DESCRIPTION: Demands = manage(
    "UpdateKeyDescription",
    "kms:UpdateKeyDescription",
    S::Manage,
    fields::UPDATE_KEY_DESCRIPTION,
    STATE,
);

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
        usage: None,
        states: S::Any,
        cross_account: false,
        by_alias: false,
        effect: Effect::Read,
        fields,
        errors,
        shown: Shown::Nothing,
    }
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
