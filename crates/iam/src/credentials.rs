//! Access keys of root users, and the file by which the operator gets the first one.

use std::fmt;
use strongroom_crypto::{Entropy, EntropyError, SecretBytes};
use strongroom_engine::identity::fresh_access_key;
use strongroom_types::AccountId;

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
    /// A fresh long-term access key of the account.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(account: AccountId, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let (id, secret) = fresh_access_key("AKIA", account, entropy)?;
        Ok(Self { id, secret })
    }

    /// The secret, to be shown once to the operator.
    #[must_use]
    pub fn secret_text(&self) -> Option<&str> {
        std::str::from_utf8(self.secret.expose()).ok()
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
        let value = |name: &str| Self::member(text, name).ok_or(AccessKeyError);
        let id = value("aws_access_key_id")?.to_owned();
        let secret = SecretBytes::new(value("aws_secret_access_key")?.as_bytes().to_vec());
        Ok(Self { id, secret })
    }

    /// A member of such a file, if it is there and not empty.
    #[must_use]
    pub fn member<'t>(text: &'t str, name: &str) -> Option<&'t str> {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::SystemEntropy;

    #[test]
    fn a_key_survives_its_file() {
        let key = AccessKey::generate(AccountId::INITIAL, &SystemEntropy).unwrap();
        assert_eq!((key.id.len(), key.secret.len()), (20, 40));
        assert!(key.id.starts_with("AKIA"));
        let read = AccessKey::from_file(&key.to_file()).unwrap();
        assert_eq!(read.id, key.id);
        assert!(read.secret.same_as(key.secret.expose()));
        let empty = SecretBytes::new(b"[default]\naws_access_key_id = \n".to_vec());
        assert_eq!(AccessKey::from_file(&empty).err(), Some(AccessKeyError));
    }
}
