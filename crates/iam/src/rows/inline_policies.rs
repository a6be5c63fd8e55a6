//! Policies embedded in identities.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const PUT_USER_POLICY: Demands = row!(
    "PutUserPolicy",
    Change,
    fields::PUT_USER_POLICY,
    [E::QuotaExceeded, E::QueryMalformedPolicyDocument, E::NoSuchEntity]
);

pub(crate) const GET_USER_POLICY: Demands =
    row!("GetUserPolicy", Read, fields::GET_USER_POLICY, [E::NoSuchEntity]);

pub(crate) const LIST_USER_POLICIES: Demands =
    row!("ListUserPolicies", Read, fields::LIST_USER_POLICIES, [E::NoSuchEntity]);

pub(crate) const DELETE_USER_POLICY: Demands = row!(
    "DeleteUserPolicy",
    Change,
    fields::DELETE_USER_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded]
);

pub(crate) const PUT_GROUP_POLICY: Demands = row!(
    "PutGroupPolicy",
    Change,
    fields::PUT_GROUP_POLICY,
    [E::QuotaExceeded, E::QueryMalformedPolicyDocument, E::NoSuchEntity]
);

pub(crate) const GET_GROUP_POLICY: Demands =
    row!("GetGroupPolicy", Read, fields::GET_GROUP_POLICY, [E::NoSuchEntity]);

pub(crate) const LIST_GROUP_POLICIES: Demands =
    row!("ListGroupPolicies", Read, fields::LIST_GROUP_POLICIES, [E::NoSuchEntity]);

pub(crate) const DELETE_GROUP_POLICY: Demands = row!(
    "DeleteGroupPolicy",
    Change,
    fields::DELETE_GROUP_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded]
);

pub(crate) const PUT_ROLE_POLICY: Demands = row!(
    "PutRolePolicy",
    Change,
    fields::PUT_ROLE_POLICY,
    [E::QuotaExceeded, E::QueryMalformedPolicyDocument, E::NoSuchEntity, E::UnmodifiableEntity]
);

pub(crate) const GET_ROLE_POLICY: Demands =
    row!("GetRolePolicy", Read, fields::GET_ROLE_POLICY, [E::NoSuchEntity]);

pub(crate) const LIST_ROLE_POLICIES: Demands =
    row!("ListRolePolicies", Read, fields::LIST_ROLE_POLICIES, [E::NoSuchEntity]);

pub(crate) const DELETE_ROLE_POLICY: Demands = row!(
    "DeleteRolePolicy",
    Change,
    fields::DELETE_ROLE_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::UnmodifiableEntity]
);
