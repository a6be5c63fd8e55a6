//! One file an operation, by family.

pub(crate) mod agreement;
pub(crate) mod aliases;
pub(crate) mod cryptography;
pub(crate) mod data_key_pairs;
pub(crate) mod deletion;
pub(crate) mod grants;
pub(crate) mod import;
pub(crate) mod key_stores;
pub(crate) mod keys;
pub(crate) mod macs;
pub(crate) mod multi_region;
mod page;
pub(crate) mod policies;
pub(crate) mod public_keys;
pub(crate) mod rotation;
pub(crate) mod signing;
pub(crate) mod tags;
