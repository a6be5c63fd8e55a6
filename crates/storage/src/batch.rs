//! What every store asks of a batch before it touches its medium.

use std::collections::HashSet;
use strongroom_engine::ports::{Batch, CommitError, MAX_STORE_KEY, StoreError};

/// Refuses a batch that no store could apply faithfully: a key that is too long, a version of
/// zero, or a key that is changed twice, for then its parts contradict each other.
///
/// # Errors
/// [`CommitError::Failed`], since such a batch is a fault of the caller and not a conflict that
/// goes away when it is tried again.
pub(crate) fn check(batch: &Batch) -> Result<(), CommitError> {
    let mut changed = HashSet::new();
    for (key, put) in &batch.put {
        if put.version == 0 {
            return Err(refusal("a version is zero"));
        }
        if !changed.insert(key) {
            return Err(refusal("a key is changed twice"));
        }
    }
    for key in &batch.delete {
        if !changed.insert(key) {
            return Err(refusal("a key is changed twice"));
        }
    }
    let expected = batch.expect.iter().map(|(key, _)| key);
    if changed.into_iter().chain(expected).any(|key| key.len() > MAX_STORE_KEY) {
        return Err(refusal("a key is too long"));
    }
    Ok(())
}

fn refusal(why: &str) -> CommitError {
    CommitError::Failed(StoreError(format!("batch refused: {why}")))
}
