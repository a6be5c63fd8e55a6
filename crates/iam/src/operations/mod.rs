//! One file an operation, by family; what is done to users, groups and roles alike is one file for
//! all three.

pub(crate) mod access_keys;
pub(crate) mod account;
pub(crate) mod attachments;
pub(crate) mod boundaries;
mod entry;
pub(crate) mod groups;
pub(crate) mod inline_policies;
pub(crate) mod kind;
pub(crate) mod managed_policies;
mod page;
pub(crate) mod providers;
pub(crate) mod roles;
mod rules;
pub(crate) mod simulation;
pub(crate) mod sts;
pub(crate) mod tags;
pub(crate) mod users;
