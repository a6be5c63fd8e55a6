//! Clocks, as the engine's port: the system's, and one for tests that runs ahead of it.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use strongroom_engine::ports::Clock;
use strongroom_types::Timestamp;

/// Reads the system clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the clock port")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the clock port")]
    fn steady(&self) -> Duration {
        static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
        BEGINNING.elapsed()
    }
}

/// The system clock, and so many milliseconds on top of it. It is set forward only, so that what
/// has expired stays so.
pub(crate) struct DevClock {
    ahead: AtomicI64,
}

impl DevClock {
    /// A clock that is `ahead` milliseconds ahead.
    pub(crate) fn new(ahead: i64) -> Self {
        Self { ahead: AtomicI64::new(ahead) }
    }

    /// Sets it forward to `ahead` milliseconds ahead; never back.
    pub(crate) fn set(&self, ahead: i64) {
        self.ahead.fetch_max(ahead, Ordering::SeqCst);
    }

    /// Milliseconds that it is ahead.
    pub(crate) fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::SeqCst)
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let real = self.wall().millis();
        Timestamp::from_millis(real.saturating_add(self.ahead()))
    }

    fn steady(&self) -> Duration {
        SystemClock.steady()
    }

    /// Clients sign by the real time.
    fn wall(&self) -> Timestamp {
        SystemClock.now()
    }
}
