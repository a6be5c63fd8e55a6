//! One file an operation, by family.

pub(crate) mod aliases;
pub(crate) mod cryptography;
pub(crate) mod deletion;
pub(crate) mod keys;
mod page;
pub(crate) mod policies;
pub(crate) mod tags;
