//! Rows of aliases.

use super::{account, alias, each_second};
use crate::fields;
use strongroom_engine::demands::{Demands, Effect};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const CREATE_ALIAS: Demands = alias(
    "CreateAlias",
    "kms:CreateAlias",
    S::Manage,
    fields::CREATE_ALIAS,
    &[E::AlreadyExists, E::NotFound, E::InvalidAliasName, E::LimitExceeded, E::KmsInvalidState],
);

pub(in crate::table) const DELETE_ALIAS: Demands = each_second(
    15,
    alias(
        "DeleteAlias",
        "kms:DeleteAlias",
        S::Any,
        fields::DELETE_ALIAS,
        &[E::NotFound, E::KmsInvalidState],
    ),
);

pub(in crate::table) const LIST_ALIASES: Demands = each_second(
    500,
    account(
        "ListAliases",
        "kms:ListAliases",
        Effect::Read,
        fields::LIST_ALIASES,
        &[E::InvalidMarker, E::InvalidArn, E::NotFound],
    ),
);

pub(in crate::table) const UPDATE_ALIAS: Demands = alias(
    "UpdateAlias",
    "kms:UpdateAlias",
    S::Manage,
    fields::CREATE_ALIAS,
    &[E::NotFound, E::LimitExceeded, E::KmsInvalidState],
);
