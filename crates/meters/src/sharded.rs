//! Meters of which threads have their own, so that none waits for another's cache line.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most shards: whoever has more threads shares them.
const MOST: usize = 64;

static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of this thread, given at its first use of any sharded meter.
    static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
}

/// A shard on cache lines of its own: 128 bytes, as processors fetch lines of 64 in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard<T>(T);

/// Values of one kind, of which each thread uses one. Threads beyond the number of shards share.
#[derive(Debug)]
pub struct Sharded<T> {
    first: Shard<T>,
    others: Box<[Shard<T>]>,
}

impl<T> Sharded<T> {
    /// As many shards as `threads` use them, 64 at most, each made by `make`.
    pub fn new(threads: usize, make: impl Fn() -> T) -> Self {
        let others = (1..threads.min(MOST)).map(|_| Shard(make())).collect();
        Self { first: Shard(make()), others }
    }

    /// This thread's.
    #[must_use]
    pub fn mine(&self) -> &T {
        let number = NUMBER.with(|number| {
            number.get().unwrap_or_else(|| {
                let given = NEXT.fetch_add(1, Ordering::Relaxed);
                number.set(Some(given));
                given
            })
        });
        let at = number % (self.others.len() + 1);
        let shard = at.checked_sub(1).and_then(|at| self.others.get(at));
        &shard.unwrap_or(&self.first).0
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.first).chain(&self.others).map(|shard| &shard.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Counter;

    #[test]
    fn what_threads_count_adds_up() {
        let counts = Sharded::new(4, Counter::new);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        counts.mine().increment();
                    }
                });
            }
        });
        assert_eq!(counts.all().map(Counter::count).sum::<u64>(), 8000);
        assert_eq!(counts.all().count(), 4);
    }

    #[test]
    fn a_thread_keeps_its_shard() {
        let counts = Sharded::new(7, Counter::new);
        for _ in 0..10 {
            counts.mine().increment();
        }
        assert!(counts.all().any(|counter| counter.count() == 10));
    }

    #[test]
    fn there_is_one_at_least() {
        let counts = Sharded::new(0, Counter::new);
        counts.mine().increment();
        assert_eq!(counts.all().count(), 1);
    }
}
