//! The table of operations: one row each. The pipeline reads it; nothing else decides by name.
//!
//! Source: AWS KMS API Reference; Service Authorization Reference, "Actions for AWS KMS".

use crate::fields;
use strongroom_engine::demands::{Access, Demands, Effect, Shown};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;
use strongroom_types::shape::Field;
use strongroom_types::{Action, KeyUsage};

macro_rules! names {
    ($($name:ident)+) => {
        /// The operations that are served, by the names clients write.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum OperationName { $(#[doc = stringify!($name)] $name,)+ }

        impl OperationName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name clients write.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// The operation of this name, if it is served.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $(stringify!($name) => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

names! {
    CancelKeyDeletion CreateAlias CreateKey Decrypt DeleteAlias DescribeKey DisableKey EnableKey
    Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateRandom GetKeyPolicy ListAliases
    ListKeyPolicies ListKeys ListResourceTags PutKeyPolicy ReEncrypt ScheduleKeyDeletion TagResource
    UntagResource UpdateAlias UpdateKeyDescription
}

const ENCRYPT_DECRYPT: Option<KeyUsage> = Some(KeyUsage::EncryptDecrypt);

/// What the operation demands.
#[must_use]
pub const fn demands(name: OperationName) -> &'static Demands {
    use OperationName as N;
    match name {
        N::CancelKeyDeletion => {
            const {
                &shown(manage(
                    "CancelKeyDeletion",
                    "kms:CancelKeyDeletion",
                    S::Cancel,
                    fields::KEY_ONLY,
                    STATE,
                ))
            }
        }
        N::CreateAlias => {
            const {
                &alias(
                    "CreateAlias",
                    "kms:CreateAlias",
                    S::Manage,
                    fields::CREATE_ALIAS,
                    &[
                        E::AlreadyExists,
                        E::NotFound,
                        E::InvalidAliasName,
                        E::LimitExceeded,
                        E::KmsInvalidState,
                    ],
                )
            }
        }
        N::CreateKey => {
            const {
                &shown(account(
                    "CreateKey",
                    "kms:CreateKey",
                    Effect::Change,
                    fields::CREATE_KEY,
                    &[
                        E::MalformedPolicyDocument,
                        E::InvalidArn,
                        E::UnsupportedOperation,
                        E::LimitExceeded,
                        E::Tag,
                    ],
                ))
            }
        }
        N::Decrypt => {
            const {
                &cryptography(
                    "Decrypt",
                    "kms:Decrypt",
                    fields::DECRYPT,
                    &[
                        E::NotFound,
                        E::Disabled,
                        E::InvalidCiphertext,
                        E::KeyUnavailable,
                        E::IncorrectKey,
                        E::InvalidKeyUsage,
                        E::InvalidGrantToken,
                        E::KmsInvalidState,
                        E::DryRunOperation,
                    ],
                )
            }
        }
        N::DeleteAlias => {
            const {
                &alias(
                    "DeleteAlias",
                    "kms:DeleteAlias",
                    S::Any,
                    fields::DELETE_ALIAS,
                    &[E::NotFound, E::KmsInvalidState],
                )
            }
        }
        N::DescribeKey => {
            const {
                &Demands {
                    cross_account: true,
                    by_alias: true,
                    ..read(
                        "DescribeKey",
                        "kms:DescribeKey",
                        fields::DESCRIBE_KEY,
                        &[E::NotFound, E::InvalidArn],
                    )
                }
            }
        }
        N::DisableKey => {
            const { &manage("DisableKey", "kms:DisableKey", S::Switch, fields::KEY_ONLY, STATE) }
        }
        N::EnableKey => {
            const { &manage("EnableKey", "kms:EnableKey", S::Switch, fields::KEY_ONLY, STATE) }
        }
        N::Encrypt => const { &cryptography("Encrypt", "kms:Encrypt", fields::ENCRYPT, USE) },
        N::GenerateDataKey => {
            const {
                &cryptography(
                    "GenerateDataKey",
                    "kms:GenerateDataKey",
                    fields::GENERATE_DATA_KEY,
                    USE,
                )
            }
        }
        N::GenerateDataKeyWithoutPlaintext => {
            const {
                &cryptography(
                    "GenerateDataKeyWithoutPlaintext",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    fields::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
                    USE,
                )
            }
        }
        N::GenerateRandom => {
            const {
                &account(
                    "GenerateRandom",
                    "kms:GenerateRandom",
                    Effect::Use,
                    fields::GENERATE_RANDOM,
                    &[E::UnsupportedOperation],
                )
            }
        }
        N::GetKeyPolicy => {
            const { &read("GetKeyPolicy", "kms:GetKeyPolicy", fields::GET_KEY_POLICY, STATE) }
        }
        N::ListAliases => {
            const {
                &account(
                    "ListAliases",
                    "kms:ListAliases",
                    Effect::Read,
                    fields::LIST_ALIASES,
                    &[E::InvalidMarker, E::InvalidArn, E::NotFound],
                )
            }
        }
        N::ListKeyPolicies => {
            const { &read("ListKeyPolicies", "kms:ListKeyPolicies", fields::KEY_PAGE, STATE) }
        }
        N::ListKeys => {
            const {
                &account(
                    "ListKeys",
                    "kms:ListKeys",
                    Effect::Read,
                    fields::LIST_KEYS,
                    &[E::InvalidMarker],
                )
            }
        }
        N::ListResourceTags => {
            const {
                &read(
                    "ListResourceTags",
                    "kms:ListResourceTags",
                    fields::KEY_PAGE,
                    &[E::NotFound, E::InvalidArn, E::InvalidMarker],
                )
            }
        }
        N::PutKeyPolicy => {
            const {
                &manage(
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
                )
            }
        }
        N::ReEncrypt => {
            const {
                &Demands {
                    access: Access::TwoKeys {
                        source: Action::new("kms:ReEncryptFrom"),
                        destination: Action::new("kms:ReEncryptTo"),
                    },
                    ..cryptography(
                        "ReEncrypt",
                        "",
                        fields::RE_ENCRYPT,
                        &[
                            E::NotFound,
                            E::Disabled,
                            E::InvalidCiphertext,
                            E::KeyUnavailable,
                            E::IncorrectKey,
                            E::InvalidKeyUsage,
                            E::InvalidGrantToken,
                            E::KmsInvalidState,
                            E::DryRunOperation,
                        ],
                    )
                }
            }
        }
        N::ScheduleKeyDeletion => {
            const {
                &shown(manage(
                    "ScheduleKeyDeletion",
                    "kms:ScheduleKeyDeletion",
                    S::Schedule,
                    fields::SCHEDULE_KEY_DELETION,
                    STATE,
                ))
            }
        }
        N::TagResource => {
            const {
                &manage(
                    "TagResource",
                    "kms:TagResource",
                    S::Manage,
                    fields::TAG_RESOURCE,
                    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::LimitExceeded, E::Tag],
                )
            }
        }
        N::UntagResource => {
            const {
                &manage(
                    "UntagResource",
                    "kms:UntagResource",
                    S::Manage,
                    fields::UNTAG_RESOURCE,
                    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::Tag],
                )
            }
        }
        N::UpdateAlias => {
            const {
                &alias(
                    "UpdateAlias",
                    "kms:UpdateAlias",
                    S::Manage,
                    fields::CREATE_ALIAS,
                    &[E::NotFound, E::LimitExceeded, E::KmsInvalidState],
                )
            }
        }
        N::UpdateKeyDescription => {
            const {
                &manage(
                    "UpdateKeyDescription",
                    "kms:UpdateKeyDescription",
                    S::Manage,
                    fields::UPDATE_KEY_DESCRIPTION,
                    STATE,
                )
            }
        }
    }
}

type Errors = &'static [E];
type Fields = &'static [Field];

/// Declared by what manages a key's state.
const STATE: Errors = &[E::NotFound, E::InvalidArn, E::KmsInvalidState];
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
