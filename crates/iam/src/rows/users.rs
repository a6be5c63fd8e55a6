//! Users.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_USER: Demands = row!(
    "CreateUser",
    Change,
    fields::CREATE_USER,
    [E::QuotaExceeded, E::EntityAlreadyExists, E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const GET_USER: Demands = row!("GetUser", Read, fields::GET_USER, [E::NoSuchEntity]);

pub(crate) const LIST_USERS: Demands = row!("ListUsers", Read, fields::LIST_USERS, []);

pub(crate) const UPDATE_USER: Demands = row!(
    "UpdateUser",
    Change,
    fields::UPDATE_USER,
    [E::NoSuchEntity, E::QuotaExceeded, E::EntityAlreadyExists]
);

pub(crate) const DELETE_USER: Demands = row!(
    "DeleteUser",
    Change,
    fields::DELETE_USER,
    [E::QuotaExceeded, E::NoSuchEntity, E::DeleteConflict]
);
