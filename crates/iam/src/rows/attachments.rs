//! Managed policies attached to identities.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const ATTACH_USER_POLICY: Demands = row!(
    "AttachUserPolicy",
    Change,
    fields::ATTACH_USER_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const DETACH_USER_POLICY: Demands = row!(
    "DetachUserPolicy",
    Change,
    fields::DETACH_USER_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const LIST_ATTACHED_USER_POLICIES: Demands = row!(
    "ListAttachedUserPolicies",
    Read,
    fields::LIST_ATTACHED_USER_POLICIES,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const ATTACH_GROUP_POLICY: Demands = row!(
    "AttachGroupPolicy",
    Change,
    fields::ATTACH_GROUP_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const DETACH_GROUP_POLICY: Demands = row!(
    "DetachGroupPolicy",
    Change,
    fields::DETACH_GROUP_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const LIST_ATTACHED_GROUP_POLICIES: Demands = row!(
    "ListAttachedGroupPolicies",
    Read,
    fields::LIST_ATTACHED_GROUP_POLICIES,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const ATTACH_ROLE_POLICY: Demands = row!(
    "AttachRolePolicy",
    Change,
    fields::ATTACH_ROLE_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput, E::UnmodifiableEntity]
);

pub(crate) const DETACH_ROLE_POLICY: Demands = row!(
    "DetachRolePolicy",
    Change,
    fields::DETACH_ROLE_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput, E::UnmodifiableEntity]
);

pub(crate) const LIST_ATTACHED_ROLE_POLICIES: Demands = row!(
    "ListAttachedRolePolicies",
    Read,
    fields::LIST_ATTACHED_ROLE_POLICIES,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const LIST_ENTITIES_FOR_POLICY: Demands = row!(
    "ListEntitiesForPolicy",
    Read,
    fields::LIST_ENTITIES_FOR_POLICY,
    [E::NoSuchEntity, E::InvalidInput]
);
