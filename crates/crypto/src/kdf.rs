//! Key derivation: NIST SP 800-108r1 counter mode with HMAC-SHA-256, the construction by which
//! AWS KMS derives a fresh key for each message.

use crate::secret::SecretKey;
use aws_lc_rs::kdf::{KbkdfCtrHmacAlgorithmId, get_kbkdf_ctr_hmac_algorithm, kbkdf_ctr_hmac};
use std::fmt;

/// The derivation failed inside AWS-LC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KdfError;

impl fmt::Display for KdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("key derivation failed")
    }
}

impl std::error::Error for KdfError {}

/// Derives a 256-bit key: K(i) = HMAC-SHA-256(`key`, [i]₃₂ ‖ label ‖ 0x00 ‖ context ‖ [256]₃₂).
///
/// `label` says what the derived key is for and must not contain a zero byte; `context` makes it
/// unique (a nonce, an identifier). The length field is part of what is hashed, as SP 800-108r1
/// §4.1 recommends.
///
/// # Errors
/// When AWS-LC refuses, which it does only for outputs far longer than ours.
pub fn derive(key: &SecretKey, label: &str, context: &[u8]) -> Result<SecretKey, KdfError> {
    debug_assert!(!label.as_bytes().contains(&0));
    let mut info = Vec::with_capacity(label.len() + context.len() + 5);
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    info.extend_from_slice(context);
    info.extend_from_slice(&256_u32.to_be_bytes());
    let algorithm =
        get_kbkdf_ctr_hmac_algorithm(KbkdfCtrHmacAlgorithmId::Sha256).ok_or(KdfError)?;
    SecretKey::fill_with(|out| {
        kbkdf_ctr_hmac(algorithm, key.expose(), &info, out).map_err(|_| KdfError)
    })
}
