//! Permissions boundaries.

mod delete_permissions_boundary;
mod put_permissions_boundary;

pub(crate) use delete_permissions_boundary::DeletePermissionsBoundary;
pub(crate) use put_permissions_boundary::PutPermissionsBoundary;
