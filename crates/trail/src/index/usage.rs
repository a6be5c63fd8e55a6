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

impl Usage {
    /// Counts one more.
    pub(super) fn note(&mut self, key: &str, operation: &str, is_served: bool) {
        // Most of the time both are there.
        if !self.keys.contains_key(key) {
            self.keys.insert(key.to_owned(), BTreeMap::new());
        }
        let Some(operations) = self.keys.get_mut(key) else { return };
        if !operations.contains_key(operation) {
            operations.insert(operation.to_owned(), Count::default());
        }
        let Some(count) = operations.get_mut(operation) else { return };
        if is_served { count.served += 1 } else { count.refused += 1 }
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
