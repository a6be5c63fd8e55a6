//! Records that nothing waits for and of which there is a bound: so many in a minute of each of whom
//! they are about.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use strongroom_types::Timestamp;

/// The most records of one in a minute. Our choice.
const MOST_IN_A_MINUTE: u64 = 60;
/// The most who are counted in a minute; of others there is no record.
const MOST: usize = 10_000;

/// How many records there were of each.
pub(crate) struct Bounded<K>(Mutex<HashMap<K, Count>>);

impl<K> Default for Bounded<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[derive(Default)]
struct Count {
    minute: i64,
    recorded: u64,
    suppressed: u64,
}

impl<K: Hash + Eq> Bounded<K> {
    /// Whether there may be one more record of `who`: if so, how many there were not since the one
    /// before.
    pub(crate) fn admit<Q>(&self, who: &Q, now: Timestamp) -> Option<u64>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let minute = now.millis().div_euclid(Timestamp::MINUTE);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(who) && counts.len() >= MOST {
            counts.retain(|_, count| count.minute == minute);
            if counts.len() >= MOST {
                return None;
            }
        }
        let count = counts.entry(who.to_owned()).or_default();
        if count.minute != minute {
            count.minute = minute;
            count.recorded = 0;
        }
        if count.recorded >= MOST_IN_A_MINUTE {
            count.suppressed = count.suppressed.saturating_add(1);
            return None;
        }
        count.recorded += 1;
        Some(std::mem::take(&mut count.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_records_in_a_minute() {
        let (counts, minute) = (Bounded::<String>::default(), Timestamp::MINUTE);
        let at = |millis| Timestamp::from_millis(millis);
        for _ in 0..60 {
            assert_eq!(counts.admit("AKIA1", at(1)), Some(0));
        }
        for _ in 0..7 {
            assert_eq!(counts.admit("AKIA1", at(minute - 1)), None);
        }
        assert_eq!(counts.admit("AKIA2", at(2)), Some(0));
        assert_eq!(counts.admit("AKIA1", at(minute)), Some(7));
        assert_eq!(counts.admit("AKIA1", at(minute)), Some(0));
    }

    #[test]
    fn what_is_counted_is_bounded() {
        let counts = Bounded::<String>::default();
        for n in 0..MOST {
            assert!(counts.admit(n.to_string().as_str(), Timestamp::from_millis(1)).is_some());
        }
        assert_eq!(counts.admit("one more", Timestamp::from_millis(2)), None);
        let later = Timestamp::from_millis(Timestamp::MINUTE);
        assert_eq!(counts.admit("one more", later), Some(0));
    }
}
