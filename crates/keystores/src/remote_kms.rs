//! Another KMS, of which two operations are asked: AWS's, or a server that speaks as it does.
//!
//! Source: AWS KMS API Reference, Encrypt, Decrypt.

use crate::connections::{Answer, Connections, Limits};
use crate::xks::Endpoint;
use crate::{ConfigurationError, clock, tls};
use base64_simd::STANDARD as BASE64;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{Rules, Signer, SigningKey};

/// Longest ARN of a key, bytes (AWS KMS API Reference).
const MAX_ARN: usize = 2048;
/// What is kept of answers and connections: an answer is a few KiB.
const LIMITS: Limits = Limits { answer: 64 * 1024, idle: 1 };

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
    configuration: RemoteKmsConfiguration,
    endpoint: Endpoint,
    connections: Connections,
}

#[derive(Deserialize)]
struct Encrypted {
    #[serde(rename = "CiphertextBlob")]
    ciphertext: String,
    #[serde(rename = "KeyId")]
    key: String,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(rename = "__type", default)]
    kind: String,
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
        let address = endpoint.host.parse::<IpAddr>();
        let is_here = endpoint.host == "localhost" || address.is_ok_and(|at| at.is_loopback());
        if !endpoint.tls && !is_here {
            return Err(bad());
        }
        if configuration.deadline.is_zero() {
            return Err(ConfigurationError::Deadline);
        }
        let tls = tls::client(configuration.ca_file.as_deref())?;
        Ok(Self { endpoint, connections: Connections::new(tls, LIMITS), configuration })
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
        let mut plaintext = SecretBytes::zeroed(BASE64.encoded_length(secret.len()));
        let to = base64_simd::Out::from_slice(plaintext.expose_mut());
        let _ = BASE64.encode(secret.expose(), to);
        // Base64 needs no escapes.
        let head = json!({ "KeyId": self.configuration.key, "EncryptionContext": object(context) });
        let head = head.to_string();
        let head = head.strip_suffix('}').unwrap_or_default();
        let mut body = Vec::with_capacity(head.len() + plaintext.len() + 20);
        for part in [head.as_bytes(), b",\"Plaintext\":\"", plaintext.expose(), b"\"}"] {
            body.extend_from_slice(part);
        }
        let answer = self.ask("Encrypt", &SecretBytes::new(body)).await?;
        let encrypted: Encrypted =
            serde_json::from_slice(&answer.body).map_err(|_| self.strange())?;
        let ciphertext = BASE64.decode_to_vec(&encrypted.ciphertext);
        let ciphertext = ciphertext.map_err(|_| self.strange())?;
        let is_arn = encrypted.key.len() < MAX_ARN && encrypted.key.starts_with("arn:");
        if is_arn { Ok((ciphertext, encrypted.key)) } else { Err(self.strange()) }
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
        let body = json!({
            "KeyId": self.configuration.key,
            "EncryptionContext": object(context),
            "CiphertextBlob": BASE64.encode_to_string(ciphertext),
        });
        let body = SecretBytes::new(body.to_string().into_bytes());
        let answer = self.ask("Decrypt", &body).await?;
        let text = plaintext(&answer.body).ok_or_else(|| self.strange())?;
        let decoded = BASE64.decode_to_vec(text).map_err(|_| self.strange())?;
        Ok(SecretBytes::new(decoded))
    }

    async fn ask(&self, operation: &str, body: &SecretBytes) -> Result<Answer, RemoteKmsError> {
        let unavailable = |why: String| RemoteKmsError::Unavailable(self.told(&why));
        let mut headers = vec![
            (HOST.to_string(), self.endpoint.authority()),
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("TrentService.{operation}")),
        ];
        let signed = self.signed(&headers, body.expose());
        headers.extend(signed.map_err(|why| unavailable(why.to_string()))?);
        let mut request = Request::builder().method(Method::POST).uri("/");
        for (name, value) in headers {
            let value = HeaderValue::from_str(&value);
            request = request.header(name, value.map_err(|why| unavailable(why.to_string()))?);
        }
        let request = request.body(Full::new(Bytes::copy_from_slice(body.expose())));
        let request = request.map_err(|why| unavailable(why.to_string()))?;
        let answer = self.connections.ask(&self.endpoint, request);
        let answer = tokio::time::timeout(self.configuration.deadline, answer).await;
        let answer = answer.map_err(|_| unavailable("no answer in time".to_owned()))?;
        let answer = answer.map_err(|why| unavailable(format!("{why:?}")))?;
        match answer.status {
            StatusCode::OK => Ok(answer),
            status => {
                let fault = serde_json::from_slice::<Fault>(&answer.body);
                let kind = fault.map(|fault| fault.kind).unwrap_or_default();
                // Of a stranger's answer nothing but a name is shown.
                let good = |byte: u8| byte.is_ascii_alphanumeric() || b".#:/".contains(&byte);
                let kind = Some(kind).filter(|kind| kind.len() < 128 && kind.bytes().all(good));
                let why = self.told(&format!("{status} {}", kind.unwrap_or_default()));
                let throttled = why.contains("Throttling") || why.contains("LimitExceeded");
                if status.is_server_error() || throttled {
                    Err(RemoteKmsError::Unavailable(why))
                } else {
                    Err(RemoteKmsError::Refused(why))
                }
            }
        }
    }

    fn signed(
        &self,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, strongroom_sigv4::AuthError> {
        let RemoteKmsConfiguration { region, access_key_id, secret_access_key, .. } =
            &self.configuration;
        let token = self.configuration.session_token.as_deref();
        let now = clock::now();
        let key = SigningKey::derive(secret_access_key, &now.civil().basic_date(), region, "kms");
        let signer = Signer::new(access_key_id, token, key, Rules::of("kms"));
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let request = strongroom_sigv4::Request::new("POST", "/", "", &headers, body)?;
        let added = signer.headers(&request, now)?;
        Ok(added.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn told(&self, why: &str) -> String {
        let RemoteKmsConfiguration { endpoint, key, .. } = &self.configuration;
        format!("key {key} of the KMS at {endpoint}: {}", why.trim_end())
    }

    fn strange(&self) -> RemoteKmsError {
        RemoteKmsError::Unavailable(self.told("an answer that is none"))
    }
}

/// The value of `Plaintext`, where it stands in the answer: it is not copied on the way.
fn plaintext(body: &[u8]) -> Option<&[u8]> {
    #[derive(Deserialize)]
    struct Decrypted<'a> {
        #[serde(rename = "Plaintext", borrow)]
        plaintext: &'a str,
    }
    let decrypted: Decrypted<'_> = serde_json::from_slice(body).ok()?;
    Some(decrypted.plaintext.as_bytes())
}

fn object(context: &[(&str, &str)]) -> Map<String, Value> {
    context.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
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

    #[test]
    fn a_plaintext_is_found_where_it_stands() {
        let text = br#"{"KeyId":"arn","Plaintext":"AAEC","EncryptionAlgorithm":"SYMMETRIC"}"#;
        assert_eq!(plaintext(text), Some(&b"AAEC"[..]));
        for none in [&b"{}"[..], b"", b"[]", br#"{"Plaintext":1}"#] {
            assert_eq!(plaintext(none), None);
        }
    }
}
