//! The CloudTrail service on the same path as every other.

mod dispatch;
#[doc(hidden)]
pub mod fields;
mod operations;
mod rows;
mod shapes;
mod table;

pub use dispatch::serve_cloudtrail;
pub use table::{CloudTrailOperation, cloudtrail_demands};
