//! The lattice algorithms of NIST: ML-DSA (FIPS 204) signs, ML-KEM (FIPS 203) encapsulates.
//!
//! AWS-LC does what is done with a key, in constant time and about ten times as fast as the
//! alternative in Rust. What its safe interface does not offer comes from RustCrypto: ML-DSA of a
//! representative made outside, and the expansion of ML-KEM's seeds.

mod envelope;
mod ml_dsa;
mod ml_kem;

pub use ml_dsa::{MU_LEN, MlDsaKey, MlDsaPublicKey};
pub use ml_kem::{MlKemKey, MlKemPublicKey};
