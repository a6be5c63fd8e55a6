//! Access keys.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_ACCESS_KEY: Demands =
    row!("CreateAccessKey", Change, fields::CREATE_ACCESS_KEY, [E::NoSuchEntity, E::QuotaExceeded]);

pub(crate) const LIST_ACCESS_KEYS: Demands =
    row!("ListAccessKeys", Read, fields::LIST_ACCESS_KEYS, [E::NoSuchEntity]);

pub(crate) const UPDATE_ACCESS_KEY: Demands = row!(
    "UpdateAccessKey",
    Change,
    fields::UPDATE_ACCESS_KEY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const DELETE_ACCESS_KEY: Demands =
    row!("DeleteAccessKey", Change, fields::DELETE_ACCESS_KEY, [E::NoSuchEntity, E::QuotaExceeded]);

pub(crate) const GET_ACCESS_KEY_LAST_USED: Demands =
    row!("GetAccessKeyLastUsed", Read, fields::GET_ACCESS_KEY_LAST_USED, []);
