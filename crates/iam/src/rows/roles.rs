//! Roles.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const CREATE_ROLE: Demands = row!(
    "CreateRole",
    Change,
    fields::CREATE_ROLE,
    [E::QuotaExceeded, E::InvalidInput, E::EntityAlreadyExists, E::QueryMalformedPolicyDocument]
);

pub(crate) const GET_ROLE: Demands = row!("GetRole", Read, fields::GET_ROLE, [E::NoSuchEntity]);

pub(crate) const LIST_ROLES: Demands = row!("ListRoles", Read, fields::LIST_ROLES, []);

pub(crate) const UPDATE_ROLE: Demands =
    row!("UpdateRole", Change, fields::UPDATE_ROLE, [E::UnmodifiableEntity, E::NoSuchEntity]);

pub(crate) const DELETE_ROLE: Demands = row!(
    "DeleteRole",
    Change,
    fields::DELETE_ROLE,
    [E::NoSuchEntity, E::DeleteConflict, E::QuotaExceeded, E::UnmodifiableEntity]
);

pub(crate) const UPDATE_ASSUME_ROLE_POLICY: Demands = row!(
    "UpdateAssumeRolePolicy",
    Change,
    fields::UPDATE_ASSUME_ROLE_POLICY,
    [E::NoSuchEntity, E::QueryMalformedPolicyDocument, E::QuotaExceeded, E::UnmodifiableEntity]
);

pub(crate) const UPDATE_ROLE_DESCRIPTION: Demands = row!(
    "UpdateRoleDescription",
    Change,
    fields::UPDATE_ROLE_DESCRIPTION,
    [E::NoSuchEntity, E::UnmodifiableEntity]
);
