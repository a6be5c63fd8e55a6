//! Permissions boundaries.

use super::Fields;
use crate::shapes::iam::{ARN, ROLE_NAME, USER_NAME};
use strongroom_types::shape::required;

pub(crate) const PUT_USER_PERMISSIONS_BOUNDARY: Fields =
    &[required("UserName", &USER_NAME), required("PermissionsBoundary", &ARN)];

pub(crate) const DELETE_USER_PERMISSIONS_BOUNDARY: Fields = &[required("UserName", &USER_NAME)];

pub(crate) const PUT_ROLE_PERMISSIONS_BOUNDARY: Fields =
    &[required("RoleName", &ROLE_NAME), required("PermissionsBoundary", &ARN)];

pub(crate) const DELETE_ROLE_PERMISSIONS_BOUNDARY: Fields = &[required("RoleName", &ROLE_NAME)];
