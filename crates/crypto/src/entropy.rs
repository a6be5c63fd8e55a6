//! The entropy port: where random bytes come from.

use rand_core::{TryCryptoRng, TryRng};
use std::cell::RefCell;
use std::fmt;

/// A source of random bytes fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `out` whole.
    ///
    /// # Errors
    /// When the source fails; `out` must then not be used.
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError>;

    /// Fills `out` whole for a name, of which nothing depends on that it is never seen again: an
    /// identifier of a request. A source may draw many at once, and a copy of the running machine may
    /// then repeat a few.
    ///
    /// # Errors
    /// When the source fails; `out` must then not be used.
    fn fill_name(&self, out: &mut [u8; 16]) -> Result<(), EntropyError> {
        self.fill(out)
    }
}

/// The random source failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyError;

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the random source failed")
    }
}

impl std::error::Error for EntropyError {}

/// The DRBG of AWS-LC (SP 800-90A CTR_DRBG, seeded by the operating system).
#[derive(Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the entropy port")]
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        aws_lc_rs::rand::fill(out).map_err(|_| EntropyError)
    }

    fn fill_name(&self, out: &mut [u8; 16]) -> Result<(), EntropyError> {
        NAMES.with_borrow_mut(|names| {
            let name = match names.pop() {
                Some(name) => name,
                None => {
                    let mut drawn = [[0; 16]; NAMES_AT_ONCE];
                    self.fill(drawn.as_flattened_mut())?;
                    names.extend(drawn);
                    names.pop().ok_or(EntropyError)?
                }
            };
            *out = name;
            Ok(())
        })
    }
}

/// Names drawn at once. Our choice: drawing as many takes little longer than drawing one.
const NAMES_AT_ONCE: usize = 32;

thread_local! {
    static NAMES: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
}

/// The same source, for the libraries that take their randomness by this trait.
impl TryRng for SystemEntropy {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.fill(out)
    }
}

impl TryCryptoRng for SystemEntropy {}
