//! Whatever KMS keys a message names.
//!
//! Source: AWS Encryption SDK specification, "AWS KMS Discovery Keyring" and "AWS KMS MRK Aware
//! Symmetric Region Discovery Keyring".

use super::arn::Arn;
use super::kms::{data_key, named_key, unexpected};
use super::raw_aes::none_of;
use super::{Keyring, Unwrapped, WrapRequest, Wrapped};
use crate::data_key::{DataKey, EncryptedDataKey};
use crate::error::{Error, KeyringError, MaterialsFault};
use crate::kms::{BoxFuture, Decrypt, Kms};
use crate::materials::DecryptionRequest;
use std::sync::Arc;

/// The keys that are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveryFilter {
    /// Their partition, for example `aws`.
    pub partition: String,
    /// Their accounts.
    pub accounts: Vec<String>,
}

impl DiscoveryFilter {
    fn allows(&self, arn: &Arn<'_>) -> bool {
        arn.partition == self.partition && self.accounts.iter().any(|own| own == arn.account)
    }
}

/// Decrypts by the keys that a message names. It encrypts nothing.
///
/// Whose keys these are, the message says: without a filter, anybody's that the caller may use.
pub struct KmsDiscoveryKeyring {
    kms: Arc<dyn Kms>,
    filter: Option<DiscoveryFilter>,
    /// The one Region that is asked, also for related keys of others.
    region: Option<String>,
    grant_tokens: Vec<String>,
}

impl KmsDiscoveryKeyring {
    /// Without a filter, each key in its own Region.
    #[must_use]
    pub fn new(kms: Arc<dyn Kms>) -> Self {
        Self { kms, filter: None, region: None, grant_tokens: Vec::new() }
    }

    /// Asks only the keys that `filter` allows.
    #[must_use]
    pub fn with_filter(mut self, filter: DiscoveryFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// With grant tokens for all requests.
    #[must_use]
    pub fn with_grant_tokens(mut self, tokens: Vec<String>) -> Self {
        self.grant_tokens = tokens;
        self
    }

    /// Asks in `region` only: keys of that Region, and related ones of multi-Region keys elsewhere.
    #[must_use]
    pub fn multi_region_aware(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// The key to be asked for what names `named`, and its Region.
    fn key_to_ask(&self, named: &Arn<'_>) -> Result<(String, String), &'static str> {
        if self.filter.as_ref().is_some_and(|filter| !filter.allows(named)) {
            return Err("the discovery filter does not allow it");
        }
        let region = match &self.region {
            None => named.region,
            Some(region) if region == named.region || named.is_multi_region() => region,
            Some(_) => return Err("it is in another Region, and no multi-Region key"),
        };
        Ok((named.in_region(region), region.to_owned()))
    }

    async fn decrypt(
        &self,
        key: &EncryptedDataKey,
        named: &Arn<'_>,
        request: &DecryptionRequest,
    ) -> Result<DataKey, String> {
        let (key_id, region) = self.key_to_ask(named)?;
        let decrypt = Decrypt {
            key_id: &key_id,
            region: Some(&region),
            ciphertext: &key.ciphertext,
            context: &request.context,
            grant_tokens: &self.grant_tokens,
        };
        let answer = self.kms.decrypt(decrypt).await.map_err(|error| error.to_string())?;
        if answer.key_arn != key_id {
            return Err(unexpected(&answer.key_arn));
        }
        data_key(answer, request)
    }

    async fn unwrap_one(&self, request: &DecryptionRequest) -> Result<Unwrapped, KeyringError> {
        let mut error = KeyringError::default();
        for key in &request.encrypted_data_keys {
            let tried = match named_key(key) {
                None => continue,
                Some(Err(cause)) => Err(cause.to_owned()),
                Some(Ok(named)) => self.decrypt(key, &named, request).await,
            };
            match tried {
                Ok(data_key) => return Ok(Unwrapped { data_key, encrypted: key.clone() }),
                Err(cause) => error.add(&key.wrapping_key(), &cause),
            }
        }
        Err(none_of(error, request, "any KMS key"))
    }
}

impl Keyring for KmsDiscoveryKeyring {
    fn wrap<'a>(&'a self, _request: WrapRequest<'a>) -> BoxFuture<'a, Result<Wrapped, Error>> {
        Box::pin(async { Err(MaterialsFault::EmptyKeyring.into()) })
    }

    fn unwrap<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<Unwrapped, KeyringError>> {
        Box::pin(self.unwrap_one(request))
    }
}
