//! The IAM and STS services on the same path as every other: who there is, and what they may.
//!
//! **Architecture invariant:** no key material. What identities are at rest, and how a caller comes
//! by its authority, is the engine's; here are the operations, as [`iam_demands`] and [`sts_demands`]
//! demand them.

mod credentials;
mod dispatch;
#[doc(hidden)]
pub mod fields;
mod operations;
mod rows;
mod shapes;
mod table;

pub use credentials::{AccessKey, AccessKeyError};
pub use dispatch::{serve_iam, serve_sts};
pub use table::{IamOperation, StsOperation, iam_demands, sts_demands};
