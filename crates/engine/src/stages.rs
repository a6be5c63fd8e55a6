//! When a request came to each stage of its path, for whoever traces it. A request that nobody traces
//! has none of this.

use crate::Engine;
use crate::call::Call;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What was done when the stage was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What it is about was found.
    Found,
    /// It was decided that the caller may.
    Decided,
    /// It was done.
    Done,
    /// It was recorded, whatever its outcome.
    Recorded,
}

/// The times at which one request ended its stages, by [`Clock::steady`](crate::ports::Clock::steady).
#[derive(Debug, Default)]
pub struct Stages([AtomicU64; 4]);

impl Stages {
    /// When the stage was over; `None` if the request did not come so far. Of a request that was tried
    /// again, the latest time.
    #[must_use]
    pub fn end_of(&self, stage: Stage) -> Option<Duration> {
        let nanos = self.0.get(stage as usize)?.load(Ordering::Relaxed);
        (nanos > 0).then(|| Duration::from_nanos(nanos))
    }

    pub(crate) fn end(&self, stage: Stage, now: Duration) {
        if let Some(end) = self.0.get(stage as usize) {
            let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).max(1);
            end.store(nanos, Ordering::Relaxed);
        }
    }
}

impl Engine {
    /// Notes that a stage of the call is over, if somebody traces it.
    pub(crate) fn end_of(&self, stage: Stage, call: &Call) {
        if let Some(stages) = &call.stages {
            stages.end(stage, self.steady());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_was_not_come_to_has_no_end() {
        let stages = Stages::default();
        stages.end(Stage::Found, Duration::ZERO);
        stages.end(Stage::Recorded, Duration::from_micros(7));
        assert_eq!(stages.end_of(Stage::Found), Some(Duration::from_nanos(1)));
        assert_eq!(stages.end_of(Stage::Decided), None);
        assert_eq!(stages.end_of(Stage::Recorded), Some(Duration::from_micros(7)));
    }
}
