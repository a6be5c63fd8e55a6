//! A client of external key store proxies.
//!
//! What goes to a proxy and comes back is a ciphertext of ours already, so its buffers are not
//! wiped as those of secrets are.
//!
//! Source: AWS KMS XKS Proxy API specification 1.0
//! (<https://github.com/aws/aws-kms-xksproxy-api-spec>).

pub(crate) mod endpoint;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod refusal;
mod wire;

use crate::package::{self, ProxyPackage};
use crate::{ConfigurationError, XksConfiguration};
use bytes::Bytes;
use endpoint::{Rules, key_path, path};
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use std::time::Duration;
use strongroom_client::{ConnectionError, Connections, Limits, clock, tls};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::key_store::{ExternalKey, KeyStoreError, ProxyPlace, Purpose};
use strongroom_sigv4::{AuthError, Rules as SigningRules, Signer, SigningKey};
use wire::Body;

/// The service in the scope of signatures.
const SERVICE: &str = "kms-xks-proxy";
/// What is kept of answers and connections. Our choice: the longest answer that the specification
/// allows, a plaintext of 4,300 bytes, is a tenth of this.
const LIMITS: Limits = Limits { answer: 64 * 1024, idle: 64 };

/// The client of all proxies.
pub(crate) struct Xks {
    rules: Rules,
    deadline: Duration,
    connections: Connections,
}

impl Xks {
    pub(crate) fn new(configuration: &XksConfiguration) -> Result<Self, ConfigurationError> {
        if configuration.deadline.is_zero() {
            return Err(ConfigurationError::Deadline);
        }
        Ok(Self {
            rules: Rules::new(configuration)?,
            deadline: configuration.deadline,
            connections: Connections::new(tls::client(configuration.ca_file.as_deref())?, LIMITS),
        })
    }

    /// Whether the configuration admits the proxy, and its path is one.
    pub(crate) fn check(&self, proxy: &ProxyPlace) -> Result<(), KeyStoreError> {
        self.rules.endpoint(&proxy.endpoint)?;
        path(&proxy.path, "health").map(drop)
    }

    /// Whether the proxy answers, accepts the credentials and has a key manager that works.
    pub(crate) async fn connect(
        &self,
        proxy: &ProxyPlace,
        purpose: &Purpose,
    ) -> Result<(), KeyStoreError> {
        let path = path(&proxy.path, "health")?;
        let answer = self.call(proxy, path, purpose, &Body::health(purpose)).await?;
        wire::healthy(&answer)
    }

    pub(crate) async fn describe(
        &self,
        proxy: &ProxyPlace,
        key: &str,
        purpose: &Purpose,
    ) -> Result<ExternalKey, KeyStoreError> {
        let path = key_path(&proxy.path, key, "metadata")?;
        let answer = self.call(proxy, path, purpose, &Body::metadata(purpose)).await?;
        wire::described(&answer)
    }

    pub(crate) async fn encrypt(
        &self,
        proxy: &ProxyPlace,
        key: &str,
        aad: &[u8],
        plaintext: &[u8],
        purpose: &Purpose,
    ) -> Result<Vec<u8>, KeyStoreError> {
        package::check_lengths(plaintext, aad)?;
        let path = key_path(&proxy.path, key, "encrypt")?;
        let body = Body::encrypt(purpose, aad, plaintext);
        let answer = self.call(proxy, path, purpose, &body).await?;
        wire::encrypted(&answer, aad, plaintext)
    }

    pub(crate) async fn decrypt(
        &self,
        proxy: &ProxyPlace,
        key: &str,
        aad: &[u8],
        package: &[u8],
        purpose: &Purpose,
    ) -> Result<SecretBytes, KeyStoreError> {
        let package = ProxyPackage::parse(package).ok_or(KeyStoreError::Ciphertext)?;
        let path = key_path(&proxy.path, key, "decrypt")?;
        let body = Body::decrypt(purpose, aad, &package);
        let answer = self.call(proxy, path, purpose, &body).await?;
        wire::decrypted(&answer, package.ciphertext().len())
    }

    /// Posts `body` to `path` and returns the body of a success.
    async fn call(
        &self,
        proxy: &ProxyPlace,
        path: String,
        purpose: &Purpose,
        body: &Body<'_>,
    ) -> Result<Bytes, KeyStoreError> {
        let endpoint = self.rules.endpoint(&proxy.endpoint)?;
        let body = serde_json::to_vec(body).map_err(|error| failed(&error))?;
        let request = signed(proxy, &endpoint.authority(), &path, purpose, body)?;
        let answer = self.connections.ask(&endpoint, request);
        let answer = tokio::time::timeout(self.deadline, answer).await;
        let answer = answer.map_err(|_| KeyStoreError::TimedOut)?.map_err(meaning)?;
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            _ => Err(refusal::meaning(&answer)),
        }
    }
}

/// What it means to the engine that there is no answer.
fn meaning(broken: ConnectionError) -> KeyStoreError {
    match broken {
        ConnectionError::Crowded => KeyStoreError::Throttled,
        ConnectionError::Unreachable(why) => KeyStoreError::Unreachable(why),
        ConnectionError::Tls(why) => KeyStoreError::Tls(why),
        ConnectionError::Invalid(why) => KeyStoreError::InvalidResponse(why),
    }
}

/// The request, signed as AWS signs it: host and time, and no other header.
fn signed(
    proxy: &ProxyPlace,
    authority: &str,
    path: &str,
    purpose: &Purpose,
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, KeyStoreError> {
    let headers = signature(proxy, authority, path, purpose, &body);
    let headers = headers.map_err(|error| failed(&error))?;
    let mut request =
        Request::post(path).header(HOST, authority).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    // Host and path were checked: only an access key id that is none cannot stand in a header.
    request.body(Full::new(Bytes::from(body))).map_err(|_| KeyStoreError::ProxyCredentials)
}

fn signature(
    proxy: &ProxyPlace,
    authority: &str,
    path: &str,
    purpose: &Purpose,
    body: &[u8],
) -> Result<Vec<(&'static str, String)>, AuthError> {
    let now = clock::now();
    let date = now.civil().basic_date();
    let key = SigningKey::derive(&proxy.secret, &date, purpose.region.as_str(), SERVICE);
    let signer = Signer::new(&proxy.access_key, None, key, SigningRules::new(SERVICE));
    let headers: [(&str, &[u8]); 1] = [("host", authority.as_bytes())];
    let request = strongroom_sigv4::Request::new("POST", path, "", &headers, body)?;
    signer.headers(&request, now)
}

fn failed(error: &dyn ToString) -> KeyStoreError {
    KeyStoreError::Failed(error.to_string())
}
