//! What the transport counts: connections, handshakes, requests that it does not pass on.

use crate::Limits;
use std::sync::Arc;
use strongroom_meters::{Counter, Histogram};
use tokio::sync::Semaphore;

/// The greatest times of the buckets for handshakes, nanoseconds: 0.5 ms to 10 s.
const HANDSHAKES: [u64; 13] = [
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
    10_000_000_000,
];

/// Counts of one server's connections and requests. A request that is answered costs nothing here:
/// how many are under way is asked of the permits that bound them.
pub struct Traffic {
    /// Connections that were let in.
    pub accepted: Counter,
    /// Connections that were refused since their peer had as many as it may.
    pub refused: Counter,
    /// Connections that were closed to make room for others.
    pub evicted: Counter,
    /// Connections that could not be accepted, most often for want of file descriptors.
    pub failed: Counter,
    /// TLS handshakes that were made, by how long they took: nanoseconds.
    pub handshakes: Histogram<13>,
    /// TLS handshakes that failed.
    pub handshakes_failed: Counter,
    /// TLS handshakes that took too long.
    pub handshakes_late: Counter,
    /// Requests with a body that is too long.
    pub bodies_too_large: Counter,
    /// Requests whose body did not arrive in time.
    pub bodies_too_slow: Counter,
    /// Requests whose client hung up before they were whole.
    pub bodies_broken: Counter,
    pub(crate) places: Permits,
    pub(crate) requests: Permits,
}

/// Permits of which each stands for something that is there while it is held.
pub(crate) struct Permits {
    all: usize,
    pub(crate) semaphore: Arc<Semaphore>,
}

impl Permits {
    fn new(all: u32) -> Self {
        let all = usize::try_from(all).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { all, semaphore: Arc::new(Semaphore::new(all)) }
    }

    fn held(&self) -> usize {
        self.all.saturating_sub(self.semaphore.available_permits())
    }
}

impl Traffic {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            accepted: Counter::new(),
            refused: Counter::new(),
            evicted: Counter::new(),
            failed: Counter::new(),
            handshakes: Histogram::new(&HANDSHAKES),
            handshakes_failed: Counter::new(),
            handshakes_late: Counter::new(),
            bodies_too_large: Counter::new(),
            bodies_too_slow: Counter::new(),
            bodies_broken: Counter::new(),
            places: Permits::new(limits.connections),
            requests: Permits::new(limits.requests),
        })
    }

    /// Connections that are open, and requests that their clients have left behind.
    #[must_use]
    pub fn open(&self) -> usize {
        self.places.held()
    }

    /// Connections that may be open at one time.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places.all
    }

    /// Requests that are with the handler.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.requests.held()
    }
}
