//! Rows of keys: making them, reading them, switching them on and off.

use super::{STATE, account, each_second, manage, read, shown};
use crate::fields;
use strongroom_engine::demands::{Counted, Demands, Effect};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const CREATE_KEY: Demands = shown(account(
    "CreateKey",
    "kms:CreateKey",
    Effect::Change,
    fields::CREATE_KEY,
    &[
        E::MalformedPolicyDocument,
        E::DependencyTimeout,
        E::InvalidArn,
        E::UnsupportedOperation,
        E::LimitExceeded,
        E::Tag,
        E::CustomKeyStoreNotFound,
        E::CustomKeyStoreInvalidState,
        E::CloudHsmClusterInvalidConfiguration,
        E::XksKeyInvalidConfiguration,
        E::XksKeyAlreadyInUse,
        E::XksKeyNotFound,
    ],
));

pub(in crate::table) const DESCRIBE_KEY: Demands = Demands {
    counted: Counted::Own(2000),
    cross_account: true,
    by_alias: true,
    ..read("DescribeKey", "kms:DescribeKey", fields::DESCRIBE_KEY, &[E::NotFound, E::InvalidArn])
};

pub(in crate::table) const DISABLE_KEY: Demands =
    manage("DisableKey", "kms:DisableKey", S::Switch, fields::KEY_ONLY, STATE);

pub(in crate::table) const ENABLE_KEY: Demands =
    manage("EnableKey", "kms:EnableKey", S::Switch, fields::KEY_ONLY, STATE);

pub(in crate::table) const LIST_KEYS: Demands = each_second(
    500,
    account("ListKeys", "kms:ListKeys", Effect::Read, fields::LIST_KEYS, &[E::InvalidMarker]),
);

pub(in crate::table) const UPDATE_KEY_DESCRIPTION: Demands = manage(
    "UpdateKeyDescription",
    "kms:UpdateKeyDescription",
    S::Manage,
    fields::UPDATE_KEY_DESCRIPTION,
    STATE,
);

pub(in crate::table) const GET_KEY_LAST_USAGE: Demands =
    read("GetKeyLastUsage", "kms:GetKeyLastUsage", fields::KEY_ONLY, &[E::NotFound, E::InvalidArn]);
