//! A brake on what cannot be undone: keys are deleted when the clock says so, and clocks can be
//! wrong.

use std::time::Duration;
use strongroom_types::Timestamp;

/// How long the clock must have run evenly before it is believed. AWS, too, may delete a key up to
/// 24 hours later than scheduled.
const HOLD: Duration = Duration::from_secs(60 * 60);
/// How far the clock may move against the time that has passed.
const DRIFT: Duration = Duration::from_secs(5 * 60);

/// Watches the wall clock against the time that the process has been running.
#[derive(Default)]
pub(crate) struct Brake {
    last: Option<(Timestamp, Duration)>,
    even_since: Duration,
}

/// What is to be done about due keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The clock has run evenly long enough.
    Go,
    /// It has not yet.
    Wait,
    /// It has just jumped, by so many milliseconds; the wait begins anew.
    Jumped(i64),
}

impl Brake {
    /// Looks at the clock: `now` by the wall, `uptime` since the process began.
    pub(crate) fn look(&mut self, now: Timestamp, uptime: Duration) -> Verdict {
        let before = self.last.replace((now, uptime));
        if let Some((wall, up)) = before {
            let passed = millis(uptime.saturating_sub(up));
            let jump = now.millis().saturating_sub(wall.millis()).saturating_sub(passed);
            if jump.unsigned_abs() > millis(DRIFT).unsigned_abs() {
                self.even_since = uptime;
                return Verdict::Jumped(jump);
            }
        }
        if uptime.saturating_sub(self.even_since) < HOLD { Verdict::Wait } else { Verdict::Go }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;

    fn look(brake: &mut Brake, wall: u64, up: u64) -> Verdict {
        let now = Timestamp::from_millis(i64::try_from(wall).unwrap() * 1000);
        brake.look(now, Duration::from_secs(up))
    }

    #[test]
    fn a_clock_that_runs_evenly_is_believed_after_an_hour() {
        let mut brake = Brake::default();
        for minute in 0..60 {
            assert_eq!(
                look(&mut brake, 1_000_000 + minute * MINUTE, minute * MINUTE),
                Verdict::Wait
            );
        }
        assert_eq!(look(&mut brake, 1_000_000 + 60 * MINUTE, 60 * MINUTE), Verdict::Go);
    }

    #[test]
    fn a_jump_either_way_begins_the_wait_anew() {
        let month = 30 * 24 * 60 * MINUTE;
        for jumped in [1_000_000 + month, 1_000_000 - 10 * MINUTE] {
            let mut brake = Brake::default();
            look(&mut brake, 1_000_000, 0);
            assert_eq!(look(&mut brake, 1_000_000 + 60 * MINUTE, 60 * MINUTE), Verdict::Go);
            let verdict = look(&mut brake, jumped, 61 * MINUTE);
            assert!(matches!(verdict, Verdict::Jumped(_)));
            assert_eq!(look(&mut brake, jumped + MINUTE, 62 * MINUTE), Verdict::Wait);
            assert_eq!(look(&mut brake, jumped + 60 * MINUTE, 121 * MINUTE), Verdict::Go);
        }
    }
}
