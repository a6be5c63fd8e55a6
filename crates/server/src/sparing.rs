//! Lines that peers cause, of which there is one in a while.

use crate::log::{Level, log};
use std::time::Duration;
use tokio::time::Instant;

/// The least time between two lines of a kind. A minute: a flood is seen and fills no disk.
const EVERY: Duration = Duration::from_secs(60);

/// A kind of warning, told once a minute at most.
#[derive(Default)]
pub(crate) struct Sparing {
    told: Option<Instant>,
    since: u64,
}

impl Sparing {
    /// Warns with what `line` makes of the number of times that there was reason to since the last
    /// line, this one included.
    pub(crate) fn warn(&mut self, line: impl FnOnce(u64) -> String) {
        if let Some(count) = self.count(Instant::now()) {
            log(Level::Warn, &line(count));
        }
    }

    fn count(&mut self, now: Instant) -> Option<u64> {
        self.since = self.since.saturating_add(1);
        if self.told.is_some_and(|told| now.duration_since(told) < EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_makes_a_line_a_minute_that_counts_it() {
        let (mut sparing, start) = (Sparing::default(), Instant::now());
        let seconds = (0..150).map(Duration::from_secs);
        let told: Vec<_> = seconds.filter_map(|later| sparing.count(start + later)).collect();
        assert_eq!(told, [1, 60, 60]);
    }
}
