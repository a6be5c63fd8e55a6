//! How many requests of one account are under way at once. The others wait their turn, so that what
//! one account sends at once is served at the pace at which it is served, and other accounts find
//! the threads, the journal and the processor with no more than this many of its requests.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_types::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Parts, each behind a lock of its own.
const SHARDS: u64 = 16;
/// How many requests of an account may wait. Our choice: each holds one of the server's turns, of
/// which there are 1024 for all accounts; a client's usual pool of 50 connections waits without
/// being refused.
const MOST_WAITING: usize = 64;

/// Who is served.
pub(crate) struct InFlight {
    most: Option<usize>,
    shards: [Mutex<Gates>; SHARDS as usize],
}

type Gates = HashMap<Entrant, Arc<Gate>>;

/// Whose requests share places: an account's own, or those of whoever a provider vouches for and
/// the account has not yet let in. So these keep none of its own waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Entrant {
    pub(crate) account: AccountId,
    pub(crate) vouched_for: bool,
}

/// One entrant's.
struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A place among those that are served, for as long as it is kept.
pub(crate) struct Place<'a>(Option<(&'a InFlight, Entrant, OwnedSemaphorePermit)>);

impl InFlight {
    /// At most so many of each account at once; without a number any number.
    pub(crate) fn new(most: Option<usize>) -> Self {
        Self { most, shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Waits for a place. `None` if too many wait for one.
    pub(crate) async fn enter(&self, entrant: Entrant) -> Option<Place<'_>> {
        let Some(most) = self.most else { return Some(Place(None)) };
        let gate = {
            let mut gates = self.gates(entrant)?;
            let fresh =
                || Gate { places: Arc::new(Semaphore::new(most)), waiting: AtomicUsize::new(0) };
            gates.entry(entrant).or_insert_with(|| Arc::new(fresh())).clone()
        };
        let permit = match gate.places.clone().try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => {
                let queue = Queued::join(&gate.waiting)?;
                let permit = gate.places.clone().acquire_owned().await;
                drop(queue);
                // Nobody closes it.
                permit.ok()
            }
        };
        permit.map(|permit| Place(Some((self, entrant, permit))))
    }

    /// There always is a part that an account belongs to.
    fn gates(&self, entrant: Entrant) -> Option<MutexGuard<'_, Gates>> {
        let at = usize::try_from(entrant.account.number() % SHARDS).ok()?;
        Some(self.shards.get(at)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One who waits, until it is dropped.
struct Queued<'a>(&'a AtomicUsize);

impl<'a> Queued<'a> {
    fn join(waiting: &'a AtomicUsize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::SeqCst);
        let queued = Self(waiting);
        (before < MOST_WAITING).then_some(queued)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some((all, entrant, permit)) = self.0.take() else { return };
        drop(permit);
        let Some(mut gates) = all.gates(entrant) else { return };
        // Whoever enters takes a handle under this lock, and keeps it until it has a place.
        let idle = |gate: &Arc<Gate>| {
            Arc::strong_count(gate) == 1 && Some(gate.places.available_permits()) == all.most
        };
        if gates.get(&entrant).is_some_and(idle) {
            gates.remove(&entrant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn account(number: u64) -> Entrant {
        Entrant { account: AccountId::from_number(number).unwrap(), vouched_for: false }
    }

    /// The place, if there is one now.
    fn now<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_account_has_so_many_places_and_no_other_waits_for_them() {
        let all = InFlight::new(Some(2));
        let first = now(pin!(all.enter(account(1)))).flatten();
        let second = now(pin!(all.enter(account(1)))).flatten();
        assert!(first.is_some() && second.is_some());
        let mut third = pin!(all.enter(account(1)));
        assert!(now(third.as_mut()).is_none());
        assert!(now(pin!(all.enter(account(2)))).flatten().is_some());
        let vouched_for = Entrant { vouched_for: true, ..account(1) };
        assert!(now(pin!(all.enter(vouched_for))).flatten().is_some());
        drop(first);
        assert!(now(third.as_mut()).flatten().is_some());
    }

    #[test]
    fn nothing_is_kept_of_who_is_gone() {
        let all = InFlight::new(Some(1));
        for number in 0..1000 {
            drop(now(pin!(all.enter(account(number)))).flatten());
        }
        let kept: usize = all.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert_eq!(kept, 0);
    }

    #[test]
    fn no_more_wait_than_may() {
        let all = InFlight::new(Some(1));
        let place = now(pin!(all.enter(account(1)))).flatten();
        let mut waiting: Vec<_> =
            (0..MOST_WAITING).map(|_| Box::pin(all.enter(account(1)))).collect();
        assert!(waiting.iter_mut().all(|one| now(one.as_mut()).is_none()));
        assert!(matches!(now(pin!(all.enter(account(1)))), Some(None)));
        // Who gives up makes room.
        drop(waiting.pop());
        assert!(now(pin!(all.enter(account(1)))).is_none());
        drop(place);
    }
}
