//! How often values of which size were seen.

use crate::Counter;

/// Values counted by size, in whole numbers of whatever unit they have: nanoseconds, bytes, records.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    /// The greatest value of each bucket, ascending.
    bounds: &'static [u64; N],
    buckets: [Counter; N],
    beyond: Counter,
    sum: Counter,
}

impl<const N: usize> Histogram<N> {
    /// Nothing was seen yet. `bounds` are the greatest values of the buckets, ascending; what is greater
    /// than all is counted, too.
    #[must_use]
    pub const fn new(bounds: &'static [u64; N]) -> Self {
        let (buckets, beyond) = ([const { Counter::new() }; N], Counter::new());
        Self { bounds, buckets, beyond, sum: Counter::new() }
    }

    /// Counts a value.
    pub fn observe(&self, value: u64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.buckets.get(at).unwrap_or(&self.beyond).increment();
        self.sum.add(value);
    }

    /// Counts how many there were of something in memory.
    pub fn observe_len(&self, value: usize) {
        self.observe(u64::try_from(value).unwrap_or(u64::MAX));
    }

    /// Counts a time, in nanoseconds.
    pub fn observe_time(&self, time: std::time::Duration) {
        self.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What was seen until now. Values that are being counted at this moment may be in part of it.
    #[must_use]
    pub fn distribution(&self) -> Distribution {
        let buckets = self.bounds.iter().zip(&self.buckets);
        Distribution {
            buckets: buckets.map(|(bound, counter)| (*bound, counter.count())).collect(),
            beyond: self.beyond.count(),
            sum: self.sum.count(),
        }
    }
}

/// What a histogram has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    /// The greatest value of each bucket, ascending, and how many were in it and not in one before.
    pub buckets: Vec<(u64, u64)>,
    /// How many were greater than all of them.
    pub beyond: u64,
    /// The sum of all values.
    pub sum: u64,
}

impl Distribution {
    /// How many values.
    #[must_use]
    pub fn count(&self) -> u64 {
        let within = self.buckets.iter().map(|(_, count)| count);
        within.fold(self.beyond, |sum, count| sum.wrapping_add(*count))
    }

    /// Adds what another histogram with the same buckets has seen.
    pub fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            for ((_, count), (_, more)) in self.buckets.iter_mut().zip(&other.buckets) {
                *count = count.wrapping_add(*more);
            }
        }
        self.beyond = self.beyond.wrapping_add(other.beyond);
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOUNDS: [u64; 3] = [10, 20, 40];

    #[test]
    fn a_value_is_in_the_first_bucket_that_takes_it() {
        let seen = Histogram::new(&BOUNDS);
        for value in [0, 10, 11, 20, 21, 40, 41, 1000] {
            seen.observe(value);
        }
        let expected =
            Distribution { buckets: vec![(10, 2), (20, 2), (40, 2)], beyond: 2, sum: 1143 };
        assert_eq!(seen.distribution(), expected);
        assert_eq!(expected.count(), 8);
    }

    #[test]
    fn distributions_add_up() {
        let (one, other) = (Histogram::new(&BOUNDS), Histogram::new(&BOUNDS));
        one.observe(5);
        other.observe_len(15);
        other.observe_time(std::time::Duration::from_nanos(50));
        let mut sum = Distribution::default();
        sum.add(&one.distribution());
        sum.add(&other.distribution());
        let expected =
            Distribution { buckets: vec![(10, 1), (20, 1), (40, 0)], beyond: 1, sum: 70 };
        assert_eq!(sum, expected);
    }
}
