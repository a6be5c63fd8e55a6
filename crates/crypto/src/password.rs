//! A key from a passphrase: Argon2id version 1.3 (RFC 9106).

use crate::secret::{SecretBytes, SecretKey};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::fmt;
use zeroize::Zeroize;

/// Bytes of a salt: what RFC 9106 §3.1 recommends.
pub const SALT_LEN: usize = 16;

/// What guessing costs. Whoever stores the salt stores these beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The second recommended option of RFC 9106 §4, for where not 2 GiB of memory can be had: 64 MiB,
    /// 3 passes, 4 lanes.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// The most that is accepted of a file. Our choice: 4 GiB, 64 passes; more would not start in
    /// minutes.
    pub const MOST: Self = Self { memory_kib: 4 << 20, passes: 64, lanes: 64 };

    fn is_bounded(self) -> bool {
        let Self { memory_kib, passes, lanes } = Self::MOST;
        self.memory_kib <= memory_kib && self.passes <= passes && self.lanes <= lanes
    }
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// The costs are none, or beyond [`Cost::MOST`].
    Cost,
    /// The memory is not there.
    Memory,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cost => "the costs of the passphrase are out of bounds",
            Self::Memory => "there is not enough memory for the passphrase",
        })
    }
}

impl std::error::Error for PasswordError {}

/// The key that stands for `passphrase`. It takes as long as `cost` says, on one thread.
///
/// # Errors
/// [`PasswordError`].
pub fn derive(
    passphrase: &SecretBytes,
    salt: &[u8; SALT_LEN],
    cost: Cost,
) -> Result<SecretKey, PasswordError> {
    if !cost.is_bounded() {
        return Err(PasswordError::Cost);
    }
    let Cost { memory_kib, passes, lanes } = cost;
    let params = Params::new(memory_kib, passes, lanes, Some(SecretKey::LEN));
    let params = params.map_err(|_| PasswordError::Cost)?;
    let mut memory: Vec<Block> = Vec::new();
    memory.try_reserve_exact(params.block_count()).map_err(|_| PasswordError::Memory)?;
    memory.resize(params.block_count(), Block::new());
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let key = SecretKey::fill_with(|out| {
        argon.hash_password_into_with_memory(passphrase.expose(), salt, out, &mut memory)
    });
    memory.zeroize();
    key.map_err(|_| PasswordError::Cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Argon2id line of the reference implementation's test suite (P-H-C/phc-winner-argon2,
    /// `test.c`): version 0x13, t = 2, m = 2^8 KiB, p = 1, password `password`, salt `somesalt`.
    /// Its salt has 8 bytes, so the vector is checked on the library itself.
    #[test]
    fn the_reference_vector_holds() {
        let params = Params::new(256, 2, 1, Some(32)).unwrap();
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut out = [0; 32];
        argon.hash_password_into(b"password", b"somesalt", &mut out).unwrap();
        assert_eq!(
            crate::hash::hex(&out),
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
        );
    }

    #[test]
    fn passphrase_salt_and_costs_all_count() {
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        let key = |text: &[u8], salt: u8, cost| {
            derive(&SecretBytes::new(text.to_vec()), &[salt; SALT_LEN], cost).unwrap()
        };
        let first = key(b"passphrase", 1, cost);
        assert!(first.same_as(&key(b"passphrase", 1, cost)));
        assert!(!first.same_as(&key(b"passphrasf", 1, cost)));
        assert!(!first.same_as(&key(b"passphrase", 2, cost)));
        assert!(!first.same_as(&key(b"passphrase", 1, Cost { passes: 2, ..cost })));
    }

    #[test]
    fn costs_are_bounded() {
        let none = Cost { memory_kib: 0, passes: 0, lanes: 0 };
        let many = Cost { memory_kib: u32::MAX, ..Cost::RECOMMENDED };
        for cost in [none, many, Cost { passes: 65, ..Cost::RECOMMENDED }] {
            let key = derive(&SecretBytes::new(b"p".to_vec()), &[0; SALT_LEN], cost);
            assert_eq!(key.err(), Some(PasswordError::Cost), "{cost:?}");
        }
    }
}
