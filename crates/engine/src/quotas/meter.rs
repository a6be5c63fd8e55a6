//! How often each account did something: the generic cell rate algorithm, one number of 64 bits an
//! account and Region.

use super::Rate;
use crate::ports::Clock;
use governor::clock::Clock as Measure;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_types::{AccountId, Region};

/// Parts, each behind a lock of its own, held for the time of one look-up: requests of different
/// accounts do not wait for each other.
const SHARDS: usize = 16;
/// How many states a part has before the idle among them are looked for.
const FEW: usize = 256;

/// Who pays for a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Payer {
    /// An account, in all Regions.
    Account(AccountId),
    /// An account in a Region.
    Place(AccountId, Region),
    /// A custom key store of an account in a Region, whoever uses it.
    Store(AccountId, Region, String),
}

/// The port that tells the time, as the crate that measures asks for it.
pub(super) struct Steady(Arc<dyn Clock>);

impl Measure for Steady {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.steady().into()
    }
}

/// Counts what payers do against one rate.
pub(super) struct Meter {
    limiter: RateLimiter<Payer, Handle, Steady, NoOpMiddleware<Nanos>>,
    states: Arc<States>,
}

/// The states, for the limiter.
struct Handle(Arc<States>);

impl Meter {
    pub(super) fn new(rate: Rate, clock: Arc<dyn Clock>) -> Option<Self> {
        let quota: Quota = rate.quota()?;
        let period = Nanos::from(rate.period());
        let states = Arc::new(States::new(period));
        let limiter = RateLimiter::new(quota, Handle(states.clone()), Steady(clock));
        Some(Self { limiter, states })
    }

    /// Counts one. Returns whether there was one left.
    pub(super) fn take(&self, payer: &Payer) -> bool {
        self.limiter.check_key(payer).is_ok()
    }

    /// Takes back one that was counted.
    pub(super) fn give_back(&self, payer: &Payer) {
        self.states.give_back(payer);
    }
}

/// The time at which each payer has all of its burst again.
///
/// **Invariant:** there are at most twice as many states as payers who have not, and [`FEW`] in each
/// part.
struct States {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    period: Nanos,
}

struct Shard {
    states: HashMap<Payer, Nanos>,
    /// With so many it is time to look for those that are idle.
    crowded: usize,
}

impl States {
    fn new(period: Nanos) -> Self {
        let shard = |_| Mutex::new(Shard { states: HashMap::new(), crowded: FEW });
        Self { shards: std::array::from_fn(shard), hasher: RandomState::new(), period }
    }

    /// The part that `payer` belongs to: there always is one.
    fn shard(&self, payer: &Payer) -> Option<MutexGuard<'_, Shard>> {
        let shards = u64::try_from(SHARDS).ok()?;
        let at = usize::try_from(self.hasher.hash_one(payer) % shards).ok()?;
        Some(self.shards.get(at)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One period less until all is there again. Of a state that is forgotten all is there.
    fn give_back(&self, payer: &Payer) {
        let Some(mut shard) = self.shard(payer) else { return };
        if let Some(full) = shard.states.get_mut(payer) {
            *full = full.saturating_sub(self.period);
        }
    }
}

impl StateStore for Handle {
    type Key = Payer;

    fn measure_and_replace<T, F, E>(&self, payer: &Payer, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(payer, decide)
    }
}

impl States {
    fn measure_and_replace<T, F, E>(&self, payer: &Payer, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Some(mut shard) = self.shard(payer) else { return decide(None).map(|(done, _)| done) };
        if let Some(full) = shard.states.get_mut(payer) {
            let (done, then) = decide(Some(*full))?;
            *full = then;
            return Ok(done);
        }
        let (done, then) = decide(None)?;
        if shard.states.len() >= shard.crowded {
            // The first of a payer is one period ahead of the present.
            let now = then.saturating_sub(self.period);
            shard.states.retain(|_, full| *full > now);
            shard.states.shrink_to(FEW);
            shard.crowded = shard.states.len().saturating_mul(2).max(FEW);
        }
        shard.states.insert(payer.clone(), then);
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;
    use strongroom_types::Timestamp;

    #[derive(Default)]
    struct Hands(AtomicU64);

    impl Hands {
        fn pass(&self, millis: u64) {
            self.0.fetch_add(millis, Ordering::SeqCst);
        }
    }

    impl Clock for Hands {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn steady(&self) -> Duration {
            Duration::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    fn account(number: u64) -> Payer {
        Payer::Account(AccountId::from_number(number).unwrap())
    }

    fn kept(meter: &Meter) -> usize {
        meter.states.shards.iter().map(|shard| shard.lock().unwrap().states.len()).sum()
    }

    #[test]
    fn a_second_has_so_many_and_they_come_back_one_by_one() {
        let clock = Arc::new(Hands::default());
        let meter = Meter::new(Rate::per_second(5), clock.clone()).unwrap();
        assert_eq!((0..9).filter(|_| meter.take(&account(1))).count(), 5);
        // Another account has its own.
        assert!(meter.take(&account(2)));
        clock.pass(199);
        assert!(!meter.take(&account(1)));
        clock.pass(1);
        assert!(meter.take(&account(1)));
        assert!(!meter.take(&account(1)));
        clock.pass(60_000);
        assert_eq!((0..9).filter(|_| meter.take(&account(1))).count(), 5);
    }

    #[test]
    fn a_fraction_of_a_second_is_one_in_several() {
        let clock = Arc::new(Hands::default());
        let meter = Meter::new(Rate::one_in(10), clock.clone()).unwrap();
        assert!(meter.take(&account(1)));
        clock.pass(9_999);
        assert!(!meter.take(&account(1)));
        clock.pass(1);
        assert!(meter.take(&account(1)));
    }

    #[test]
    fn what_is_given_back_is_there_again_and_no_more() {
        let clock = Arc::new(Hands::default());
        let meter = Meter::new(Rate::per_second(5), clock.clone()).unwrap();
        while meter.take(&account(1)) {}
        meter.give_back(&account(1));
        meter.give_back(&account(2));
        assert_eq!([1, 1].map(|number| meter.take(&account(number))), [true, false]);
        assert_eq!((0..9).filter(|_| meter.take(&account(2))).count(), 5);
        // What is full gets no fuller.
        clock.pass(60_000);
        (0..9).for_each(|_| meter.give_back(&account(1)));
        assert_eq!((0..9).filter(|_| meter.take(&account(1))).count(), 5);
    }

    #[test]
    fn what_is_idle_is_forgotten() {
        let clock = Arc::new(Hands::default());
        let meter = Meter::new(Rate::per_second(5), clock.clone()).unwrap();
        for number in 1..=100_000 {
            assert!(meter.take(&account(number)));
            // A thousand accounts a second, of which each is idle after 200 ms.
            clock.pass(1);
        }
        let kept = kept(&meter);
        assert!(kept <= SHARDS * FEW, "{kept} states are kept");
    }

    #[test]
    fn who_has_used_it_up_is_not_forgotten() {
        let clock = Arc::new(Hands::default());
        let meter = Meter::new(Rate::per_second(5), clock.clone()).unwrap();
        while meter.take(&account(1)) {}
        for number in 2..=100_000 {
            assert!(meter.take(&account(number)));
        }
        assert!(!meter.take(&account(1)));
        assert_eq!(kept(&meter), 100_000);
    }
}
