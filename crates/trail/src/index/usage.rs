//! How often keys were used, and what for.

use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// Counts by ARN of the key and name of the operation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Usage {
    /// The counts.
    #[n(0)]
    pub keys: BTreeMap<String, BTreeMap<String, Count>>,
}

/// How often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Count {
    /// Served.
    #[n(0)]
    pub served: u64,
    /// Refused, or failed.
    #[n(1)]
    pub refused: u64,
}

impl Count {
    /// Counts one more.
    pub(super) fn note(&mut self, is_served: bool) {
        if is_served { self.served += 1 } else { self.refused += 1 }
    }
}

impl Usage {
    /// Puts the count of a key and an operation, of which there is none yet.
    pub(super) fn put(&mut self, key: &str, operation: &str, count: Count) {
        let operations = self.keys.entry(key.to_owned()).or_default();
        let _ = operations.insert(operation.to_owned(), count);
    }

    /// Adds the counts of `other`; whoever can write the index can write any number into it.
    pub fn add(&mut self, other: &Self) {
        for (key, operations) in &other.keys {
            let mine = self.keys.entry(key.clone()).or_default();
            for (operation, count) in operations {
                let sum = mine.entry(operation.clone()).or_default();
                sum.served = sum.served.saturating_add(count.served);
                sum.refused = sum.refused.saturating_add(count.refused);
            }
        }
    }
}
