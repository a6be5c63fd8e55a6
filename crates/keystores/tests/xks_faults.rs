//! The client against proxies and networks that do wrong.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, starts its own tasks and measures time"
)]

mod proxy;

use proxy::{Authority, Planned, Proxy, purpose, store};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use strongroom_engine::ports::key_store::{KeyStoreError, KeyStorePlace, KeyStores};
use strongroom_keystores::{Configuration, Connectors, XksConfiguration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn connectors(xks: XksConfiguration) -> Connectors {
    Connectors::new(Configuration { xks, ..Configuration::default() }).unwrap()
}

fn plain(deadline: Duration) -> Connectors {
    connectors(XksConfiguration { allow_http: true, deadline, ..proxy::known() })
}

const PATIENT: Duration = Duration::from_secs(10);

async fn encrypt(client: &Connectors, store: &KeyStorePlace) -> Result<Vec<u8>, KeyStoreError> {
    client.encrypt(store, "foo", b"aad", b"plaintext", &purpose("Encrypt")).await
}

/// Why an answer was not taken.
fn invalid<T>(result: Result<T, KeyStoreError>) -> String {
    match result {
        Err(KeyStoreError::InvalidResponse(why)) => why,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("taken"),
    }
}

#[tokio::test]
async fn every_refusal_of_the_specification_has_its_meaning() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(PATIENT), proxy.store("http"));
    let said = || "said".to_owned();
    let table = [
        (400, "InvalidStateException", KeyStoreError::KeyDisabled),
        (400, "InvalidCiphertextException", KeyStoreError::Ciphertext),
        (400, "InvalidKeyUsageException", KeyStoreError::KeyUsage(said())),
        (401, "AuthenticationFailedException", KeyStoreError::ProxyCredentials),
        (403, "AccessDeniedException", KeyStoreError::AccessDenied),
        (404, "KeyNotFoundException", KeyStoreError::KeyNotFound),
        (404, "InvalidUriPathException", KeyStoreError::ProxyConfiguration(said())),
        (429, "ThrottlingException", KeyStoreError::Throttled),
        (501, "UnsupportedOperationException", KeyStoreError::Unsupported),
        (503, "DependencyTimeoutException", KeyStoreError::TimedOut),
        (500, "InternalException", KeyStoreError::Failed(said())),
    ];
    for (status, name, meaning) in table {
        proxy.answer(status, &format!(r#"{{"errorName":"{name}","errorMessage":"said"}}"#));
        assert_eq!(encrypt(&client, &store).await, Err(meaning.clone()), "{name}");
        // The name counts, whatever the status.
        proxy.answer(418, &format!(r#"{{"errorMessage":"said","errorName":"{name}"}}"#));
        assert_eq!(encrypt(&client, &store).await, Err(meaning), "{name}");
    }
    assert_eq!(proxy.connections(), 1, "a refusal ends no connection");
    for (body, expected) in [
        (r#"{"errorName":"ValidationException","errorMessage":"said"}"#, "invalid (said)"),
        (r#"{"errorName":"OtherException"}"#, "status 404 with an unknown `errorName`"),
        (r#"{"message":"no"}"#, "status 404 without `errorName`"),
        ("<html>", "status 404 without `errorName`"),
        ("", "status 404 without `errorName`"),
    ] {
        proxy.answer(404, body);
        let why = invalid(encrypt(&client, &store).await);
        assert!(why.ends_with(expected), "{why}");
    }
}

#[tokio::test]
async fn messages_are_printable_and_short() {
    let proxy = Proxy::start(None).await;
    let message = format!("a\u{1b}[31m\nb\u{202e}{}", "x".repeat(2000));
    proxy.answer(
        500,
        &json!({ "errorName": "InternalException", "errorMessage": message }).to_string(),
    );
    let refused = encrypt(&plain(PATIENT), &proxy.store("http")).await;
    let expected = format!("a[31mb{}", "x".repeat(511 - 6));
    assert_eq!(refused, Err(KeyStoreError::Failed(expected)));
}

#[tokio::test]
async fn success_is_status_200_and_nothing_is_followed() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(PATIENT), proxy.store("http"));
    for status in [201, 204, 302, 307] {
        proxy.twist(move |_, planned| {
            planned.status = status;
            planned.headers = vec![("location", "http://localhost:1/".to_owned())];
            if status == 204 {
                planned.body.clear();
            }
        });
        let why = invalid(encrypt(&client, &store).await);
        assert_eq!(why, format!("status {status} without `errorName`"));
    }
    assert_eq!(proxy.seen().len(), 4);
}

/// Alters members of the honest answer to an encryption; `null` removes one.
fn alter(proxy: &Proxy, member: &'static str, value: Value) {
    proxy.twist(move |_, planned: &mut Planned| {
        let mut body: Value = serde_json::from_slice(&planned.body).unwrap();
        match value.is_null() {
            true => drop(body.as_object_mut().unwrap().remove(member)),
            false => body[member] = value.clone(),
        }
        planned.body = body.to_string().into_bytes();
    });
}

#[tokio::test]
async fn what_is_not_the_answer_to_an_encryption_is_refused() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(PATIENT), proxy.store("http"));
    let base64 = |length: usize| json!(base64_simd::STANDARD.encode_to_string(vec![5; length]));
    let shape = "`initializationVector` is not of 12 or 16 bytes, `authenticationTag` not of 16, \
                 or `ciphertextMetadata` of more than 20";
    let integrity = "`ciphertextDataIntegrityValue` is not that of the answer";
    let long = "`ciphertext` is not as long as the plaintext";
    let json = "not the JSON expected, at column";
    for (member, value, expected) in [
        ("ciphertext", base64(8), long),
        ("ciphertext", base64(10), long),
        ("ciphertext", base64(9), integrity),
        ("ciphertext", json!("@@@@"), "`ciphertext` is not base64"),
        ("ciphertext", json!("AAAA\n"), "`ciphertext` is not base64"),
        ("ciphertext", json!(7), json),
        ("ciphertext", Value::Null, json),
        ("initializationVector", base64(11), shape),
        ("initializationVector", base64(13), shape),
        ("initializationVector", base64(12), integrity),
        ("initializationVector", Value::Null, json),
        ("authenticationTag", base64(15), shape),
        ("authenticationTag", base64(16), integrity),
        ("authenticationTag", json!("AAAAAAAAAAAAAAAAAAAAAA"), "`authenticationTag` is not base64"),
        ("ciphertextMetadata", base64(21), shape),
        ("ciphertextMetadata", Value::Null, integrity),
        ("ciphertextDataIntegrityValue", base64(32), integrity),
        ("ciphertextDataIntegrityValue", base64(31), integrity),
        ("ciphertextDataIntegrityValue", json!(""), integrity),
        ("ciphertextDataIntegrityValue", Value::Null, "`ciphertextDataIntegrityValue` is missing"),
    ] {
        alter(&proxy, member, value);
        let why = invalid(encrypt(&client, &store).await);
        assert!(why.starts_with(expected), "{member}: {why}");
    }
    // A member more is not against the specification.
    alter(&proxy, "extra", json!([1]));
    assert!(encrypt(&client, &store).await.is_ok());
}

#[tokio::test]
async fn what_is_not_the_answer_to_a_decryption_is_refused() {
    let proxy = Proxy::start(None).await;
    let (client, store, why) = (plain(PATIENT), proxy.store("http"), purpose("Decrypt"));
    let package = encrypt(&client, &store).await.unwrap();
    for (body, expected) in [
        (r#"{"plaintext":"AAAAAAAAAAA="}"#, "`plaintext` is not as long as the ciphertext"),
        (r#"{"plaintext":""}"#, "`plaintext` is not as long as the ciphertext"),
        (r#"{"plaintext":"?"}"#, "`plaintext` is not base64"),
        (r#"{"plaintext":"AAAA","plaintext":"AAAA"}"#, "not the JSON expected"),
        (r#"{"plaintext":null}"#, "not the JSON expected"),
        (r#"{"ciphertext":"AAAA"}"#, "not the JSON expected"),
        ("{\"plaintext\":\"AAAA\"", "not the JSON expected"),
        ("{\"plaintext\":\"\u{0}\"}", "not the JSON expected"),
        ("", "not the JSON expected"),
        ("null", "not the JSON expected"),
    ] {
        proxy.answer(200, body);
        let why = invalid(client.decrypt(&store, "foo", b"aad", &package, &why).await.map(drop));
        assert!(why.starts_with(expected), "{body}: {why}");
    }
    proxy.twist(|_, planned| planned.body = vec![0xff, 0xfe]);
    invalid(client.decrypt(&store, "foo", b"aad", &package, &why).await.map(drop));
    proxy.twist(|_, planned| planned.body = "[".repeat(60_000).into_bytes());
    invalid(client.decrypt(&store, "foo", b"aad", &package, &why).await.map(drop));
}

#[tokio::test]
async fn what_is_not_a_description_is_refused() {
    let proxy = Proxy::start(None).await;
    let (client, store, why) = (plain(PATIENT), proxy.store("http"), purpose("DescribeKey"));
    let eleven = vec!["ENCRYPT"; 11];
    for body in [
        json!({ "keySpec": "AES_256", "keyUsage": ["ENCRYPT"], "keyStatus": "enabled" }),
        json!({ "keySpec": "AES_256", "keyUsage": eleven, "keyStatus": "ENABLED" }),
        json!({ "keySpec": "AES_256", "keyUsage": "ENCRYPT", "keyStatus": "ENABLED" }),
        json!({ "keySpec": "AES_256", "keyUsage": ["ENCRYPT"] }),
        json!({}),
    ] {
        proxy.answer(200, &body.to_string());
        invalid(client.describe(&store, "foo", &why).await);
    }
}

#[tokio::test]
async fn a_sick_proxy_is_not_connected() {
    let proxy = Proxy::start(None).await;
    let (client, store, why) =
        (plain(PATIENT), proxy.store("http"), purpose("ConnectCustomKeyStore"));
    proxy.answer(200, &proxy::health("DEGRADED").to_string());
    assert_eq!(client.connect(&store, &why).await, Ok(()));
    proxy.answer(200, &proxy::health("UNAVAILABLE").to_string());
    let sick = client.connect(&store, &why).await;
    assert_eq!(sick, Err(KeyStoreError::Unhealthy));
    let manager = json!({ "id": "1", "model": "M", "healthStatus": "ACTIVE" });
    for (member, value) in [
        ("xksProxyFleetSize", json!(0)),
        ("xksProxyFleetSize", json!("2")),
        ("xksProxyVendor", Value::Null),
        ("ekmFleetDetails", json!([])),
        ("ekmFleetDetails", json!(vec![manager; 11])),
        ("ekmFleetDetails", json!([{ "id": "1", "model": "M", "healthStatus": "FINE" }])),
    ] {
        let mut body = proxy::health("ACTIVE");
        body[member] = value;
        proxy.answer(200, &body.to_string());
        invalid(client.connect(&store, &why).await);
    }
}

#[tokio::test]
async fn a_slow_proxy_is_left_at_the_deadline() {
    let authority = Authority::new("ours");
    let proxy = Proxy::start(Some(authority.server("localhost", rustls::ALL_VERSIONS))).await;
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    authority.write(&ca_file);
    let client = connectors(XksConfiguration { ca_file: Some(ca_file), ..proxy::known() });
    proxy.twist(|_, planned| planned.delay = Duration::from_secs(5));
    let begun = Instant::now();
    assert_eq!(encrypt(&client, &proxy.store("https")).await, Err(KeyStoreError::TimedOut));
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(2), "{took:?}");
    proxy.twist(|_, _| {});
    let again = encrypt(&client, &proxy.store("https")).await;
    assert!(matches!(again, Ok(_) | Err(KeyStoreError::TimedOut)), "{again:?}");
    assert_eq!(proxy.connections(), 2, "a connection in doubt is not used again");
}

/// A peer that does as told with each connection.
async fn peer<F, D>(deed: D) -> (KeyStorePlace, u16)
where
    D: Fn(tokio::net::TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            tokio::spawn(deed(tcp));
        }
    });
    (store(&format!("http://localhost:{port}")), port)
}

/// Hears some of the request.
async fn listen(tcp: &mut tokio::net::TcpStream) {
    assert!(tcp.read(&mut [0; 4096]).await.unwrap() > 0);
}

#[tokio::test]
async fn a_peer_that_says_nothing_or_too_little_is_left_at_the_deadline() {
    let client = plain(Duration::from_millis(200));
    let (silent, port) = peer(|mut tcp| async move {
        let mut all = Vec::new();
        drop(tcp.read_to_end(&mut all).await);
    })
    .await;
    assert_eq!(encrypt(&client, &silent).await, Err(KeyStoreError::TimedOut));
    let tls = store(&format!("https://localhost:{port}"));
    assert_eq!(encrypt(&client, &tls).await, Err(KeyStoreError::TimedOut), "in the handshake");
    let (dripping, _) = peer(|mut tcp| async move {
        listen(&mut tcp).await;
        tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
        while tcp.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(encrypt(&client, &dripping).await, Err(KeyStoreError::TimedOut));
}

#[tokio::test]
async fn an_answer_has_an_end() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(PATIENT), proxy.store("http"));
    proxy.twist(|_, planned| planned.body = vec![b' '; 64 * 1024 + 1]);
    let too_long = "the answer is longer than 65536 bytes";
    assert_eq!(invalid(encrypt(&client, &store).await), too_long);
    // With as many bytes less one it is only not the answer.
    proxy.twist(|_, planned| planned.body = vec![b' '; 64 * 1024]);
    assert!(invalid(encrypt(&client, &store).await).starts_with("not the JSON"));
    assert_eq!(proxy.connections(), 2, "an answer that was not read ends its connection");
    proxy.twist(|_, planned| planned.headers = vec![("x", "y".repeat(20_000))]);
    assert!(invalid(encrypt(&client, &store).await).starts_with("not HTTP: "));
    let (endless, _) = peer(|mut tcp| async move {
        listen(&mut tcp).await;
        tcp.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        while tcp.write_all(b"5\r\n     \r\n").await.is_ok() {}
    })
    .await;
    assert_eq!(invalid(encrypt(&client, &endless).await), too_long);
}

/// The answer of a peer that says `bytes` when it was asked, and hangs up.
async fn told(bytes: &'static [u8]) -> Result<Vec<u8>, KeyStoreError> {
    let (peer, _) = peer(move |mut tcp| async move {
        listen(&mut tcp).await;
        tcp.write_all(bytes).await.unwrap();
    })
    .await;
    encrypt(&plain(PATIENT), &peer).await
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for bytes in [
        b"220 mail.example.com ESMTP\r\n\r\n".as_slice(),
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"\x16\x03\x01\x00\x05abcde\r\n\r\n",
    ] {
        assert!(invalid(told(bytes).await).starts_with("not HTTP: "), "{bytes:?}");
    }
    // A body that ends too early is an answer that is none; without any answer there was no peer.
    invalid(told(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}").await);
    assert!(matches!(told(b"").await, Err(KeyStoreError::Unreachable(_))));
    assert!(matches!(told(b"HTTP/1.1 200").await, Err(KeyStoreError::Unreachable(_))));
    // Who speaks first does not answer.
    let (eager, _) = peer(|mut tcp| async move {
        let _ = tcp.write_all(b"220 mail.example.com ESMTP\r\n").await;
        listen(&mut tcp).await;
    })
    .await;
    let eager = encrypt(&plain(PATIENT), &eager).await;
    assert!(matches!(
        eager,
        Err(KeyStoreError::Unreachable(_) | KeyStoreError::InvalidResponse(_))
    ));
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let client = plain(PATIENT);
    for endpoint in [format!("http://localhost:{port}"), format!("https://127.0.0.1:{port}")] {
        let nobody = encrypt(&client, &store(&endpoint)).await;
        assert!(matches!(nobody, Err(KeyStoreError::Unreachable(_))), "{nobody:?}");
    }
    let nowhere = encrypt(&client, &store("https://xks.invalid")).await;
    assert!(matches!(nowhere, Err(KeyStoreError::Unreachable(_))), "{nowhere:?}");
}

#[tokio::test]
async fn a_certificate_must_be_trusted_valid_and_the_hosts() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    ours.write(&ca_file);
    let trusting = connectors(XksConfiguration {
        ca_file: Some(ca_file),
        deadline: PATIENT,
        ..proxy::known()
    });
    let all = rustls::ALL_VERSIONS;
    for (server, expected) in [
        (theirs.server("localhost", all), "UnknownIssuer"),
        (ours.server("other.example.com", all), "not valid for name"),
        (ours.late_server("localhost"), "expired"),
    ] {
        let proxy = Proxy::start(Some(server)).await;
        match encrypt(&trusting, &proxy.store("https")).await {
            Err(KeyStoreError::Tls(why)) => assert!(why.contains(expected), "{why}"),
            other => panic!("{other:?}"),
        }
        assert_eq!((proxy.seen().len(), proxy.connections()), (0, 1));
    }
    let good = Proxy::start(Some(ours.server("localhost", all))).await;
    assert!(encrypt(&trusting, &good.store("https")).await.is_ok());
    // An address is verified as one.
    let address = encrypt(&trusting, &store(&format!("https://127.0.0.1:{}", good.port))).await;
    assert!(matches!(address, Err(KeyStoreError::Tls(_))), "{address:?}");
    // Authorities of the system do not include one made a moment ago.
    let system = connectors(XksConfiguration { deadline: PATIENT, ..proxy::known() });
    let refused = encrypt(&system, &good.store("https")).await;
    assert!(matches!(refused, Err(KeyStoreError::Tls(_))), "{refused:?}");
}

#[tokio::test]
async fn a_server_without_tls_is_no_tls_server() {
    let proxy = Proxy::start(None).await;
    let client = connectors(XksConfiguration { deadline: PATIENT, ..proxy::known() });
    let refused = encrypt(&client, &proxy.store("https")).await;
    assert!(matches!(refused, Err(KeyStoreError::Tls(_))), "{refused:?}");
    assert_eq!(proxy.seen().len(), 0);
}

#[tokio::test]
async fn a_kept_connection_that_is_lost_is_replaced_once() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(PATIENT), proxy.store("http"));
    for round in 1..=3 {
        encrypt(&client, &store).await.unwrap();
        encrypt(&client, &store).await.unwrap();
        assert_eq!(proxy.connections(), round);
        proxy.hang_up().await;
    }
    encrypt(&client, &store).await.unwrap();
    assert_eq!(proxy.connections(), 4);
    // The next one is lost, too, and there is no third.
    proxy.refuse();
    proxy.hang_up().await;
    let lost = encrypt(&client, &store).await;
    assert!(matches!(lost, Err(KeyStoreError::Unreachable(_))), "{lost:?}");
    assert_eq!(proxy.connections(), 5);
    // Nothing is kept any more, so the first try is the only one.
    let lost = encrypt(&client, &store).await;
    assert!(matches!(lost, Err(KeyStoreError::Unreachable(_))), "{lost:?}");
    assert_eq!((proxy.connections(), proxy.seen().len()), (6, 7));
}

#[tokio::test]
async fn a_connection_that_the_proxy_closes_is_not_kept() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(PATIENT), proxy.store("http"));
    proxy.twist(|_, planned| planned.headers = vec![("connection", "close".to_owned())]);
    for _ in 0..3 {
        encrypt(&client, &store).await.unwrap();
    }
    assert_eq!((proxy.connections(), proxy.seen().len()), (3, 3));
}

#[tokio::test]
async fn what_no_proxy_takes_is_not_sent() {
    let proxy = Proxy::start(None).await;
    let (client, store, why) = (plain(PATIENT), proxy.store("http"), purpose("Encrypt"));
    for (aad, plaintext) in [(0, 0), (0, 4301), (8193, 1)] {
        let (aad, plaintext) = (vec![0; aad], vec![0; plaintext]);
        let refused = client.encrypt(&store, "foo", &aad, &plaintext, &why).await;
        assert!(matches!(refused, Err(KeyStoreError::Failed(_))), "{refused:?}");
    }
    for id in ["", "..", "a/b", "a?b"] {
        let refused = client.encrypt(&store, id, b"", b"x", &why).await;
        assert_eq!(refused, Err(KeyStoreError::KeyNotFound), "{id:?}");
    }
    assert_eq!(proxy.connections(), 0);
}
