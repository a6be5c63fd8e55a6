//! The KMS service: the table of operations, and one file for each.
//!
//! **Architecture invariant:** no transport, no storage medium. An operation says what it is about
//! and what to do; what it demands stands in [`table`], and the engine sees to it.

mod dispatch;
pub mod fields;
mod metadata;
mod operations;
pub mod table;

pub use dispatch::serve;
pub use table::{OperationName, demands};
