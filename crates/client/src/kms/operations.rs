//! The operations, a function each.
//!
//! Source: AWS KMS API Reference.

use super::wire::{Answered, Members};
use super::{Kms, Terms};
use crate::KmsError;
use serde::Deserialize;
use strongroom_crypto::SecretBytes;

/// What Encrypt answers.
pub struct Encrypted {
    /// The ciphertext.
    pub ciphertext: Vec<u8>,
    /// ARN of the key, which stays when an alias leads to another one.
    pub key: String,
}

/// What Decrypt answers.
pub struct Decrypted {
    /// The plaintext.
    pub plaintext: SecretBytes,
    /// ARN of the key.
    pub key: String,
}

/// What GenerateDataKey answers.
pub struct DataKey {
    /// The data key.
    pub plaintext: SecretBytes,
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
    /// ARN of the key.
    pub key: String,
}

/// What GenerateDataKeyWithoutPlaintext answers.
pub struct WrappedDataKey {
    /// The data key, encrypted.
    pub ciphertext: Vec<u8>,
    /// ARN of the key.
    pub key: String,
}

/// What ReEncrypt answers.
pub struct ReEncrypted {
    /// The ciphertext under the other key.
    pub ciphertext: Vec<u8>,
    /// ARN of the key that decrypted.
    pub source: String,
    /// ARN of the key that encrypted.
    pub key: String,
}

/// What DescribeKey answers, of which few members are read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyDescription {
    /// ARN of the key.
    pub arn: String,
    /// `Enabled`, `Disabled`, `PendingDeletion` and others.
    pub key_state: String,
    /// `ENCRYPT_DECRYPT` and others.
    pub key_usage: String,
    /// `SYMMETRIC_DEFAULT` and others.
    pub key_spec: String,
    /// Whether related keys of other Regions open its ciphertexts.
    #[serde(default)]
    pub multi_region: bool,
}

impl Kms {
    /// Encrypt: at most 4,096 bytes. `key` is an id, an ARN, an alias or its ARN, here as in the others.
    ///
    /// # Errors
    /// [`KmsError`], here as in the others.
    pub async fn encrypt(
        &self,
        key: &str,
        plaintext: &SecretBytes,
        terms: Terms<'_>,
    ) -> Result<Encrypted, KmsError> {
        let members = Members::new().text("KeyId", key).terms(terms);
        let answer = self.ask("Encrypt", &members.body_with("Plaintext", plaintext)).await?;
        let answered = Answered::read(&answer)?;
        Ok(Encrypted { ciphertext: answered.ciphertext()?, key: answered.key()? })
    }

    /// Decrypt. Given a key, ciphertexts of another are refused.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn decrypt(
        &self,
        key: Option<&str>,
        ciphertext: &[u8],
        terms: Terms<'_>,
    ) -> Result<Decrypted, KmsError> {
        let members =
            Members::new().maybe("KeyId", key).blob("CiphertextBlob", ciphertext).terms(terms);
        let answer = self.ask("Decrypt", &members.body()).await?;
        let answered = Answered::read(&answer)?;
        Ok(Decrypted { plaintext: answered.plaintext()?, key: answered.key()? })
    }

    /// GenerateDataKey: `length` random bytes, 1 to 1,024, in the clear and encrypted.
    ///
    /// # Errors
    /// [`KmsError`]; [`KmsError::Strange`] also when there are more or fewer.
    pub async fn generate_data_key(
        &self,
        key: &str,
        length: usize,
        terms: Terms<'_>,
    ) -> Result<DataKey, KmsError> {
        let answer = self.ask("GenerateDataKey", &data_key(key, length, terms)).await?;
        let answered = Answered::read(&answer)?;
        let (plaintext, ciphertext) = (answered.plaintext()?, answered.ciphertext()?);
        if plaintext.len() != length {
            return Err(KmsError::Strange("a data key of another length"));
        }
        Ok(DataKey { plaintext, ciphertext, key: answered.key()? })
    }

    /// GenerateDataKeyWithoutPlaintext: the same, encrypted only.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn generate_data_key_without_plaintext(
        &self,
        key: &str,
        length: usize,
        terms: Terms<'_>,
    ) -> Result<WrappedDataKey, KmsError> {
        let body = data_key(key, length, terms);
        let answer = self.ask("GenerateDataKeyWithoutPlaintext", &body).await?;
        let answered = Answered::read(&answer)?;
        Ok(WrappedDataKey { ciphertext: answered.ciphertext()?, key: answered.key()? })
    }

    /// ReEncrypt: the plaintext of `ciphertext` under another key, which never leaves the KMS. `from` is
    /// the key that encrypted it, if it shall be no other. Grant tokens are those of `to`.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn re_encrypt(
        &self,
        (from, source_context): (Option<&str>, &[(&str, &str)]),
        ciphertext: &[u8],
        (to, terms): (&str, Terms<'_>),
    ) -> Result<ReEncrypted, KmsError> {
        let members = Members::new()
            .maybe("SourceKeyId", from)
            .blob("CiphertextBlob", ciphertext)
            .context("SourceEncryptionContext", source_context)
            .text("DestinationKeyId", to)
            .context("DestinationEncryptionContext", terms.context)
            .grant_tokens(terms.grant_tokens);
        let answer = self.ask("ReEncrypt", &members.body()).await?;
        let answered = Answered::read(&answer)?;
        let ciphertext = answered.ciphertext()?;
        let (source, key) = answered.keys()?;
        Ok(ReEncrypted { ciphertext, source, key })
    }

    /// DescribeKey.
    ///
    /// # Errors
    /// [`KmsError`].
    pub async fn describe_key(&self, key: &str) -> Result<KeyDescription, KmsError> {
        #[derive(Deserialize)]
        struct Described {
            #[serde(rename = "KeyMetadata")]
            metadata: KeyDescription,
        }
        let body = Members::new().text("KeyId", key).body();
        let answer = self.ask("DescribeKey", &body).await?;
        let described = serde_json::from_slice::<Described>(&answer.body);
        let metadata = described.map_err(|_| KmsError::Strange("no key's metadata"))?.metadata;
        match super::wire::is_arn(&metadata.arn) {
            true => Ok(metadata),
            false => Err(KmsError::Strange("no ARN of a key")),
        }
    }

    /// GenerateRandom: `length` random bytes, 1 to 1,024.
    ///
    /// # Errors
    /// [`KmsError`]; [`KmsError::Strange`] also when there are more or fewer.
    pub async fn generate_random(&self, length: usize) -> Result<SecretBytes, KmsError> {
        let body = Members::new().number("NumberOfBytes", length).body();
        let answer = self.ask("GenerateRandom", &body).await?;
        let random = Answered::read(&answer)?.plaintext()?;
        match random.len() == length {
            true => Ok(random),
            false => Err(KmsError::Strange("random bytes of another number")),
        }
    }
}

fn data_key(key: &str, length: usize, terms: Terms<'_>) -> SecretBytes {
    Members::new().text("KeyId", key).number("NumberOfBytes", length).terms(terms).body()
}
