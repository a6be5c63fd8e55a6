//! Counters, levels and histograms that cost a relaxed atomic operation each.
//!
//! **Architecture invariant:** what is counted is not known here, nor who reads it and in what format.
//! Whoever owns what is counted owns its meters; names, labels and units are given where they are read.

mod counter;
mod histogram;
mod sharded;

pub use counter::{Counter, Level};
pub use histogram::{Distribution, Histogram};
pub use sharded::Sharded;
