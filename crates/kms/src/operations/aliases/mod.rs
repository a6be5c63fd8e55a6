//! Friendly names of keys.

mod create_alias;
mod delete_alias;
mod list_aliases;
mod name;
mod update_alias;

pub(crate) use create_alias::CreateAlias;
pub(crate) use delete_alias::DeleteAlias;
pub(crate) use list_aliases::ListAliases;
pub(crate) use update_alias::UpdateAlias;
