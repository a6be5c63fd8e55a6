//! Access keys of users.

mod create_access_key;
mod delete_access_key;
mod get_access_key_last_used;
mod list_access_keys;
mod update_access_key;

pub(crate) use create_access_key::CreateAccessKey;
pub(crate) use delete_access_key::DeleteAccessKey;
pub(crate) use get_access_key_last_used::GetAccessKeyLastUsed;
pub(crate) use list_access_keys::ListAccessKeys;
pub(crate) use update_access_key::UpdateAccessKey;
