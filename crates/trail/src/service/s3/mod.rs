//! What of S3 is served: reading the buckets that the trail is delivered to.

mod dispatch;
mod fields;
mod get_bucket_location;
mod get_object;
mod head_bucket;
mod head_object;
mod list_objects;
mod list_objects_v2;
mod listing;
mod range;
mod representation;
mod table;

pub use dispatch::serve;
pub use table::{S3Operation, demands};
