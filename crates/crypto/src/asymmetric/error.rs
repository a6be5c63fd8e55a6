//! Why a key is refused, and why its use is.

use std::fmt;

/// A key that was not made or not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// The spec has no key pair, or the algorithm is none of ours.
    Unsupported,
    /// Not the DER structure it should be, or its members contradict each other.
    Malformed,
    /// A sound key of another algorithm, curve or size.
    OtherSpec,
    /// The library failed, for example for want of memory or entropy.
    Failed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsupported => "there is no such key pair",
            Self::Malformed => "the key is malformed",
            Self::OtherSpec => "the key is of another spec",
            Self::Failed => "the library failed on the key",
        })
    }
}

impl std::error::Error for KeyError {}

/// A use of a key that gave no result.
///
/// What failed to verify or decrypt carries no detail on purpose: the detail would be an oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseError {
    /// The algorithm, or the kind of message, is not one of this key.
    Unsupported,
    /// A digest, or a representative made outside, that has not the length of the algorithm's.
    DigestLength,
    /// The plaintext is longer than the key can encrypt.
    TooLong {
        /// The greatest length in bytes.
        max: usize,
    },
    /// The signature is not one of this message under this key.
    BadSignature,
    /// The ciphertext was not made for this key and algorithm, or was altered.
    BadCiphertext,
    /// The other party's public key is malformed, of another curve, or no point of it.
    BadPublicKey,
    /// The library failed, for example for want of memory or entropy.
    Failed,
}

impl fmt::Display for UseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => f.write_str("the key does not do that"),
            Self::DigestLength => f.write_str("the digest is not of the algorithm's length"),
            Self::TooLong { max } => write!(f, "the plaintext is longer than {max} bytes"),
            Self::BadSignature => f.write_str("the signature is not valid"),
            Self::BadCiphertext => f.write_str("the ciphertext is not valid"),
            Self::BadPublicKey => f.write_str("the public key is not valid"),
            Self::Failed => f.write_str("the library failed"),
        }
    }
}

impl std::error::Error for UseError {}
