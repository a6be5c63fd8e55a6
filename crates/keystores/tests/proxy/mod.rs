//! A proxy of the tests, over real TCP and TLS: it keeps the specification, encrypts with an
//! implementation that is not ours, and does wrong when told to.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

mod aes;
mod certificates;

pub use certificates::Authority;

use base64_simd::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::key_store::{KeyStorePlace, ProxyPlace, Purpose};
use strongroom_keystores::XksConfiguration;
use strongroom_sigv4::{Rules, SigningKey};
use strongroom_types::Timestamp;
use strongroom_types::XksProxyConnectivity;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

pub const PREFIX: &str = "/tenant-1/kms/xks/v1";
pub const ACCESS_KEY: &str = "AAAABBBBCCCCDDDD2345";
pub const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
/// Of the proxy's ciphertexts, unless told otherwise.
pub const METADATA: &[u8] = b"key_version=1";

/// A request as the proxy received it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

/// What the proxy is about to answer.
#[derive(Debug, Clone)]
pub struct Planned {
    pub status: u16,
    pub body: Vec<u8>,
    pub delay: Duration,
    pub headers: Vec<(&'static str, String)>,
}

impl Planned {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string().into_bytes(), delay: Duration::ZERO, headers: vec![] }
    }

    fn refusal(status: u16, name: &str) -> Self {
        Self::json(status, &json!({ "errorName": name }))
    }
}

/// What the proxy does to its answers.
type Twist = Box<dyn Fn(&Seen, &mut Planned) + Send + Sync>;

/// How the proxy encrypts.
#[derive(Debug, Clone)]
pub struct Style {
    pub iv: usize,
    pub metadata: &'static [u8],
}

pub struct State {
    pub seen: Mutex<Vec<Seen>>,
    pub connections: AtomicUsize,
    twist: Mutex<Twist>,
    style: Mutex<Style>,
    hang_up: Notify,
    refuse: Mutex<bool>,
}

/// A proxy that listens until its runtime ends.
pub struct Proxy {
    pub port: u16,
    pub state: Arc<State>,
}

impl Proxy {
    pub async fn start(tls: Option<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            twist: Mutex::new(Box::new(|_, _| {})),
            style: Mutex::new(Style { iv: 12, metadata: METADATA }),
            hang_up: Notify::new(),
            refuse: Mutex::new(false),
        });
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        tokio::spawn(accept(listener, acceptor, Arc::clone(&state)));
        Self { port, state }
    }

    /// From now on `twist` has the last word on answers.
    pub fn twist(&self, twist: impl Fn(&Seen, &mut Planned) + Send + Sync + 'static) {
        *self.state.twist.lock().unwrap() = Box::new(twist);
    }

    /// From now on every answer is `body` with `status`.
    pub fn answer(&self, status: u16, body: &str) {
        let body = body.as_bytes().to_vec();
        self.twist(move |_, planned| {
            planned.status = status;
            planned.body.clone_from(&body);
        });
    }

    pub fn style(&self, style: Style) {
        *self.state.style.lock().unwrap() = style;
    }

    /// Closes every connection, without a word.
    pub async fn hang_up(&self) {
        self.state.hang_up.notify_waiters();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// From now on connections are closed as soon as they are made.
    pub fn refuse(&self) {
        *self.state.refuse.lock().unwrap() = true;
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub fn store(&self, scheme: &str) -> KeyStorePlace {
        store(&format!("{scheme}://localhost:{}", self.port))
    }
}

pub fn store(endpoint: &str) -> KeyStorePlace {
    KeyStorePlace::Proxy(ProxyPlace {
        endpoint: endpoint.to_owned(),
        path: PREFIX.to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret: SecretBytes::new(SECRET.as_bytes().to_vec()),
        connectivity: XksProxyConnectivity::PublicEndpoint,
        service: None,
    })
}

/// A configuration that admits proxies on this machine.
pub fn known() -> XksConfiguration {
    let allowed = ["localhost", "127.0.0.1", "xks.invalid"].map(str::to_owned).into();
    XksConfiguration { allowed_endpoints: Some(allowed), ..XksConfiguration::default() }
}

pub fn purpose(operation: &'static str) -> Purpose {
    Purpose {
        region: "eu-west-2".parse().unwrap(),
        principal: "arn:aws:iam::123456789012:user/Alice".to_owned(),
        key: Some("arn:aws:kms:eu-west-2:123456789012:key/k".to_owned()),
        operation,
        request: "4112f4d6-db54-4af4-ae30-c55a22a8dfae".to_owned(),
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, state: Arc<State>) {
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        state.connections.fetch_add(1, Ordering::SeqCst);
        if *state.refuse.lock().unwrap() {
            continue;
        }
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            let gone = state.hang_up.notified();
            tokio::select! {
                () = gone => {}
                () = serve(tcp, acceptor, &state) => {}
            }
        });
    }
}

async fn serve(tcp: TcpStream, acceptor: Option<TlsAcceptor>, state: &Arc<State>) {
    let service = service_fn(|request: Request<hyper::body::Incoming>| answer(request, state));
    let http = hyper::server::conn::http1::Builder::new();
    // How the client ends a connection is its own affair.
    match acceptor {
        None => drop(http.serve_connection(TokioIo::new(tcp), service).await),
        Some(acceptor) => {
            if let Ok(tls) = acceptor.accept(tcp).await {
                drop(http.serve_connection(TokioIo::new(tls), service).await);
            }
        }
    }
}

async fn answer(
    request: Request<hyper::body::Incoming>,
    state: &Arc<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap().to_owned();
    let seen = Seen {
        path: head.uri.path().to_owned(),
        headers: head.headers.iter().map(|(name, v)| (name.to_string(), text(v))).collect(),
        body: serde_json::from_slice(&body).unwrap(),
    };
    let style = state.style.lock().unwrap().clone();
    let mut planned = plan(head.method.as_str(), &seen, &body, &style);
    (state.twist.lock().unwrap())(&seen, &mut planned);
    state.seen.lock().unwrap().push(seen);
    tokio::time::sleep(planned.delay).await;
    let mut response = Response::builder().status(planned.status);
    for (name, value) in planned.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(Bytes::from(planned.body))).unwrap())
}

/// What an honest proxy answers.
fn plan(method: &str, seen: &Seen, body: &[u8], style: &Style) -> Planned {
    if method != "POST" {
        return Planned::refusal(405, "MethodNotAllowed");
    }
    let Some(rest) = seen.path.strip_prefix(PREFIX) else {
        return Planned::refusal(404, "InvalidUriPathException");
    };
    if !is_signed(seen, body) {
        return Planned::refusal(401, "AuthenticationFailedException");
    }
    let steps: Vec<&str> = rest.split('/').collect();
    match steps.as_slice() {
        ["", "health"] => Planned::json(200, &health("ACTIVE")),
        ["", "keys", key, operation] => of_key(key, operation, &seen.body, style),
        _ => Planned::refusal(404, "InvalidUriPathException"),
    }
}

pub fn health(status: &str) -> Value {
    json!({
        "xksProxyFleetSize": 2,
        "xksProxyVendor": "V",
        "xksProxyModel": "M",
        "ekmVendor": "E",
        "ekmFleetDetails": [{ "id": "1", "model": "M", "healthStatus": status }],
    })
}

fn of_key(key: &str, operation: &str, body: &Value, style: &Style) -> Planned {
    let (status, usage) = match key {
        "foo" => ("ENABLED", json!(["ENCRYPT", "DECRYPT", "WRAP"])),
        "disabled" => ("DISABLED", json!(["ENCRYPT", "DECRYPT"])),
        "encrypt_only" => ("ENABLED", json!(["ENCRYPT"])),
        _ => return Planned::refusal(404, "KeyNotFoundException"),
    };
    if operation == "metadata" {
        let found = json!({ "keySpec": "AES_256", "keyUsage": usage, "keyStatus": status });
        return Planned::json(200, &found);
    }
    if status == "DISABLED" {
        return Planned::refusal(400, "InvalidStateException");
    }
    match operation {
        // With the integrity value it promises that a decryption would succeed.
        "encrypt" if key == "foo" => encrypt(body, style),
        "decrypt" if key == "foo" => decrypt(body),
        "encrypt" | "decrypt" => Planned::refusal(400, "InvalidKeyUsageException"),
        _ => Planned::refusal(404, "InvalidUriPathException"),
    }
}

fn encrypt(body: &Value, style: &Style) -> Planned {
    assert_eq!(body["encryptionAlgorithm"], "AES_GCM");
    assert_eq!(body["ciphertextDataIntegrityValueAlgorithm"], "SHA_256");
    let (plaintext, aad) = (member(body, "plaintext"), member(body, "additionalAuthenticatedData"));
    let mut iv = vec![0; style.iv];
    strongroom_crypto::Entropy::fill(&strongroom_crypto::SystemEntropy, &mut iv).unwrap();
    let bound = bind(&aad, style.metadata);
    let (ciphertext, tag) = aes::seal(&iv, &bound, &plaintext);
    let whole = [&aad, style.metadata, &iv, &ciphertext, &tag].concat();
    let mut found = json!({
        "ciphertext": STANDARD.encode_to_string(ciphertext),
        "initializationVector": STANDARD.encode_to_string(iv),
        "authenticationTag": STANDARD.encode_to_string(tag),
        "ciphertextDataIntegrityValue": STANDARD.encode_to_string(Sha256::digest(whole)),
    });
    if !style.metadata.is_empty() {
        found["ciphertextMetadata"] = STANDARD.encode_to_string(style.metadata).into();
    }
    Planned::json(200, &found)
}

fn decrypt(body: &Value) -> Planned {
    assert_eq!(body["encryptionAlgorithm"], "AES_GCM");
    let aad = member(body, "additionalAuthenticatedData");
    let bound = bind(&aad, &member(body, "ciphertextMetadata"));
    let (iv, tag) = (member(body, "initializationVector"), member(body, "authenticationTag"));
    match aes::open(&iv, &bound, &member(body, "ciphertext"), &tag) {
        Some(plaintext) => {
            Planned::json(200, &json!({ "plaintext": STANDARD.encode_to_string(plaintext) }))
        }
        None => Planned::refusal(400, "InvalidCiphertextException"),
    }
}

/// The associated data of the cipher: both parts with their lengths before them.
fn bind(aad: &[u8], metadata: &[u8]) -> Vec<u8> {
    let aad_length = u16::try_from(aad.len()).unwrap().to_be_bytes();
    let metadata_length = [u8::try_from(metadata.len()).unwrap()];
    [&aad_length, aad, &metadata_length, metadata].concat()
}

/// A member in base64; empty if it is not there.
fn member(body: &Value, name: &str) -> Vec<u8> {
    STANDARD.decode_to_vec(body[name].as_str().unwrap_or_default()).unwrap()
}

fn is_signed(seen: &Seen, body: &[u8]) -> bool {
    let headers: Vec<(&str, &[u8])> =
        seen.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let request = strongroom_sigv4::Request::new("POST", &seen.path, "", &headers, body).unwrap();
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap());
    let Ok(claim) = strongroom_sigv4::claim(&request, Rules::new("kms-xks-proxy"), now) else {
        return false;
    };
    let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
    let key = SigningKey::derive(&secret, claim.date(), claim.region().as_str(), claim.service());
    claim.access_key_id() == ACCESS_KEY && claim.verify(&key).is_ok()
}
