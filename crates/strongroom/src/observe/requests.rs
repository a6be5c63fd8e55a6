//! Requests by operation, outcome and time.

use super::names::{Code, Served};
use std::sync::OnceLock;
use std::time::Duration;
use strongroom_meters::{Counter, Distribution, Histogram, Sharded};

/// The greatest times of the buckets, nanoseconds: 25 µs to 10 s. Our choice: an Encrypt is answered in
/// the first of them, what waits for a disk in the next, an RSA key is made in the last.
const TIMES: [u64; 18] = [
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Counts requests. One that is served costs three atomic additions on cache lines of the thread's own,
/// and no look-up; one that is refused looks its code up.
pub(crate) struct Requests {
    served: Sharded<Vec<Tally>>,
    /// By operation, then by code. Made when the operation is first refused.
    refused: Vec<OnceLock<Vec<Counter>>>,
}

/// One operation on one thread.
struct Tally {
    times: Histogram<18>,
    ok: Counter,
}

/// What was counted of one operation.
pub(crate) struct Counted {
    pub(crate) served: Served,
    pub(crate) times: Distribution,
    pub(crate) ok: u64,
    /// Codes and how often each was the answer; those that never were are not there.
    pub(crate) refused: Vec<(&'static str, u64)>,
}

impl Requests {
    pub(crate) fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let tally = || Tally { times: Histogram::new(&TIMES), ok: Counter::new() };
        Self {
            served: Sharded::new(threads, || Served::all().map(|_| tally()).collect()),
            refused: Served::all().map(|_| OnceLock::new()).collect(),
        }
    }

    /// Counts a request that was answered, with the code of its refusal if it was refused.
    pub(crate) fn count(&self, served: Served, refusal: Option<&str>, took: Duration) {
        if let Some(tally) = self.served.mine().get(served.number()) {
            tally.times.observe_time(took);
            if refusal.is_none() {
                tally.ok.increment();
            }
        }
        if let Some(code) = refusal {
            self.refuse(served, Code::of(code));
        }
    }

    #[cold]
    fn refuse(&self, served: Served, code: Code) {
        let Some(counts) = self.refused.get(served.number()) else { return };
        let counts = counts.get_or_init(|| Code::all().iter().map(|_| Counter::new()).collect());
        if let Some(count) = counts.get(code.number()) {
            count.increment();
        }
    }

    /// Operations that were asked for, in the order of their numbers.
    pub(crate) fn counted(&self) -> Vec<Counted> {
        Served::all().filter_map(|served| self.of(served)).collect()
    }

    fn of(&self, served: Served) -> Option<Counted> {
        let (mut times, mut ok) = (Distribution::default(), 0_u64);
        for tally in self.served.all().filter_map(|shard| shard.get(served.number())) {
            times.add(&tally.times.distribution());
            ok = ok.wrapping_add(tally.ok.count());
        }
        if times.count() == 0 {
            return None;
        }
        let counts = self.refused.get(served.number()).and_then(OnceLock::get);
        let counts = counts.into_iter().flatten().map(Counter::count);
        let refused = Code::all().iter().copied().zip(counts).filter(|(_, count)| *count > 0);
        Some(Counted { served, times, ok, refused: refused.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_kms::OperationName;

    #[test]
    fn requests_are_counted_by_operation_and_outcome() {
        let requests = Requests::new();
        let (encrypt, decrypt) = (OperationName::Encrypt.into(), OperationName::Decrypt.into());
        requests.count(encrypt, None, Duration::from_micros(20));
        requests.count(encrypt, None, Duration::from_micros(30));
        requests.count(encrypt, Some("DisabledException"), Duration::from_secs(60));
        requests.count(decrypt, Some("what a caller has made up"), Duration::ZERO);
        let counted = requests.counted();
        let told: Vec<_> = counted.iter().map(|c| (c.served.names().1, c.ok)).collect();
        assert_eq!(told, [("Decrypt", 0), ("Encrypt", 2)]);
        assert_eq!(counted[0].refused, [("other", 1)]);
        assert_eq!(counted[1].refused, [("DisabledException", 1)]);
        let times = &counted[1].times;
        assert_eq!((times.count(), times.beyond), (3, 1));
        assert_eq!(times.buckets[..3], [(25_000, 1), (50_000, 1), (100_000, 0)]);
    }
}
