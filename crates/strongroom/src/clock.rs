//! The system's clock, as the engine's port.

use std::time::{SystemTime, UNIX_EPOCH};
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
}
