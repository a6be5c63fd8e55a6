//! Managed policies attached to users, groups and roles.

mod attach_policy;
mod detach_policy;
mod list_attached_policies;
mod list_entities_for_policy;

pub(crate) use attach_policy::AttachPolicy;
pub(crate) use detach_policy::DetachPolicy;
pub(crate) use list_attached_policies::ListAttachedPolicies;
pub(crate) use list_entities_for_policy::ListEntitiesForPolicy;
