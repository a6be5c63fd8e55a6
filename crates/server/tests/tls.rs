//! TLS over real sockets: versions, key exchange, our own authority, and replaced files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and starts its own tasks"
)]

mod support;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use strongroom_server::{BindError, Config, Limits, Server, TlsError, TlsSource, Transport};
use support::{Running, closed, get, post, receive, send};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const SOON: Duration = Duration::from_secs(3);

fn self_signed(dir: &Path) -> Transport {
    let names = vec!["kms.test".to_owned()];
    Transport::Tls(TlsSource::SelfSigned { dir: dir.join("tls"), names })
}

fn fast() -> Limits {
    Limits { reload: Duration::from_millis(20), ..Limits::default() }
}

fn client(ca: &Path, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn connect(
    running: &Running,
    connector: &TlsConnector,
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    connector.connect(name, running.connect().await).await
}

#[tokio::test]
async fn both_versions_are_spoken_with_what_cloudtrail_calls_them() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(self_signed(dir.path()), Limits::default()).await;
    let ca = running.ca.clone().unwrap();
    let cases = [
        (&version::TLS13, "TLSv1.3 TLS_AES_256_GCM_SHA384 X25519MLKEM768"),
        (&version::TLS12, "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 X25519"),
    ];
    for (version, expected) in cases {
        let connector = client(&ca, &[version]);
        for name in ["localhost", "127.0.0.1", "::1", "kms.test"] {
            let mut stream = connect(&running, &connector, name).await.unwrap();
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
            send(&mut stream, post("/", "plaintext")).await;
            let reply = receive(&mut stream).await;
            assert_eq!(reply.body, format!("POST /  127.0.0.1 {expected}\nplaintext"));
        }
    }
    let connector = client(&ca, &[&version::TLS13]);
    assert!(connect(&running, &connector, "other.test").await.is_err());
}

#[tokio::test]
async fn a_default_client_gets_post_quantum_key_exchange() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(self_signed(dir.path()), Limits::default()).await;
    let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
    let mut stream = connect(&running, &connector, "localhost").await.unwrap();
    let group = stream.get_ref().1.negotiated_key_exchange_group().unwrap();
    assert_eq!(group.name(), rustls::NamedGroup::X25519MLKEM768);
    send(&mut stream, get("/")).await;
    assert!(receive(&mut stream).await.body.contains("X25519MLKEM768"));
}

#[tokio::test]
async fn tls_1_1_is_refused_with_the_alert_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(self_signed(dir.path()), Limits::default()).await;
    // ClientHello (RFC 4346 §7.4.1.2): version 1.1, one CBC suite, and what
    // rustls wants before it looks at the version.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x0a, 1, 0, 0, 22]);
    hello.extend([0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3]);
    let mut record = vec![0x16, 3, 1, 0, hello.len() as u8 + 4, 1, 0, 0, hello.len() as u8];
    record.extend(hello);
    let mut stream = running.connect().await;
    send(&mut stream, record).await;
    let mut alert = Vec::new();
    stream.read_to_end(&mut alert).await.unwrap();
    assert_eq!(alert.first(), Some(&0x15), "{alert:?}");
    assert_eq!(alert[5..], [2, 70], "fatal, protocol_version (RFC 8446 §6)");
}

#[tokio::test]
async fn a_restart_shows_the_same_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let mut shown = Vec::new();
    for _ in 0..2 {
        let running = Running::start(self_signed(dir.path()), Limits::default()).await;
        let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
        shown.push(leaf(&running, &connector).await);
        running.stop().await.unwrap();
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test]
async fn garbage_and_silence_end_a_handshake_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { handshake: Duration::from_millis(150), ..Limits::default() };
    let running = Running::start(self_signed(dir.path()), limits).await;
    let mut silent = running.connect().await;
    let mut plain = running.connect().await;
    send(&mut plain, get("/healthz")).await;
    assert!(closed(&mut plain, SOON).await);
    assert!(closed(&mut silent, SOON).await);
    let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
    let mut stream = connect(&running, &connector, "localhost").await.unwrap();
    send(&mut stream, get("/healthz")).await;
    assert_eq!(receive(&mut stream).await.body, "ok\n");
}

#[tokio::test]
async fn who_stops_in_the_middle_of_a_handshake_keeps_nobody_from_theirs() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { handshakes: 1, ..Limits::default() };
    let running = Running::start(self_signed(dir.path()), limits).await;
    let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
    let name = ServerName::try_from("localhost").unwrap();
    let mut stalled = Vec::new();
    for part in [0, 100, usize::MAX] {
        let config = Arc::clone(connector.config());
        let mut half = rustls::ClientConnection::new(config, name.clone()).unwrap();
        let mut hello = Vec::new();
        half.write_tls(&mut hello).unwrap();
        let mut stream = running.connect().await;
        send(&mut stream, &hello[..part.min(hello.len())]).await;
        if part == usize::MAX {
            // The server's part came, so it has computed all there is to compute.
            assert_eq!(stream.read_u8().await.unwrap(), 0x16);
        }
        stalled.push(stream);
    }
    let mut stream = connect(&running, &connector, "localhost").await.unwrap();
    send(&mut stream, get("/healthz")).await;
    assert_eq!(receive(&mut stream).await.status, 200);
}

#[tokio::test]
async fn handshakes_at_once_are_all_made() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { handshakes: 1, ..Limits::default() };
    let running = Arc::new(Running::start(self_signed(dir.path()), limits).await);
    let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (running, connector) = (Arc::clone(&running), connector.clone());
        all.spawn(async move { connect(&running, &connector, "localhost").await.is_ok() });
    }
    assert_eq!(all.join_all().await, [true; 20]);
}

#[tokio::test]
async fn a_handshake_makes_room_for_others() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { connections: 1, ..Limits::default() };
    let running = Running::start(self_signed(dir.path()), limits).await;
    let mut silent = running.connect().await;
    let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
    assert!(connect(&running, &connector, "localhost").await.is_ok());
    assert!(closed(&mut silent, SOON).await);
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_form() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { idle: Duration::from_millis(100), ..Limits::default() };
    let running = Running::start(self_signed(dir.path()), limits).await;
    let connector = client(&running.ca.clone().unwrap(), rustls::DEFAULT_VERSIONS);
    let mut stream = connect(&running, &connector, "localhost").await.unwrap();
    send(&mut stream, get("/")).await;
    receive(&mut stream).await;
    // An end without close_notify would be an error.
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_new_pair_is_taken_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(dir.path());
    let first = files.write_pair();
    let running = Running::start(files.transport(), fast()).await;
    assert_eq!(running.ca, None);
    let mut open = connect(&running, &trusting(&first), "localhost").await.unwrap();
    send(&mut open, get("/")).await;
    receive(&mut open).await;

    // A certificate without its key, then rubbish: the first goes on being served.
    std::fs::write(&files.certificate, pair().0).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(leaf(&running, &trusting(&first)).await, first);
    std::fs::write(&files.key, "rubbish").unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(leaf(&running, &trusting(&first)).await, first);

    let second = files.write_pair();
    let taken = async {
        while connect(&running, &trusting(&second), "localhost").await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, taken).await.expect("the new pair was never taken");
    assert_eq!(leaf(&running, &trusting(&second)).await, second);
    assert!(connect(&running, &trusting(&first), "localhost").await.is_err());
    send(&mut open, get("/")).await;
    assert_eq!(receive(&mut open).await.status, 200, "an open connection does not notice");
}

#[tokio::test]
async fn a_broken_pair_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(dir.path());
    assert!(matches!(files.bind().await, TlsError::Read(path, _) if path == files.certificate));
    files.write_pair();
    std::fs::write(&files.certificate, pair().0).unwrap();
    assert!(matches!(files.bind().await, TlsError::Unusable(..)));
    std::fs::write(&files.certificate, "rubbish").unwrap();
    assert!(matches!(files.bind().await, TlsError::NoCertificate(_)));
    files.write_pair();
    std::fs::write(&files.key, pair().0).unwrap();
    assert!(matches!(files.bind().await, TlsError::NoKey(_)));
}

/// What a server shows to a client that trusts it.
async fn leaf(running: &Running, connector: &TlsConnector) -> Vec<u8> {
    let stream = connect(running, connector, "localhost").await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// A client that trusts one certificate.
fn trusting(der: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(der.to_vec())).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// A certificate of an operator, its key, and the certificate in DER.
fn pair() -> (String, String, Vec<u8>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem(), certificate.der().to_vec())
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(dir: &Path) -> Self {
        Self { certificate: dir.join("cert.pem"), key: dir.join("key.pem") }
    }

    fn transport(&self) -> Transport {
        let (certificate, key) = (self.certificate.clone(), self.key.clone());
        Transport::Tls(TlsSource::Files { certificate, key })
    }

    fn write_pair(&self) -> Vec<u8> {
        let (certificate, key, der) = pair();
        std::fs::write(&self.certificate, certificate).unwrap();
        std::fs::write(&self.key, key).unwrap();
        der
    }

    async fn bind(&self) -> TlsError {
        let listen = "127.0.0.1:0".parse().unwrap();
        let config = Config { listen, transport: self.transport(), limits: Limits::default() };
        match Server::bind(config).await {
            Err(BindError::Tls(error)) => error,
            _ => panic!("expected a tls error"),
        }
    }
}
