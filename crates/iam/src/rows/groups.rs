//! Groups.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_GROUP: Demands = row!(
    "CreateGroup",
    Change,
    fields::CREATE_GROUP,
    [E::QuotaExceeded, E::EntityAlreadyExists, E::NoSuchEntity]
);

pub(crate) const GET_GROUP: Demands = row!("GetGroup", Read, fields::GET_GROUP, [E::NoSuchEntity]);

pub(crate) const LIST_GROUPS: Demands = row!("ListGroups", Read, fields::LIST_GROUPS, []);

pub(crate) const UPDATE_GROUP: Demands = row!(
    "UpdateGroup",
    Change,
    fields::UPDATE_GROUP,
    [E::NoSuchEntity, E::EntityAlreadyExists, E::QuotaExceeded]
);

pub(crate) const DELETE_GROUP: Demands = row!(
    "DeleteGroup",
    Change,
    fields::DELETE_GROUP,
    [E::NoSuchEntity, E::DeleteConflict, E::QuotaExceeded]
);

pub(crate) const ADD_USER_TO_GROUP: Demands =
    row!("AddUserToGroup", Change, fields::ADD_USER_TO_GROUP, [E::NoSuchEntity, E::QuotaExceeded]);

pub(crate) const REMOVE_USER_FROM_GROUP: Demands = row!(
    "RemoveUserFromGroup",
    Change,
    fields::REMOVE_USER_FROM_GROUP,
    [E::NoSuchEntity, E::QuotaExceeded]
);

pub(crate) const LIST_GROUPS_FOR_USER: Demands =
    row!("ListGroupsForUser", Read, fields::LIST_GROUPS_FOR_USER, [E::NoSuchEntity]);
