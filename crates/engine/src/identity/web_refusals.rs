//! Refused requests of those whom identity providers vouch for. Each leaves a record, and costs its
//! sender no more than the token that it has anyway; so there is a bound to them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use strongroom_crypto::hash;
use strongroom_types::{Principal, Timestamp};

/// The most refusals of one of them that are recorded within a minute.
const MOST: u32 = 60;
/// The most of them that are known by their refusals within a minute.
const MOST_SUBJECTS: usize = 65_536;

/// The refusals of this minute.
#[derive(Default)]
pub(crate) struct WebRefusals(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    number: i64,
    /// By a digest of provider and subject.
    counts: HashMap<[u8; 32], u32>,
}

impl WebRefusals {
    /// Whether this one has been refused so often that no more is to be recorded of it.
    pub(crate) fn exhausted(&self, who: &Principal, now: Timestamp) -> bool {
        let minute = self.minute(now);
        match minute.counts.get(&name(who)) {
            Some(count) => *count >= MOST,
            None => minute.counts.len() >= MOST_SUBJECTS,
        }
    }

    /// Notes that this one was refused.
    pub(crate) fn note(&self, who: &Principal, now: Timestamp) {
        let count = &mut self.minute(now).counts;
        let count = count.entry(name(who)).or_default();
        *count = count.saturating_add(1);
    }

    fn minute(&self, now: Timestamp) -> MutexGuard<'_, Minute> {
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.seconds().div_euclid(60);
        // Requests end in another order than they began in: a minute that is over does not come back.
        if minute.number < number {
            *minute = Minute { number, counts: HashMap::new() };
        }
        minute
    }
}

fn name(who: &Principal) -> [u8; 32] {
    hash::sha256(who.user_id().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_one_are_bounded_within_a_minute() {
        let (refusals, start) = (WebRefusals::default(), Timestamp::from_millis(1_795_329_420_000));
        let who = |subject: &str| Principal::WebIdentity {
            provider: "id.example.com".to_owned(),
            subject: subject.to_owned(),
        };
        for _ in 0..MOST {
            assert!(!refusals.exhausted(&who("a"), start));
            refusals.note(&who("a"), start);
        }
        assert!(refusals.exhausted(&who("a"), start.plus_millis(59_999)));
        assert!(!refusals.exhausted(&who("b"), start));
        assert!(!refusals.exhausted(&who("a"), start.plus_millis(60_000)));
        for n in 0..MOST_SUBJECTS {
            refusals.note(&who(&n.to_string()), start);
        }
        assert!(refusals.exhausted(&who("c"), start));
        assert!(!refusals.exhausted(&who("7"), start));
    }
}
