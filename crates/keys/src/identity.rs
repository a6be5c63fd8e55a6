//! Users, groups, roles, managed policies, identity providers, and the sessions of those who have
//! signed in: what is remembered of them. `docs/records.md` lists the members by number.

mod entity;
mod managed_policy;
mod organization;
mod provider;
mod session;

pub use entity::{IdentityRecord, InlinePolicy, RoleTerms};
pub use managed_policy::{ManagedPolicyRecord, PolicyVersion};
pub use organization::{AccessKeyUse, ControlRecord, RoleUse};
pub use provider::ProviderRecord;
pub use session::{SessionOwner, SessionRecord};
