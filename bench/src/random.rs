//! Numbers without pattern, the same in every run.

/// `SplitMix64`.
#[derive(Default)]
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Others than those of another seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_the_algorithm_has() {
        // Of seed 0, as its author's reference has them.
        let mut numbers = Numbers::default();
        assert_eq!(
            [(); 2].map(|()| numbers.next()),
            [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]
        );
    }
}
