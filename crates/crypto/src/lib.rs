//! Typed primitives over one backend, AWS-LC, and over others only for what it does not offer.
//!
//! **Architecture invariant:** this crate knows the names of key specs and algorithms, and nothing
//! else of key management, AWS or I/O. It offers few functions, each hard to misuse, and the types
//! that hold secrets.

pub mod aead;
pub mod asymmetric;
pub mod cbc;
pub mod entropy;
pub mod es384;
pub mod gcm;
pub mod hash;
pub mod hkdf;
pub mod jws;
pub mod kdf;
pub mod key_wrap;
pub mod mac;
pub mod password;
pub mod post_quantum;
pub mod rs256;
pub mod rsa_encryption;
pub mod secret;
pub mod shares;
pub mod sm2;
pub mod stream_signature;

pub use entropy::{Entropy, EntropyError, SystemEntropy};
pub use secret::{SecretBytes, SecretKey};
