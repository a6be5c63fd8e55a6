//! The wall clock, read for certificates and log lines only; requests are timed by the handler.

use std::time::{SystemTime, UNIX_EPOCH};
use strongroom_types::Timestamp;

/// The present time.
#[expect(clippy::disallowed_methods, reason = "the one place where the transport reads the clock")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// `time` as a timestamp; times before 1970 read as 1970.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
