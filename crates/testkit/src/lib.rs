//! What tests of the whole path are made of: an engine in this process, over a store and a journal
//! in memory, with a clock that stands still, entropy that is counted, and ports that fail on cue.
//!
//! [`World`] is what outlives the server: store, journal, root key, clock. [`Kit`] is a server that
//! runs on it, [`Client`] somebody who sends it signed requests through the real protocol. Stopping
//! a kit gives the world back, so that a test can look at it, cut it, alter it or open it again.
//!
//! [`traffic`] makes requests of bytes, for fuzzers and properties.
//!
//! **Architecture invariant:** nothing here is part of the product, and the product has no door for
//! it: a key is put into a state that no operation makes by [`World::edit_key`], which does what
//! somebody who has the root key could do to a stopped server.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test is made of fails the test that uses it"
)]

mod answer;
mod archive;
mod client;
mod clock;
pub mod disk;
mod entropy;
mod failing;
mod importing;
mod key_stores;
mod kit;
mod people;
mod query;
mod s3;
mod snapshot;
mod surgery;
pub mod traffic;
mod world;

pub use answer::Answer;
pub use archive::MemoryHistory;
pub use client::{Client, Request};
pub use clock::FixedClock;
pub use entropy::CountedEntropy;
pub use failing::{FailingLog, FailingObjects, FailingStore, Faults, Harm, Port};
pub use key_stores::MemoryKeyStores;
pub use kit::{Kit, Tail};
pub use s3::S3Answer;
pub use snapshot::assert_section;
pub use strongroom_storage::MemoryObjects;
pub use world::{Incidents, World};

use base64_simd::STANDARD;
use strongroom_types::{AccountId, Region};

/// The Region of requests, unless a test says otherwise.
///
/// # Panics
/// Never.
#[must_use]
pub fn region() -> Region {
    "eu-west-2".parse().expect("a Region")
}

/// The second account: a stranger to the keys of the first.
///
/// # Panics
/// Never.
#[must_use]
pub fn stranger() -> AccountId {
    AccountId::from_number(444_455_556_666).expect("an account")
}

/// `bytes` as they are written in JSON.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode_to_string(bytes)
}

/// The bytes of a base64 text.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn unbase64(text: &str) -> Vec<u8> {
    STANDARD.decode_to_vec(text).expect("base64")
}

/// Whether `needle` occurs in `haystack`.
#[must_use]
pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    !needle.is_empty() && haystack.windows(needle.len()).any(|window| window == needle)
}
