//! How often something may happen.

use std::num::NonZeroU32;
use std::time::Duration;

/// The longest time that a burst may stand for. Our choice: what is kept of an account is kept for
/// no longer than this, and no sum of such times comes near the end of 64 bits of nanoseconds.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A number of requests a second, and how many of them may come at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// One more request is allowed each time that this has passed.
    period: Duration,
    burst: NonZeroU32,
}

impl Rate {
    /// So many requests a second, all of which may come at once: AWS counts by the second. At least
    /// one, at most 10⁹.
    #[must_use]
    pub const fn per_second(requests: u32) -> Self {
        let burst = match NonZeroU32::new(requests) {
            Some(burst) => burst,
            None => NonZeroU32::MIN,
        };
        let nanos = 1_000_000_000 / burst.get();
        Self { period: Duration::from_nanos(if nanos == 0 { 1 } else { nanos as u64 }), burst }
    }

    /// One request in so many seconds.
    #[must_use]
    pub const fn one_in(seconds: u64) -> Self {
        Self { period: Duration::from_secs(seconds), burst: NonZeroU32::MIN }
    }

    /// So many requests a second, a fraction of one also, of which `burst` may come at once: without
    /// a number as many as there are in a second, at least one. `None` for what is no rate: nothing
    /// or less, more than 10⁹, or a burst that stands for more than a day.
    #[must_use]
    pub fn of(per_second: f64, burst: Option<NonZeroU32>) -> Option<Self> {
        if !(per_second > 0.0 && per_second <= 1e9) {
            return None;
        }
        let period = Duration::try_from_secs_f64(1.0 / per_second).ok()?;
        let period = period.max(Duration::from_nanos(1));
        let whole = (1_000_000_000_u128).checked_div(period.as_nanos())?;
        let burst = match burst {
            Some(burst) => burst,
            None => NonZeroU32::new(u32::try_from(whole).ok()?).unwrap_or(NonZeroU32::MIN),
        };
        let all = period.checked_mul(burst.get())?;
        (all <= LONGEST).then_some(Self { period, burst })
    }

    /// The time in which one request is earned.
    pub(super) const fn period(self) -> Duration {
        self.period
    }

    /// The same, as the crate that computes with it has it. There always is one.
    pub(super) fn quota(self) -> Option<governor::Quota> {
        Some(governor::Quota::with_period(self.period)?.allow_burst(self.burst))
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each_second = 1.0 / self.period.as_secs_f64();
        // Two digits: AWS's smallest is one in ten seconds.
        let each_second = (each_second * 100.0).round() / 100.0;
        write!(f, "{each_second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_so_many_a_second() {
        assert_eq!(Rate::of(5.0, None), Some(Rate::per_second(5)));
        assert_eq!(Rate::of(100_000.0, None), Some(Rate::per_second(100_000)));
        assert_eq!(Rate::of(0.1, None), Some(Rate::one_in(10)));
        assert_eq!(Rate::of(2.0, NonZeroU32::new(9)).unwrap().burst.get(), 9);
        assert_eq!(
            [Rate::per_second(7), Rate::one_in(10), Rate::one_in(2)].map(|rate| rate.to_string()),
            ["7", "0.1", "0.5"]
        );
    }

    #[test]
    fn what_is_no_rate_is_none() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY, 2e9, 1e-9, 1e-300] {
            assert_eq!(Rate::of(wrong, None), None, "{wrong}");
        }
        assert_eq!(Rate::of(1.0, NonZeroU32::new(86_401)), None);
        assert!(Rate::of(1.0, NonZeroU32::new(86_400)).is_some());
    }
}
