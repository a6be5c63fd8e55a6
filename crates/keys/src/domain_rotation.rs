//! How far a rotation of the domain keys has come.

use crate::codec::{optional_time, time};
use minicbor::{Decode, Encode};
use strongroom_types::Timestamp;

/// That domain keys of greater numbers were made, and how many records are sealed under them yet.
/// It is there from the rotation until the keys before are destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DomainRotationRecord {
    /// When the newest keys were made.
    #[cbor(n(0), with = "time")]
    pub started: Timestamp,
    /// The store key up to which the walk over all records has come; empty at its beginning.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub after: Vec<u8>,
    /// How many records the walk has found so far that were sealed under a key from before.
    #[n(2)]
    pub found: u64,
    /// When a walk came to its end the last time; absent before the first time.
    #[cbor(n(3), with = "optional_time")]
    pub walked: Option<Timestamp>,
    /// How many records were sealed anew since the rotation.
    #[n(4)]
    pub resealed: u64,
}

/// Below which number a domain's keys are destroyed: one that somebody puts back opens nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DomainFloorRecord {
    /// Domains, by name, with the least number of theirs that is good.
    #[n(0)]
    pub least: Vec<(String, u32)>,
}

impl DomainRotationRecord {
    /// The record of a rotation at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { started: now, after: Vec::new(), found: 0, walked: None, resealed: 0 }
    }
}
