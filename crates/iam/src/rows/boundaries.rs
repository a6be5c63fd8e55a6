//! Permissions boundaries.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const PUT_USER_PERMISSIONS_BOUNDARY: Demands = row!(
    "PutUserPermissionsBoundary",
    Change,
    fields::PUT_USER_PERMISSIONS_BOUNDARY,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const DELETE_USER_PERMISSIONS_BOUNDARY: Demands = row!(
    "DeleteUserPermissionsBoundary",
    Change,
    fields::DELETE_USER_PERMISSIONS_BOUNDARY,
    [E::NoSuchEntity]
);

pub(crate) const PUT_ROLE_PERMISSIONS_BOUNDARY: Demands = row!(
    "PutRolePermissionsBoundary",
    Change,
    fields::PUT_ROLE_PERMISSIONS_BOUNDARY,
    [E::NoSuchEntity, E::InvalidInput, E::UnmodifiableEntity]
);

pub(crate) const DELETE_ROLE_PERMISSIONS_BOUNDARY: Demands = row!(
    "DeleteRolePermissionsBoundary",
    Change,
    fields::DELETE_ROLE_PERMISSIONS_BOUNDARY,
    [E::NoSuchEntity, E::UnmodifiableEntity]
);
