//! Fresh access keys. The secret is 40 characters as AWS's are, of 64, which makes 240 random bits.

use super::unique_id::access_key_id;
use strongroom_crypto::{Entropy, EntropyError, SecretBytes};
use strongroom_types::AccountId;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LENGTH: usize = 40;

/// A fresh access key of the account: its id, `prefix` (`AKIA`, `ASIA`) and 16 characters, and its
/// secret.
///
/// # Errors
/// When the random source fails.
pub fn fresh_access_key(
    prefix: &str,
    account: AccountId,
    entropy: &dyn Entropy,
) -> Result<(String, SecretBytes), EntropyError> {
    let id = access_key_id(prefix, account, entropy)?;
    let mut secret = SecretBytes::zeroed(LENGTH);
    entropy.fill(secret.expose_mut())?;
    for byte in secret.expose_mut() {
        // The alphabet has a power of two characters, so every one is as likely.
        *byte = ALPHABET.get(usize::from(*byte) % ALPHABET.len()).copied().unwrap_or(b'A');
    }
    Ok((id, secret))
}
