//! What is signed.

use super::UseError;
use aws_lc_rs::digest::{self, Algorithm, Digest};

/// A message, or what stands for it, by the `MessageType` of Sign and Verify.
#[derive(Clone, Copy)]
pub enum Message<'a> {
    /// The message itself, of any length.
    Raw(&'a [u8]),
    /// Its digest by the hash of the signing algorithm.
    Digest(&'a [u8]),
    /// The 64-byte representative of FIPS 204, section 6.2, which ML-DSA alone takes.
    ExternalMu(&'a [u8]),
}

impl Message<'_> {
    /// The digest to sign: a raw message is hashed, a digest is taken as it is. So a signature is
    /// the same thing whichever of the two it was made of.
    ///
    /// # Errors
    /// [`UseError::DigestLength`], and [`UseError::Unsupported`] for [`Message::ExternalMu`].
    pub(crate) fn digest(self, algorithm: &'static Algorithm) -> Result<Digest, UseError> {
        match self {
            Self::Raw(message) => Ok(digest::digest(algorithm, message)),
            Self::Digest(digest) => {
                Digest::import_less_safe(digest, algorithm).map_err(|_| UseError::DigestLength)
            }
            Self::ExternalMu(_) => Err(UseError::Unsupported),
        }
    }
}
