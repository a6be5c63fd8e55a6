//! Types that hold secrets: wiped when dropped, and without `Debug`, `Display`, `Clone`,
//! `PartialEq` or serialisation, so that a structure that would leak one does not compile.

use zeroize::Zeroize;

/// A secret of a length known only at run time: a plaintext, a secret access key, a data key.
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes over `bytes`, which must not have been copied elsewhere.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// A secret of `len` zero bytes, to be filled through [`SecretBytes::expose_mut`].
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        Self(vec![0; len])
    }

    /// The bytes that these hexadecimal digits stand for, of either case; `None` for none, an odd
    /// number, or what is no digit.
    #[must_use]
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
        let (pairs, rest) = digits.as_chunks::<2>();
        if digits.is_empty() || !rest.is_empty() {
            return None;
        }
        let mut bytes = Self::zeroed(pairs.len());
        for (to, [high, low]) in bytes.0.iter_mut().zip(pairs) {
            *to = digit(*high)? << 4 | digit(*low)?;
        }
        Some(bytes)
    }

    /// The secret itself. Where this may be named is checked by `cargo xtask tidy`.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret, to be written in place.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Length in bytes; a length is not secret.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares in time that depends on the lengths only.
    #[must_use]
    pub fn same_as(&self, other: &[u8]) -> bool {
        same(&self.0, other)
    }
}

impl Drop for SecretBytes {
    /// Wipes what is there and the room behind it: the barrier keeps the writes, which are plain ones
    /// and so many bytes at a time.
    #[inline(never)]
    fn drop(&mut self) {
        self.0.resize(self.0.capacity(), 0);
        self.0.fill(0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

/// A 256-bit secret key, on the heap so that moving it leaves no copies behind.
pub struct SecretKey(Box<[u8; 32]>);

impl SecretKey {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// A fresh random key.
    ///
    /// # Errors
    /// When the entropy source fails.
    pub fn generate(entropy: &dyn crate::Entropy) -> Result<Self, crate::EntropyError> {
        let mut key = Self(Box::new([0; 32]));
        entropy.fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// A key from exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Self(Box::new([0; 32]));
        if bytes.len() != Self::LEN {
            return None;
        }
        key.0.copy_from_slice(bytes);
        Some(key)
    }

    /// A key whose bytes `fill` writes.
    ///
    /// # Errors
    /// What `fill` returns.
    pub fn fill_with<E>(fill: impl FnOnce(&mut [u8; 32]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Self(Box::new([0; 32]));
        fill(&mut key.0)?;
        Ok(key)
    }

    /// The key itself. Where this may be named is checked by `cargo xtask tidy`.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        same(self.0.as_slice(), other.0.as_slice())
    }
}

impl Drop for SecretKey {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Compares two byte strings in time that depends on their lengths only.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}
