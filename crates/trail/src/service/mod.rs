//! The services by which the trail is reached: a table and a file for each operation.

pub mod cloudtrail;
pub mod s3;
