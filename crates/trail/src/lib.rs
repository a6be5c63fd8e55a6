//! The audit trail as AWS CloudTrail has it.
//!
//! **Architecture invariant:** nothing is decided here. What the engine recorded becomes events,
//! log files, signed digests and what they are looked up by; the same forms are read back and
//! verified.

pub mod anchor;
pub mod digest;
pub mod event;
pub mod gzip;
pub mod history;
pub mod index;
pub mod log_file;
pub mod object_name;
pub mod public_key;
pub mod record;
pub mod selection;
pub mod service;
pub mod shipper;
#[cfg(test)]
mod testing;
pub mod verify;

pub use event::Event;
pub use history::History;
