//! Who signs.

use crate::chain::Chain;
use reqsign_core::SigningCredential as _;
use std::fmt;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use tokio::sync::Mutex;

/// An access key. It cannot be printed.
#[derive(Clone)]
pub struct Credentials {
    /// Id of the access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Arc<SecretBytes>,
    /// The session token, of temporary credentials.
    pub session_token: Option<String>,
}

/// Why there are no credentials; for the user. Nothing of a secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsError {
    pub(crate) why: String,
    /// Whether there may be some a little later: who hands them out was not reached, or has failed.
    pub(crate) may_pass: bool,
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for CredentialsError {}

/// Where credentials come from.
pub struct CredentialsSource(Source);

enum Source {
    /// They are given, and last.
    Fixed(Credentials),
    /// They are asked for, and asked for again before they expire.
    Found { chain: Chain, last: Mutex<Option<reqsign_aws_core::Credential>> },
}

impl CredentialsSource {
    /// Always the same.
    #[must_use]
    pub fn fixed(credentials: Credentials) -> Self {
        Self(Source::Fixed(credentials))
    }

    pub(crate) fn found(chain: Chain) -> Self {
        Self(Source::Found { chain, last: Mutex::new(None) })
    }

    /// Credentials that are good for two minutes more at least.
    ///
    /// # Errors
    /// [`CredentialsError`] when there are none, or whoever hands them out does not.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        match &self.0 {
            Source::Fixed(credentials) => Ok(credentials.clone()),
            Source::Found { chain, last } => {
                let mut last = last.lock().await;
                if !last.as_ref().is_some_and(reqsign_aws_core::Credential::is_valid) {
                    *last = Some(chain.ask().await?);
                }
                let found = last.as_ref().map(of).ok_or_else(|| chain.nothing())?;
                Ok(found)
            }
        }
    }

    /// Forgets what was found: it is good no more.
    pub(crate) async fn forget(&self) -> bool {
        match &self.0 {
            Source::Fixed(_) => false,
            Source::Found { last, .. } => last.lock().await.take().is_some(),
        }
    }
}

fn of(found: &reqsign_aws_core::Credential) -> Credentials {
    let secret = SecretBytes::new(found.secret_access_key.clone().into_bytes());
    Credentials {
        access_key_id: found.access_key_id.clone(),
        secret_access_key: Arc::new(secret),
        session_token: found.session_token.clone(),
    }
}
