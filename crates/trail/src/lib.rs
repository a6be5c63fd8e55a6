//! The audit trail as AWS CloudTrail has it.
//!
//! **Architecture invariant:** nothing is decided here. What the engine recorded becomes events,
//! log files, signed digests and what they are looked up by; the same forms are read back and
//! verified.

pub mod event;
pub mod object_name;
pub mod public_key;
pub mod service;

pub use event::Event;
