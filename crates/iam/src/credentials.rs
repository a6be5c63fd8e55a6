//! Access keys: how they are made, and the file by which the operator gets the first one.
//!
//! Source: IAM User Guide, "IAM identifiers" (prefix `AKIA`, 20 characters); the secret is 40
//! characters as AWS's are, of 64, which makes 240 random bits.

use std::fmt;
use strongroom_crypto::{Entropy, EntropyError, SecretBytes};

const ID_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A new access key: an id that is public and a secret that is not.
pub struct AccessKey {
    /// `AKIA` and 16 letters and digits.
    pub id: String,
    /// 40 characters.
    pub secret: SecretBytes,
}

/// A credentials file that does not have an access key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessKeyError;

impl fmt::Display for AccessKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file has no aws_access_key_id and aws_secret_access_key")
    }
}

impl std::error::Error for AccessKeyError {}

impl AccessKey {
    /// A fresh long-term access key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut random = SecretBytes::zeroed(56);
        entropy.fill(random.expose_mut())?;
        let (id, secret) = random.expose().split_at(16);
        // Both alphabets have a power of two characters, so every one is as likely.
        let pick = |alphabet: &[u8], byte: &u8| {
            alphabet.get(usize::from(*byte) % alphabet.len()).copied().unwrap_or(b'A')
        };
        let id = id.iter().map(|byte| char::from(pick(ID_ALPHABET, byte)));
        let id = "AKIA".chars().chain(id).collect();
        let mut text = SecretBytes::zeroed(secret.len());
        for (to, from) in text.expose_mut().iter_mut().zip(secret) {
            *to = pick(SECRET_ALPHABET, from);
        }
        Ok(Self { id, secret: text })
    }

    /// The form of the AWS shared credentials file, profile `default`.
    #[must_use]
    pub fn to_file(&self) -> SecretBytes {
        let head = format!("[default]\naws_access_key_id = {}\naws_secret_access_key = ", self.id);
        let mut text = Vec::with_capacity(head.len() + self.secret.len() + 1);
        text.extend_from_slice(head.as_bytes());
        text.extend_from_slice(self.secret.expose());
        text.push(b'\n');
        SecretBytes::new(text)
    }

    /// Reads what [`AccessKey::to_file`] wrote.
    ///
    /// # Errors
    /// [`AccessKeyError`] when either line is missing.
    pub fn from_file(text: &SecretBytes) -> Result<Self, AccessKeyError> {
        let text = std::str::from_utf8(text.expose()).map_err(|_| AccessKeyError)?;
        let value = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
                .ok_or(AccessKeyError)
        };
        let id = value("aws_access_key_id")?.to_owned();
        let secret = SecretBytes::new(value("aws_secret_access_key")?.as_bytes().to_vec());
        Ok(Self { id, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::SystemEntropy;

    #[test]
    fn a_key_survives_its_file() {
        let key = AccessKey::generate(&SystemEntropy).unwrap();
        assert_eq!((key.id.len(), key.secret.len()), (20, 40));
        assert!(key.id.starts_with("AKIA"));
        let read = AccessKey::from_file(&key.to_file()).unwrap();
        assert_eq!(read.id, key.id);
        assert!(read.secret.same_as(key.secret.expose()));
        let empty = SecretBytes::new(b"[default]\naws_access_key_id = \n".to_vec());
        assert_eq!(AccessKey::from_file(&empty).err(), Some(AccessKeyError));
    }
}
