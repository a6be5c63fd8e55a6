//! The store's head: what the newest commit knew of the whole store and of the journal.

use crate::ledger::digest::SetDigest;
use minicbor::{Decode, Encode};

/// Rewritten with every group of commits, so that a store that lost, gained or swapped records,
/// and a journal that was cut, are noticed when the server starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// The greatest version in the store; every later one is greater.
    #[n(0)]
    pub sequence: u64,
    /// Digest of all (store key, version) pairs but the head's own and the domain keys'.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// How far the journal was durable when the commit began.
    #[n(2)]
    pub journal: Position,
    /// Groups of commits so far; also the version of the head's own record.
    #[n(3)]
    pub commits: u64,
    /// Number of the global domain key that the key of the digest is derived from; absent for 1.
    #[n(4)]
    pub digest_domain: Option<u32>,
}

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Encode, Decode)]
pub struct Position {
    /// Number of the segment; 0 before the first.
    #[n(0)]
    pub segment: u64,
    /// Durable frames in it.
    #[n(1)]
    pub frames: u64,
}

impl Head {
    /// Number of the global domain key that the key of the digest is derived from.
    pub(crate) fn digest_domain(&self) -> u32 {
        self.digest_domain.unwrap_or(1)
    }

    pub(super) fn set(&mut self, digest: SetDigest) {
        self.digest = digest.0;
    }
}
