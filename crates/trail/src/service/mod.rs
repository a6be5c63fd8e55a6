//! The services that the trail is read and managed by.

pub mod cloudtrail;
