//! The one place that reads clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};
use strongroom_types::Timestamp;

/// The monotonic clock, for durations.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads clocks")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The calendar clock, for signatures.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads clocks")]
pub(crate) fn timestamp() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
