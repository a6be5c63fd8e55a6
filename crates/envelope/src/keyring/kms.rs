//! Named KMS keys.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS Keyring" and "AWS KMS MRK Aware Symmetric
//! Keyring".

use super::arn::{Arn, MAX_KEY_ID};
use super::raw_aes::none_of;
use super::{AWS_KMS, Keyring, Unwrapped, WrapRequest, Wrapped};
use crate::data_key::{DataKey, EncryptedDataKey};
use crate::error::{Error, KeyringError, MaterialsFault};
use crate::kms::{BoxFuture, Decrypt, DecryptedKey, Encrypt, GenerateDataKey, Kms, KmsError};
use crate::materials::DecryptionRequest;
use std::sync::Arc;

/// The most times that KMS is asked for one message. Our choice: a message has few encrypted data keys
/// that name one of the keys here, and no more under aliases that are not it.
const MAX_REQUESTS: usize = 32;

/// KMS keys that are named: one makes data keys, all wrap them, any unwraps.
///
/// With keys that are named by ARN, only encrypted data keys that name them are tried, as AWS's SDKs
/// do. An alias or a bare identifier is not in the message; AWS's SDKs do not decrypt by one. Here KMS
/// is asked with it, and must answer with the ARN that the message names. How often it is asked for one
/// message has a bound, since whoever wrote that chose how many encrypted data keys it has.
pub struct KmsKeyring {
    kms: Arc<dyn Kms>,
    keys: Vec<String>,
    grant_tokens: Vec<String>,
    multi_region_aware: bool,
}

impl KmsKeyring {
    /// With a key that makes data keys, by ARN, identifier, alias or ARN of an alias.
    ///
    /// # Errors
    /// [`MaterialsFault::KeyId`].
    pub fn new(kms: Arc<dyn Kms>, generator: &str) -> Result<Self, Error> {
        let keyring =
            Self { kms, keys: Vec::new(), grant_tokens: Vec::new(), multi_region_aware: false };
        keyring.with_key(generator)
    }

    /// With another key that wraps.
    ///
    /// # Errors
    /// [`MaterialsFault::KeyId`].
    pub fn with_key(mut self, key_id: &str) -> Result<Self, Error> {
        if key_id.is_empty() || key_id.len() > MAX_KEY_ID {
            return Err(MaterialsFault::KeyId.into());
        }
        self.keys.push(key_id.to_owned());
        Ok(self)
    }

    /// With grant tokens for all requests.
    #[must_use]
    pub fn with_grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    /// Decrypts with a multi-Region key what a related key in another Region has encrypted. The keyring
    /// may then not have two related keys, which would be one: it fails whatever it is asked, as the
    /// specification demands.
    #[must_use]
    pub fn multi_region_aware(mut self) -> Self {
        self.multi_region_aware = true;
        self
    }

    async fn generate(&self, key_id: &str, request: &WrapRequest<'_>) -> Result<Wrapped, Error> {
        let length = request.suite.data_key_len();
        let generate = GenerateDataKey {
            key_id,
            region: region(key_id),
            number_of_bytes: length,
            context: request.context,
            grant_tokens: &self.grant_tokens,
        };
        let made = self.kms.generate_data_key(generate).await;
        let made = made.map_err(|error| failed(key_id, "GenerateDataKey", &error))?;
        if made.plaintext.len() != length {
            return Err(MaterialsFault::DataKeyLength.into());
        }
        let encrypted = encrypted_under(key_id, &made.key_arn, made.ciphertext)?;
        let data_key = DataKey::new(made.plaintext);
        Ok(Wrapped { data_key, encrypted_data_keys: vec![encrypted] })
    }

    async fn encrypt(
        &self,
        key_id: &str,
        request: &WrapRequest<'_>,
        data_key: &DataKey,
    ) -> Result<EncryptedDataKey, Error> {
        let encrypt = Encrypt {
            key_id,
            region: region(key_id),
            plaintext: data_key.secret(),
            context: request.context,
            grant_tokens: &self.grant_tokens,
        };
        let made = self.kms.encrypt(encrypt).await;
        let made = made.map_err(|error| failed(key_id, "Encrypt", &error))?;
        Ok(encrypted_under(key_id, &made.key_arn, made.ciphertext)?)
    }

    /// Refuses related keys in a keyring that takes them for one.
    fn check_unrelated(&self) -> Result<(), KeyringError> {
        let keys = || self.keys.iter().filter_map(|key_id| Arn::of_key(key_id));
        for (at, key) in keys().enumerate().filter(|_| self.multi_region_aware) {
            let mut before = keys().take(at).filter(Arn::is_multi_region);
            if let Some(other) = before.find(|other| other.is_related_to(&key)) {
                let cause = format!(
                    "it is related to the key in {}, and a keyring that knows of related keys has \
                     one of them",
                    other.region
                );
                return Err(KeyringError::new(&key.in_region(key.region), &cause));
            }
        }
        Ok(())
    }

    /// Whether `key_id` may have encrypted what names `named`.
    fn may_be(&self, key_id: &str, named: &Arn<'_>) -> bool {
        match Arn::parse(key_id) {
            None => key_id.starts_with("alias/") || key_id == named.id,
            Some(_) => match Arn::of_key(key_id) {
                Some(own) if self.multi_region_aware => own.is_related_to(named),
                Some(own) => own == *named,
                // An alias, of which nothing is known but where it is.
                None => Arn::parse(key_id)
                    .is_some_and(|alias| alias.may_name(named, self.multi_region_aware)),
            },
        }
    }

    /// Whether KMS answered with the key that it should have: the one that was asked for, or the one
    /// that the message names.
    fn is_expected(&self, key_id: &str, named: &Arn<'_>, answered: &str) -> bool {
        let Some(answered_arn) = Arn::of_key(answered) else { return false };
        match Arn::of_key(key_id) {
            Some(own) => own == answered_arn,
            None if self.multi_region_aware => answered_arn.is_related_to(named),
            None => answered_arn == *named,
        }
    }

    async fn decrypt(
        &self,
        key_id: &str,
        key: &EncryptedDataKey,
        named: &Arn<'_>,
        request: &DecryptionRequest,
    ) -> Result<DataKey, String> {
        let decrypt = Decrypt {
            key_id,
            region: region(key_id),
            ciphertext: &key.ciphertext,
            context: &request.context,
            grant_tokens: &self.grant_tokens,
        };
        let answer = self.kms.decrypt(decrypt).await.map_err(|error| error.to_string())?;
        if !self.is_expected(key_id, named, &answer.key_arn) {
            return Err(unexpected(&answer.key_arn));
        }
        data_key(answer, request)
    }

    async fn unwrap_one(&self, request: &DecryptionRequest) -> Result<Unwrapped, KeyringError> {
        self.check_unrelated()?;
        let mut error = KeyringError::default();
        let mut asked = 0_usize;
        for key in &request.encrypted_data_keys {
            let Some(named) = named_key(key) else { continue };
            let named = match named {
                Ok(named) => named,
                Err(cause) => {
                    error.add(&key.wrapping_key(), cause);
                    continue;
                }
            };
            for key_id in self.keys.iter().filter(|key_id| self.may_be(key_id, &named)) {
                if asked == MAX_REQUESTS {
                    error.add(key_id, "it was not asked again: the message has too many data keys");
                    return Err(error);
                }
                asked = asked.saturating_add(1);
                match self.decrypt(key_id, key, &named, request).await {
                    Ok(data_key) => return Ok(Unwrapped { data_key, encrypted: key.clone() }),
                    Err(cause) => error.add(key_id, &cause),
                }
            }
        }
        Err(none_of(error, request, &self.keys.join(", ")))
    }
}

impl Keyring for KmsKeyring {
    fn wrap<'a>(&'a self, request: WrapRequest<'a>) -> BoxFuture<'a, Result<Wrapped, Error>> {
        Box::pin(async move {
            self.check_unrelated()?;
            let mut keys = self.keys.iter();
            let mut wrapped = match (request.data_key, keys.clone().next()) {
                (Some(data_key), _) => {
                    Wrapped { data_key: data_key.clone(), encrypted_data_keys: Vec::new() }
                }
                (None, Some(generator)) => {
                    keys.next();
                    self.generate(generator, &request).await?
                }
                (None, None) => return Err(MaterialsFault::EmptyKeyring.into()),
            };
            for key_id in keys {
                let more = self.encrypt(key_id, &request, &wrapped.data_key).await?;
                wrapped.encrypted_data_keys.push(more);
            }
            Ok(wrapped)
        })
    }

    fn unwrap<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<Unwrapped, KeyringError>> {
        Box::pin(self.unwrap_one(request))
    }
}

/// The Region that an ARN of a key or alias names.
fn region(key_id: &str) -> Option<&str> {
    Arn::parse(key_id).map(|arn| arn.region)
}

fn failed(key_id: &str, operation: &str, error: &KmsError) -> KeyringError {
    KeyringError::new(key_id, &format!("{operation} failed: {error}"))
}

fn encrypted_under(
    key_id: &str,
    key_arn: &str,
    ciphertext: Vec<u8>,
) -> Result<EncryptedDataKey, KeyringError> {
    if Arn::of_key(key_arn).is_none() {
        return Err(KeyringError::new(key_id, &unexpected(key_arn)));
    }
    Ok(EncryptedDataKey {
        provider_id: AWS_KMS.to_owned(),
        provider_info: key_arn.as_bytes().to_vec(),
        ciphertext,
    })
}

pub(super) fn unexpected(key_arn: &str) -> String {
    format!("KMS answered with another key: {key_arn}")
}

/// The KMS key that `key` names; none if it is not KMS's, an error if it names none.
pub(super) fn named_key(key: &EncryptedDataKey) -> Option<Result<Arn<'_>, &'static str>> {
    if key.provider_id != AWS_KMS {
        return None;
    }
    let named = str::from_utf8(&key.provider_info).ok().and_then(Arn::of_key);
    Some(named.ok_or("it is no ARN of a KMS key"))
}

pub(super) fn data_key(
    answer: DecryptedKey,
    request: &DecryptionRequest,
) -> Result<DataKey, String> {
    if answer.plaintext.len() != request.suite.data_key_len() {
        return Err(MaterialsFault::DataKeyLength.to_string());
    }
    Ok(DataKey::new(answer.plaintext))
}
