//! The wall clock, for the signatures of requests.

use std::time::{SystemTime, UNIX_EPOCH};
use strongroom_types::Timestamp;

/// The present time. Not an engine's clock, which a test may move: whoever is asked compares the
/// time of a signature with its own and refuses what is five minutes off.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where outgoing requests read the clock"
)]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
