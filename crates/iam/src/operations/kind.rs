//! Users, groups and roles, for what is done to all of them alike.

use crate::table::IamOperation as Name;
use strongroom_types::IdentityKind;

/// A kind of identity, and the names that its operations have.
pub(crate) trait Kind: Send + Sync + 'static {
    /// The kind.
    const KIND: IdentityKind;
    /// The member that names one.
    const MEMBER: &'static str;
    const PUT_POLICY: Name;
    const GET_POLICY: Name;
    const LIST_POLICIES: Name;
    const DELETE_POLICY: Name;
    const ATTACH: Name;
    const DETACH: Name;
    const LIST_ATTACHED: Name;
    const DELETE: Name;
}

pub(crate) struct User;
pub(crate) struct Group;
pub(crate) struct Role;

impl Kind for User {
    const KIND: IdentityKind = IdentityKind::User;
    const MEMBER: &'static str = "UserName";
    const PUT_POLICY: Name = Name::PutUserPolicy;
    const GET_POLICY: Name = Name::GetUserPolicy;
    const LIST_POLICIES: Name = Name::ListUserPolicies;
    const DELETE_POLICY: Name = Name::DeleteUserPolicy;
    const ATTACH: Name = Name::AttachUserPolicy;
    const DETACH: Name = Name::DetachUserPolicy;
    const LIST_ATTACHED: Name = Name::ListAttachedUserPolicies;
    const DELETE: Name = Name::DeleteUser;
}

impl Kind for Group {
    const KIND: IdentityKind = IdentityKind::Group;
    const MEMBER: &'static str = "GroupName";
    const PUT_POLICY: Name = Name::PutGroupPolicy;
    const GET_POLICY: Name = Name::GetGroupPolicy;
    const LIST_POLICIES: Name = Name::ListGroupPolicies;
    const DELETE_POLICY: Name = Name::DeleteGroupPolicy;
    const ATTACH: Name = Name::AttachGroupPolicy;
    const DETACH: Name = Name::DetachGroupPolicy;
    const LIST_ATTACHED: Name = Name::ListAttachedGroupPolicies;
    const DELETE: Name = Name::DeleteGroup;
}

impl Kind for Role {
    const KIND: IdentityKind = IdentityKind::Role;
    const MEMBER: &'static str = "RoleName";
    const PUT_POLICY: Name = Name::PutRolePolicy;
    const GET_POLICY: Name = Name::GetRolePolicy;
    const LIST_POLICIES: Name = Name::ListRolePolicies;
    const DELETE_POLICY: Name = Name::DeleteRolePolicy;
    const ATTACH: Name = Name::AttachRolePolicy;
    const DETACH: Name = Name::DetachRolePolicy;
    const LIST_ATTACHED: Name = Name::ListAttachedRolePolicies;
    const DELETE: Name = Name::DeleteRole;
}

/// The kinds that have a permissions boundary.
pub(crate) trait Bounded: Kind {
    const PUT_BOUNDARY: Name;
    const DELETE_BOUNDARY: Name;
}

impl Bounded for User {
    const PUT_BOUNDARY: Name = Name::PutUserPermissionsBoundary;
    const DELETE_BOUNDARY: Name = Name::DeleteUserPermissionsBoundary;
}

impl Bounded for Role {
    const PUT_BOUNDARY: Name = Name::PutRolePermissionsBoundary;
    const DELETE_BOUNDARY: Name = Name::DeleteRolePermissionsBoundary;
}
