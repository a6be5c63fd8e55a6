//! Another KMS, of which two operations are asked: AWS's, or a server that speaks as it does.

use crate::ConfigurationError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strongroom_client::{
    Configuration, Credentials, CredentialsSource, Endpoint, Kms, KmsError, Retries, Terms, tls,
};
use strongroom_crypto::SecretBytes;

/// Where the other KMS is, and what opens it.
#[derive(Clone)]
pub struct RemoteKmsConfiguration {
    /// `https://host` or `https://host:port`; `http://` on the loopback addresses only.
    pub endpoint: String,
    /// The Region that requests are signed for.
    pub region: String,
    /// The key: an id, an ARN or an alias.
    pub key: String,
    /// Id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Arc<SecretBytes>,
    /// The session token, of temporary credentials.
    pub session_token: Option<String>,
    /// PEM file of the authorities that issue the endpoint's certificate. Without it the system's
    /// bundle.
    pub ca_file: Option<PathBuf>,
    /// Most time for one request, connecting included.
    pub deadline: Duration,
}

impl RemoteKmsConfiguration {
    /// How long a request may take unless configured. Our choice.
    pub const DEADLINE: Duration = Duration::from_secs(10);
}

/// Why the other KMS has not done it; for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteKmsError {
    /// It did not answer, or has failed: it may do so later.
    Unavailable(String),
    /// It has refused: it will do so again.
    Refused(String),
}

impl fmt::Display for RemoteKmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for RemoteKmsError {}

/// A key of another KMS. It needs a runtime with timers and sockets.
pub struct RemoteKms {
    /// Where and which, for the operator.
    told: String,
    key: String,
    kms: Kms,
}

impl RemoteKms {
    /// The key of the configuration.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub fn new(configuration: RemoteKmsConfiguration) -> Result<Self, ConfigurationError> {
        let bad = || ConfigurationError::Endpoint(configuration.endpoint.clone());
        let endpoint = Endpoint::parse(&configuration.endpoint).ok_or_else(bad)?;
        // A root key does not go over a network in the clear.
        if !endpoint.tls && !endpoint.is_loopback() {
            return Err(bad());
        }
        if configuration.deadline.is_zero() {
            return Err(ConfigurationError::Deadline);
        }
        let tls = tls::client(configuration.ca_file.as_deref())?;
        let RemoteKmsConfiguration { key, deadline, region, .. } = configuration;
        let credentials = CredentialsSource::fixed(Credentials {
            access_key_id: configuration.access_key_id,
            secret_access_key: configuration.secret_access_key,
            session_token: configuration.session_token,
        });
        let kms = Kms::new(Configuration {
            endpoint,
            region,
            credentials: Arc::new(credentials),
            tls,
            deadline,
            // Whoever opens a root key tries again by itself.
            retries: Retries::never(deadline),
        });
        let told = format!("key {key} of the KMS at {}", configuration.endpoint);
        Ok(Self { told, key, kms })
    }

    /// Encrypts `secret` with this encryption context. Returns the ciphertext and the ARN of the key,
    /// which stays when an alias leads to another one.
    ///
    /// # Errors
    /// [`RemoteKmsError`].
    pub async fn encrypt(
        &self,
        secret: &SecretBytes,
        context: &[(&str, &str)],
    ) -> Result<(Vec<u8>, String), RemoteKmsError> {
        let encrypted = self.kms.encrypt(&self.key, secret, Terms::of(context)).await;
        let encrypted = encrypted.map_err(|why| self.meaning(&why))?;
        Ok((encrypted.ciphertext, encrypted.key))
    }

    /// Decrypts what [`RemoteKms::encrypt`] made with the same context.
    ///
    /// # Errors
    /// [`RemoteKmsError`].
    pub async fn decrypt(
        &self,
        ciphertext: &[u8],
        context: &[(&str, &str)],
    ) -> Result<SecretBytes, RemoteKmsError> {
        let decrypted = self.kms.decrypt(Some(&self.key), ciphertext, Terms::of(context)).await;
        decrypted.map(|it| it.plaintext).map_err(|why| self.meaning(&why))
    }

    fn meaning(&self, why: &KmsError) -> RemoteKmsError {
        let told = format!("{}: {why}", self.told);
        match why {
            // A quota is for a while.
            KmsError::Refused(fault) if !fault.code.contains("LimitExceeded") => {
                RemoteKmsError::Refused(told)
            }
            _ => RemoteKmsError::Unavailable(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(endpoint: &str) -> Result<RemoteKms, ConfigurationError> {
        RemoteKms::new(RemoteKmsConfiguration {
            endpoint: endpoint.to_owned(),
            region: "us-east-1".to_owned(),
            key: "alias/root".to_owned(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: Arc::new(SecretBytes::new(b"secret".to_vec())),
            session_token: None,
            ca_file: None,
            deadline: RemoteKmsConfiguration::DEADLINE,
        })
    }

    #[test]
    fn a_root_key_does_not_go_over_a_network_in_the_clear() {
        for good in ["https://kms.example.com", "http://127.0.0.1:4599", "http://localhost:1"] {
            assert!(at(good).is_ok(), "{good}");
        }
        for bad in [
            "http://kms.example.com",
            "http://10.0.0.1",
            "http://127.example.com",
            "kms.example.com",
            "",
        ] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
