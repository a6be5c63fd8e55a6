//! Latencies, counted in buckets no wider than 1/64 of their value.

use std::time::Duration;

/// Buckets to each power of two, as a power of two.
const FINENESS: u32 = 6;
/// One past the largest bucket of a 64-bit number of nanoseconds.
const BUCKETS: usize = 64 << FINENESS;

/// How many requests took how long. Its size is fixed: recording allocates nothing.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
            self.total += 1;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (to, from) in self.counts.iter_mut().zip(&other.counts) {
            *to += from;
        }
        self.total += other.total;
    }

    /// How many were recorded.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The latency that `per_mille` of a thousand requests did not exceed, rounded up to the end
    /// of its bucket: nearest-rank percentile. `None` when nothing was recorded.
    pub(crate) fn percentile(&self, per_mille: u32) -> Option<Duration> {
        let rank = (u128::from(self.total) * u128::from(per_mille)).div_ceil(1000).max(1);
        let mut seen = 0_u128;
        let mut counts = self.counts.iter().enumerate();
        let (index, _) = counts.find(|(_, count)| {
            seen += u128::from(**count);
            seen >= rank
        })?;
        Some(Duration::from_nanos(upper_end(index)))
    }
}

/// Values below 2^[`FINENESS`] have a bucket each; from there on the leading bits choose it.
fn bucket(nanos: u64) -> usize {
    let magnitude = (64 - nanos.leading_zeros()).saturating_sub(FINENESS + 1);
    let leading = nanos >> magnitude;
    usize::try_from((u64::from(magnitude) << FINENESS) + leading).unwrap_or(usize::MAX)
}

/// The largest value in bucket `index`.
fn upper_end(index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    let magnitude = (index >> FINENESS).saturating_sub(1);
    let leading = index - (magnitude << FINENESS);
    (((u128::from(leading) + 1) << magnitude) - 1).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_a_bucket_that_ends_at_most_a_64th_above_it() {
        let around = |power: u32| [(1_u64 << power) - 1, 1 << power, (1 << power) + 1];
        for nanos in (0..64).flat_map(around).chain([u64::MAX, 12_345, 987_654_321]) {
            let index = bucket(nanos);
            assert!(index < BUCKETS, "{nanos}");
            let end = upper_end(index);
            assert!(end >= nanos && end - nanos <= nanos / 64, "{nanos} {end}");
        }
    }

    #[test]
    fn buckets_follow_one_another() {
        for index in 1..bucket(u64::MAX) {
            assert_eq!(bucket(upper_end(index - 1) + 1), index);
        }
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.percentile(500), None);
        (1..=60).for_each(|nanos| histogram.record(Duration::from_nanos(nanos)));
        let at = |per_mille| histogram.percentile(per_mille).unwrap().as_nanos();
        assert_eq!((at(0), at(500), at(990), at(999), at(1000)), (1, 30, 60, 60, 60));
    }

    #[test]
    fn sums_are_as_if_recorded_together() {
        let (mut one, mut two) = (Histogram::new(), Histogram::new());
        one.record(Duration::from_nanos(10));
        two.record(Duration::from_nanos(50));
        one.add(&two);
        assert_eq!(one.total(), 2);
        assert_eq!(one.percentile(1000), Some(Duration::from_nanos(50)));
    }
}
