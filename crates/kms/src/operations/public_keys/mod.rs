//! Public keys of key pairs.

mod get_public_key;

pub(crate) use get_public_key::GetPublicKey;
