//! How often something is asked again, and after what pause.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; M. Brooker, "Exponential Backoff And
//! Jitter" (AWS Architecture Blog): a random pause between nothing and a bound that doubles.

use std::time::Duration;
use strongroom_crypto::Entropy;

/// Bounds of asking again.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// Most requests, the first included; at least one is sent.
    pub attempts: u32,
    /// The bound of the first pause; it doubles with each.
    pub base: Duration,
    /// The bound that no pause exceeds.
    pub cap: Duration,
    /// Most time for everything, pauses and all attempts together.
    pub total: Duration,
}

impl Retries {
    /// One request, and no other.
    #[must_use]
    pub const fn never(deadline: Duration) -> Self {
        Self { attempts: 1, base: Duration::ZERO, cap: Duration::ZERO, total: deadline }
    }

    /// Five requests within a minute. Our choice: AWS's SDKs send three; a person who encrypts a
    /// directory would rather wait than begin again.
    #[must_use]
    pub const fn standard() -> Self {
        let (base, cap) = (Duration::from_millis(200), Duration::from_secs(5));
        Self { attempts: 5, base, cap, total: Duration::from_secs(60) }
    }

    /// The pause after the attempt of this number, the first being 0: anything up to the bound.
    #[must_use]
    pub fn pause(&self, attempt: u32, entropy: &dyn Entropy) -> Duration {
        let most = self.base.saturating_mul(1 << attempt.min(16)).min(self.cap);
        let mut random = [0; 4];
        // Without randomness there is no jitter, and the pause is as long as it may be.
        let part = match entropy.fill(&mut random) {
            Ok(()) => u32::from_ne_bytes(random),
            Err(_) => u32::MAX,
        };
        let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        let nanos = u128::from(nanos) * u128::from(part) / u128::from(u32::MAX);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::EntropyError;

    struct Always(u8);
    impl Entropy for Always {
        fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
            out.fill(self.0);
            Ok(())
        }
    }
    struct Never;
    impl Entropy for Never {
        fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }

    #[test]
    fn a_pause_is_between_nothing_and_a_bound_that_doubles() {
        let retries = Retries::standard();
        for attempt in [0, 1, 2, 3, 4, 5, 63, u32::MAX] {
            let bound = retries.base.saturating_mul(1 << attempt.min(16)).min(retries.cap);
            assert_eq!(retries.pause(attempt, &Always(0)), Duration::ZERO);
            assert_eq!(retries.pause(attempt, &Always(255)), bound);
            assert_eq!(retries.pause(attempt, &Never), bound);
            let half = retries.pause(attempt, &Always(127));
            assert!(half > bound / 3 && half < bound / 2 + Duration::from_millis(1));
        }
        assert_eq!(retries.pause(1, &Never), retries.base * 2);
        assert_eq!(retries.pause(9, &Never), retries.cap);
    }
}
