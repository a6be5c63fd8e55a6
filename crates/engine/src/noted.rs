//! What is noted in memory and written to the store now and then: that something was used shall cost
//! no write to the store.

use crate::ledger::CommitFailure;
use crate::vault::VaultError;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use strongroom_types::Timestamp;

/// Parts, each behind a lock of its own: requests about different things do not wait for each other.
const SHARDS: usize = 32;
/// The most that is noted between two writings; what is used first beyond that is not noted. Some
/// 20 MB.
const MOST: usize = 131_072;
/// How much is noted before it is time to write.
const CROWDED: usize = MOST / 2;

/// A use.
pub(crate) trait Use: Clone + PartialEq {
    /// When it was.
    fn time(&self) -> Timestamp;
}

/// The last uses that are not yet in the store.
pub(crate) struct Noted<K, V> {
    shards: [Mutex<HashMap<K, V>>; SHARDS],
    hasher: RandomState,
}

impl<K, V> Default for Noted<K, V> {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq + Clone, V: Use> Noted<K, V> {
    /// Notes a use. Returns whether it is time to write.
    pub(crate) fn note<Q>(&self, key: &Q, used: V) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.shard(key).is_some_and(|mut shard| {
            let count = shard.len();
            match shard.get_mut(key) {
                // Requests end in another order than they began in.
                Some(last) if last.time() > used.time() => {}
                Some(last) => *last = used,
                None if count < MOST / SHARDS => drop(shard.insert(key.to_owned(), used)),
                None => {}
            }
            count >= CROWDED / SHARDS
        })
    }

    /// The use that is noted.
    pub(crate) fn of<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.shard(key)?.get(key).cloned()
    }

    /// All that is noted.
    pub(crate) fn all(&self) -> Vec<(K, V)> {
        let pair = |(key, used): (&K, &V)| (key.clone(), used.clone());
        self.shards
            .iter()
            .flat_map(|shard| lock(shard).iter().map(pair).collect::<Vec<_>>())
            .collect()
    }

    /// Forgets what was written, unless it was used again meanwhile. Says whether it was written: what
    /// lost a race stays noted for the next time.
    ///
    /// # Errors
    /// [`VaultError`] when nothing can be written.
    pub(crate) fn settle(
        &self,
        batch: &[(K, V)],
        written: Result<(), CommitFailure>,
    ) -> Result<bool, VaultError> {
        match written {
            Ok(()) => {}
            Err(CommitFailure::Conflict) => return Ok(false),
            Err(CommitFailure::Unrecorded) => {
                return Err(VaultError("last uses could not be written".to_owned()));
            }
        }
        for (key, used) in batch {
            if let Some(mut shard) = self.shard(key)
                && shard.get(key) == Some(used)
            {
                shard.remove(key);
            }
        }
        Ok(true)
    }

    /// The part that `key` belongs to: there always is one.
    fn shard<Q: Hash + ?Sized>(&self, key: &Q) -> Option<MutexGuard<'_, HashMap<K, V>>> {
        let shards = u64::try_from(SHARDS).ok()?;
        let at = usize::try_from(self.hasher.hash_one(key) % shards).ok()?;
        self.shards.get(at).map(lock)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Use for i64 {
        fn time(&self) -> Timestamp {
            Timestamp::from_millis(*self)
        }
    }

    #[test]
    fn what_lost_a_race_stays_noted() {
        let noted = Noted::<String, i64>::default();
        let _ = noted.note("a", 1);
        let batch = noted.all();
        assert_eq!(noted.settle(&batch, Err(CommitFailure::Conflict)), Ok(false));
        assert!(noted.settle(&batch, Err(CommitFailure::Unrecorded)).is_err());
        assert_eq!(noted.all(), batch);
        assert_eq!(noted.settle(&batch, Ok(())), Ok(true));
        assert_eq!(noted.all(), []);
    }

    #[test]
    fn the_later_use_counts_and_is_not_forgotten_with_the_earlier() {
        let noted = Noted::<String, i64>::default();
        let _ = noted.note("a", 2);
        let batch = noted.all();
        let _ = noted.note("a", 1);
        assert_eq!(noted.of("a"), Some(2));
        let _ = noted.note("a", 3);
        assert_eq!(noted.settle(&batch, Ok(())), Ok(true));
        assert_eq!((noted.of("a"), noted.of("b")), (Some(3), None));
    }

    #[test]
    fn no_more_is_noted_than_there_is_room_for() {
        let noted = Noted::<i64, i64>::default();
        let crowded = (0..200_000).filter(|key| noted.note(key, 1)).count();
        assert_eq!(noted.all().len(), MOST);
        assert!(crowded > 100_000);
        // What is noted already still is.
        let (known, _) = noted.all()[0];
        let _ = noted.note(&known, 2);
        assert_eq!(noted.of(&known), Some(2));
    }
}
