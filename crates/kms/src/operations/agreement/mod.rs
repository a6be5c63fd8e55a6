//! Secrets that two parties come to share.

mod decapsulate;
mod derive_shared_secret;
mod encapsulate;

pub(crate) use decapsulate::Decapsulate;
pub(crate) use derive_shared_secret::DeriveSharedSecret;
pub(crate) use encapsulate::Encapsulate;
