//! Making keys, looking at them, switching them on and off.

mod create_key;
mod describe_key;
mod disable_key;
mod enable_key;
mod get_key_last_usage;
mod list_keys;
mod update_key_description;

pub(crate) use create_key::CreateKey;
pub(crate) use describe_key::DescribeKey;
pub(crate) use disable_key::DisableKey;
pub(crate) use enable_key::EnableKey;
pub(crate) use get_key_last_usage::GetKeyLastUsage;
pub(crate) use list_keys::ListKeys;
pub(crate) use update_key_description::UpdateKeyDescription;
