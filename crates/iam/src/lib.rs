//! The STS service on the same path as every other: who am I?
//!
//! **Architecture invariant:** no key material. Users, roles and policies join here later;
//! accounts and their root users' access keys are the engine's bootstrap.

mod credentials;
mod operations;
mod table;

pub use credentials::{AccessKey, AccessKeyError};
pub use table::{StsOperation, serve};
