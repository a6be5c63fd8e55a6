//! The client of a KMS.

mod operations;
mod wire;

pub use operations::{DataKey, Decrypted, Encrypted, KeyDescription, ReEncrypted, WrappedDataKey};

use crate::{
    Answer, Connections, Credentials, CredentialsSource, Endpoint, KmsError, Limits, Retries,
    answered, signed,
};
use hyper::header::HOST;
use hyper::{Method, StatusCode};
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_sigv4::Rules;
use tokio::time::Instant;

/// What is kept of answers and connections: an answer is a few KiB.
const LIMITS: Limits = Limits { answer: 64 * 1024, idle: 8 };

/// What goes with a request about a key. Nothing of it is secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// The pairs of the encryption context.
    pub context: &'a [(&'a str, &'a str)],
    /// Grant tokens.
    pub grant_tokens: &'a [String],
}

impl<'a> Terms<'a> {
    /// An encryption context, and nothing else.
    #[must_use]
    pub const fn of(context: &'a [(&'a str, &'a str)]) -> Self {
        Self { context, grant_tokens: &[] }
    }
}

/// Where a KMS is, and what opens it.
pub struct Configuration {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The Region that requests are signed for.
    pub region: String,
    /// Who signs.
    pub credentials: Arc<CredentialsSource>,
    /// Whom its certificate must come from.
    pub tls: Arc<ClientConfig>,
    /// Most time for one request, connecting included.
    pub deadline: Duration,
    /// How often it is asked again.
    pub retries: Retries,
}

/// A KMS. Its futures need a runtime of tokio with I/O and time.
pub struct Kms {
    endpoint: Endpoint,
    region: String,
    credentials: Arc<CredentialsSource>,
    connections: Connections,
    deadline: Duration,
    retries: Retries,
}

impl Kms {
    /// The KMS of the configuration. Nothing is asked yet.
    #[must_use]
    pub fn new(configuration: Configuration) -> Self {
        let Configuration { endpoint, region, credentials, tls, deadline, retries } = configuration;
        let connections = Connections::new(tls, LIMITS);
        Self { endpoint, region, credentials, connections, deadline, retries }
    }

    /// Where it is.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The Region that requests are signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Asks `operation` with this JSON, again where that may help, and returns the answer of a success.
    async fn ask(&self, operation: &str, body: &SecretBytes) -> Result<Answer, KmsError> {
        let began = Instant::now();
        let mut attempt = 0;
        let mut renewed = false;
        loop {
            let refused = match self.once(operation, body).await {
                Ok(answer) => return Ok(answer),
                Err(refused) => refused,
            };
            // Temporary credentials may end between two requests.
            let expired = refused.fault().is_some_and(crate::Fault::has_expired);
            if expired && !renewed && self.credentials.forget().await {
                renewed = true;
                continue;
            }
            let pause = self.retries.pause(attempt, &SystemEntropy);
            attempt += 1;
            let is_late = began.elapsed() + pause >= self.retries.total;
            if attempt >= self.retries.attempts || is_late || !may_help(&refused) {
                return Err(refused);
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(&self, operation: &str, body: &SecretBytes) -> Result<Answer, KmsError> {
        let credentials = self.credentials.credentials().await.map_err(KmsError::Credentials)?;
        let request = self.request(operation, body, &credentials)?;
        let answer = self.connections.ask_whole(&self.endpoint, request);
        let answer = tokio::time::timeout(self.deadline, answer).await;
        let answer = answer.map_err(|_| KmsError::TimedOut)?.map_err(KmsError::Connection)?;
        match answer.status {
            StatusCode::OK => Ok(answer),
            _ => {
                let fault = answered::fault(&answer);
                Err(if fault.may_pass() {
                    KmsError::Failed(fault)
                } else {
                    KmsError::Refused(fault)
                })
            }
        }
    }

    fn request(
        &self,
        operation: &str,
        body: &SecretBytes,
        credentials: &Credentials,
    ) -> Result<hyper::Request<http_body_util::Full<bytes::Bytes>>, KmsError> {
        let headers = vec![
            (HOST.to_string(), self.endpoint.authority()),
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("TrentService.{operation}")),
        ];
        let as_whom = (credentials, self.region.as_str(), Rules::of("kms"));
        let request = signed(Method::POST, ("/", ""), headers, body.expose(), as_whom);
        request.map_err(|why| KmsError::Unsigned(why.to_string()))
    }
}

/// Whether the same request may succeed a little later.
const fn may_help(refused: &KmsError) -> bool {
    use crate::ConnectionError;
    match refused {
        KmsError::Failed(_) | KmsError::TimedOut => true,
        KmsError::Connection(why) => {
            matches!(why, ConnectionError::Unreachable(_) | ConnectionError::Crowded)
        }
        KmsError::Credentials(why) => why.may_pass,
        KmsError::Refused(_) | KmsError::Strange(_) | KmsError::Unsigned(_) => false,
    }
}
