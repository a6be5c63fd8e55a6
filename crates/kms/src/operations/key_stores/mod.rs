//! Custom key stores: keys that live elsewhere.

mod connect_custom_key_store;
mod create_custom_key_store;
mod delete_custom_key_store;
mod describe_custom_key_stores;
mod disconnect_custom_key_store;
mod entry;
mod proxy;
mod update_custom_key_store;

pub(crate) use connect_custom_key_store::ConnectCustomKeyStore;
pub(crate) use create_custom_key_store::CreateCustomKeyStore;
pub(crate) use delete_custom_key_store::DeleteCustomKeyStore;
pub(crate) use describe_custom_key_stores::DescribeCustomKeyStores;
pub(crate) use disconnect_custom_key_store::DisconnectCustomKeyStore;
pub(crate) use update_custom_key_store::UpdateCustomKeyStore;
