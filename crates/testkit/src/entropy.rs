//! Entropy that can be told beforehand: what is drawn depends on the seed and on how much was drawn
//! before.

use crate::failing::{Faults, Port};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use strongroom_crypto::{Entropy, EntropyError, hash};

/// An [`Entropy`] that counts: the n-th block of 32 bytes is SHA-256(seed ‖ n). No two draws are
/// equal, so nonces and keys made of it are as distinct as real ones. A clone draws from the same
/// sequence.
#[derive(Clone)]
pub struct CountedEntropy {
    seed: u64,
    drawn: Arc<AtomicU64>,
    faults: Faults,
}

impl CountedEntropy {
    /// The sequence of `seed`; it fails when `faults` says so for [`Port::Entropy`].
    #[must_use]
    pub fn new(seed: u64, faults: Faults) -> Self {
        Self { seed, drawn: Arc::default(), faults }
    }

    /// Blocks drawn so far.
    #[must_use]
    pub fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::SeqCst)
    }

    /// A sequence that continues where this one stands, and is then its own.
    #[must_use]
    pub fn fork(&self, faults: Faults) -> Self {
        Self { seed: self.seed, drawn: Arc::new(AtomicU64::new(self.drawn())), faults }
    }
}

impl Entropy for CountedEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        if self.faults.strikes(Port::Entropy) {
            return Err(EntropyError);
        }
        for chunk in out.chunks_mut(32) {
            let number = self.drawn.fetch_add(1, Ordering::SeqCst);
            let block = [self.seed.to_be_bytes(), number.to_be_bytes()].concat();
            for (to, from) in chunk.iter_mut().zip(hash::sha256(&block)) {
                *to = from;
            }
        }
        Ok(())
    }
}
