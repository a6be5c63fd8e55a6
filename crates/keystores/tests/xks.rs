//! The client against a proxy that keeps the specification.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, starts its own tasks and measures time"
)]

mod proxy;

use proxy::{Authority, METADATA, PREFIX, Proxy, Style, purpose, store};
use rustls::version::{TLS12, TLS13};
use serde_json::json;
use std::time::Duration;
use strongroom_engine::ports::key_store::{KeyStoreError, KeyStorePlace, KeyStores};
use strongroom_keystores::package::ProxyPackage;
use strongroom_keystores::{Configuration, ConfigurationError, Connectors, XksConfiguration};

/// A client of `authority`, patient enough for a busy machine.
fn client(authority: &Authority) -> Connectors {
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    authority.write(&ca_file);
    connectors(XksConfiguration { ca_file: Some(ca_file), ..patient() })
}

/// A client that speaks without TLS.
fn plain() -> Connectors {
    connectors(XksConfiguration { allow_http: true, ..patient() })
}

fn patient() -> XksConfiguration {
    XksConfiguration { deadline: Duration::from_secs(10), ..proxy::known() }
}

fn connectors(xks: XksConfiguration) -> Connectors {
    Connectors::new(Configuration { xks, ..Configuration::default() }).unwrap()
}

async fn round_trip(
    client: &Connectors,
    store: &KeyStorePlace,
    aad: &[u8],
    plaintext: &[u8],
) -> Vec<u8> {
    let why = purpose("Encrypt");
    let package = client.encrypt(store, "foo", aad, plaintext, &why).await.unwrap();
    let back = client.decrypt(store, "foo", aad, &package, &purpose("Decrypt")).await.unwrap();
    assert!(back.same_as(plaintext));
    package
}

#[tokio::test]
async fn what_goes_out_comes_back_over_both_versions_of_tls() {
    let authority = Authority::new("ours");
    for version in [&TLS13, &TLS12] {
        let proxy = Proxy::start(Some(authority.server("localhost", &[version]))).await;
        let client = client(&authority);
        let store = proxy.store("https");
        for (aad, plaintext) in [(0, 1), (33, 12), (8192, 4300)] {
            round_trip(&client, &store, &vec![7; aad], &vec![9; plaintext]).await;
        }
        assert_eq!(proxy.seen().len(), 6);
        assert_eq!(proxy.connections(), 1, "the connection is kept");
    }
}

#[tokio::test]
async fn both_lengths_of_vectors_and_metadata_or_none() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(), proxy.store("http"));
    for style in [
        Style { iv: 12, metadata: b"" },
        Style { iv: 16, metadata: b"" },
        Style { iv: 12, metadata: METADATA },
        Style { iv: 16, metadata: &[0xff; 20] },
    ] {
        proxy.style(style.clone());
        let package = round_trip(&client, &store, b"aad", b"plaintext").await;
        let package = ProxyPackage::parse(&package).unwrap();
        assert_eq!((package.iv().len(), package.metadata()), (style.iv, style.metadata));
    }
}

#[tokio::test]
async fn requests_are_those_of_the_specification() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(), proxy.store("http"));
    round_trip(&client, &store, b"aad", b"plaintext").await;
    round_trip(&client, &store, b"", b"plaintext").await;
    client.describe(&store, "foo", &purpose("DescribeKey")).await.unwrap();
    client.connect(&store, &purpose("ConnectCustomKeyStore")).await.unwrap();
    let seen = proxy.seen();
    let metadata = |operation: &str| {
        json!({
            "awsPrincipalArn": "arn:aws:iam::123456789012:user/Alice",
            "kmsKeyArn": "arn:aws:kms:eu-west-2:123456789012:key/k",
            "kmsOperation": operation,
            "kmsRequestId": "4112f4d6-db54-4af4-ae30-c55a22a8dfae",
        })
    };
    assert_eq!(seen[0].path, format!("{PREFIX}/keys/foo/encrypt"));
    let encrypt = json!({
        "requestMetadata": metadata("Encrypt"),
        "additionalAuthenticatedData": "YWFk",
        "plaintext": "cGxhaW50ZXh0",
        "encryptionAlgorithm": "AES_GCM",
        "ciphertextDataIntegrityValueAlgorithm": "SHA_256",
    });
    assert_eq!(seen[0].body, encrypt);
    assert_eq!(seen[1].path, format!("{PREFIX}/keys/foo/decrypt"));
    let mut decrypt = seen[1].body.as_object().unwrap().clone();
    for member in ["ciphertext", "initializationVector", "authenticationTag"] {
        assert!(decrypt.remove(member).unwrap().is_string(), "{member}");
    }
    let decrypt_rest = json!({
        "requestMetadata": metadata("Decrypt"),
        "additionalAuthenticatedData": "YWFk",
        "ciphertextMetadata": "a2V5X3ZlcnNpb249MQ==",
        "encryptionAlgorithm": "AES_GCM",
    });
    assert_eq!(json!(decrypt), decrypt_rest);
    // What is empty is left out.
    for request in &seen[2..4] {
        assert!(request.body.get("additionalAuthenticatedData").is_none());
    }
    assert_eq!(seen[4].path, format!("{PREFIX}/keys/foo/metadata"));
    assert_eq!(seen[4].body, json!({ "requestMetadata": metadata("DescribeKey") }));
    assert_eq!(seen[5].path, format!("{PREFIX}/health"));
    let health = json!({ "requestMetadata": {
        "kmsOperation": "ConnectCustomKeyStore",
        "kmsRequestId": "4112f4d6-db54-4af4-ae30-c55a22a8dfae",
    }});
    assert_eq!(seen[5].body, health);
}

#[tokio::test]
async fn requests_are_signed_as_aws_signs_them() {
    let proxy = Proxy::start(None).await;
    let mut asked = purpose("CreateKey");
    asked.key = None;
    asked.region = "us-gov-west-1".parse().unwrap();
    plain().describe(&proxy.store("http"), "foo", &asked).await.unwrap();
    let seen = proxy.seen();
    assert!(seen[0].body["requestMetadata"].get("kmsKeyArn").is_none());
    let header = |name: &str| {
        let found = seen[0].headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(header("host"), format!("localhost:{}", proxy.port));
    assert_eq!(header("content-type"), "application/json");
    let authorization = header("authorization");
    assert!(
        authorization.contains("/us-gov-west-1/kms-xks-proxy/aws4_request, "),
        "{authorization}"
    );
    assert!(authorization.contains(" SignedHeaders=host;x-amz-date, "), "{authorization}");
}

#[tokio::test]
async fn keys_are_described() {
    let proxy = Proxy::start(None).await;
    let (client, store, why) = (plain(), proxy.store("http"), purpose("DescribeKey"));
    for (key, fits, enabled) in
        [("foo", true, true), ("disabled", true, false), ("encrypt_only", false, true)]
    {
        let found = client.describe(&store, key, &why).await.unwrap();
        assert_eq!((found.fits(), found.enabled), (fits, enabled), "{key}");
    }
    let missing = client.describe(&store, "missing", &why).await;
    assert_eq!(missing, Err(KeyStoreError::KeyNotFound));
    proxy.answer(
        200,
        r#"{"keySpec":"RSA_2048","keyUsage":["ENCRYPT","DECRYPT"],"keyStatus":"ENABLED"}"#,
    );
    assert!(!client.describe(&store, "foo", &why).await.unwrap().fits());
}

#[tokio::test]
async fn keys_that_may_not_are_not_used() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(), proxy.store("http"));
    let encrypt = |key: &'static str| {
        let (client, store) = (&client, &store);
        async move { client.encrypt(store, key, b"", b"x", &purpose("Encrypt")).await }
    };
    assert_eq!(encrypt("disabled").await, Err(KeyStoreError::KeyDisabled));
    assert_eq!(encrypt("missing").await, Err(KeyStoreError::KeyNotFound));
    let not_for_this = KeyStoreError::KeyUsage(String::new());
    assert_eq!(encrypt("encrypt_only").await, Err(not_for_this.clone()));
    let package = encrypt("foo").await.unwrap();
    let refused = client.decrypt(&store, "encrypt_only", b"", &package, &purpose("Decrypt")).await;
    assert_eq!(refused.map(drop), Err(not_for_this));
}

#[tokio::test]
async fn altered_ciphertexts_are_told_from_failures() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(), proxy.store("http"));
    let package = round_trip(&client, &store, b"aad", b"plaintext").await;
    let why = purpose("Decrypt");
    let ciphertext = Err(KeyStoreError::Ciphertext);
    let refused = client.decrypt(&store, "foo", b"other", &package, &why).await;
    assert_eq!(refused.map(drop), ciphertext);
    // Vector, tag, metadata, ciphertext: all is bound.
    for at in 3..package.len() {
        let mut altered = package.clone();
        altered[at] ^= 1;
        let refused = client.decrypt(&store, "foo", b"aad", &altered, &why).await;
        assert_eq!(refused.map(drop), ciphertext, "byte {at}");
    }
    // What is no package does not get as far as the proxy.
    let before = proxy.seen().len();
    for bytes in [&package[..20], &[&[9], &package[1..]].concat(), b""] {
        let refused = client.decrypt(&store, "foo", b"aad", bytes, &why).await;
        assert_eq!(refused.map(drop), ciphertext);
    }
    assert_eq!(proxy.seen().len(), before);
}

#[tokio::test]
async fn other_credentials_are_refused() {
    let proxy = Proxy::start(None).await;
    let client = plain();
    for (id, secret) in [
        (proxy::ACCESS_KEY, "another secret that the proxy does not know"),
        ("AAAABBBBCCCCDDDD2346", proxy::SECRET),
        ("AAAA\r\nBBBBCCCCDDDD23", proxy::SECRET),
    ] {
        let mut store = proxy.store("http");
        if let KeyStorePlace::Proxy(proxy) = &mut store {
            proxy.access_key = id.to_owned();
            proxy.secret = strongroom_crypto::SecretBytes::new(secret.as_bytes().to_vec());
        }
        let refused = client.connect(&store, &purpose("ConnectCustomKeyStore")).await;
        assert_eq!(refused, Err(KeyStoreError::ProxyCredentials), "{id:?}");
    }
}

#[tokio::test]
async fn another_path_is_another_configuration() {
    let proxy = Proxy::start(None).await;
    let mut store = proxy.store("http");
    if let KeyStorePlace::Proxy(proxy) = &mut store {
        proxy.path = "/tenant-2/kms/xks/v1".to_owned();
    }
    let refused = plain().connect(&store, &purpose("ConnectCustomKeyStore")).await;
    assert_eq!(refused, Err(KeyStoreError::ProxyConfiguration(String::new())));
}

#[tokio::test]
async fn a_proxy_makes_and_destroys_no_keys() {
    let proxy = Proxy::start(None).await;
    let (client, store) = (plain(), proxy.store("http"));
    assert_eq!(client.create(&store, "foo").await, Err(KeyStoreError::Unsupported));
    assert_eq!(client.destroy(&store, "foo").await, Ok(()));
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn the_configuration_decides_who_is_asked() {
    let proxy = Proxy::start(None).await;
    let open = |allow_http, allowed: Option<&str>| {
        let allowed_endpoints = allowed.map(|host| vec![host.to_owned()]);
        connectors(XksConfiguration { allow_http, allowed_endpoints, ..patient() })
    };
    let (store, why) = (proxy.store("http"), purpose("ConnectCustomKeyStore"));
    for refusing in [open(false, None), open(true, Some("xks.example.com"))] {
        let is_refused = |result| matches!(result, Err(KeyStoreError::NotAllowed(_)));
        assert!(is_refused(refusing.check(&store)));
        assert!(is_refused(refusing.connect(&store, &why).await));
    }
    assert_eq!(proxy.connections(), 0);
    let admitting = open(true, Some("LOCALHOST"));
    assert_eq!(admitting.check(&store), Ok(()));
    assert_eq!(admitting.connect(&store, &why).await, Ok(()));
}

#[tokio::test]
async fn requests_at_once_have_connections_of_their_own() {
    let authority = Authority::new("ours");
    let proxy = Proxy::start(Some(authority.server("localhost", rustls::ALL_VERSIONS))).await;
    let client = std::sync::Arc::new(client(&authority));
    let port = proxy.port;
    let tasks: Vec<_> = (0_u8..40)
        .map(|number| {
            let client = std::sync::Arc::clone(&client);
            tokio::spawn(async move {
                let store = store(&format!("https://localhost:{port}"));
                for _ in 0..5 {
                    round_trip(&client, &store, &[number], &[number; 100]).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(proxy.seen().len(), 400);
    assert!(proxy.connections() <= 40, "{} connections", proxy.connections());
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let (missing, empty) = (directory.path().join("missing"), directory.path().join("empty"));
    std::fs::write(&empty, "no certificate").unwrap();
    let refusal = |xks| match Connectors::new(Configuration { xks, ..Configuration::default() }) {
        Err(error) => error,
        Ok(_) => panic!("taken"),
    };
    let with = |path| XksConfiguration { ca_file: Some(path), ..patient() };
    assert!(matches!(refusal(with(missing)), ConfigurationError::File(..)));
    assert!(matches!(refusal(with(empty)), ConfigurationError::NoCertificate(_)));
    let never = XksConfiguration { deadline: Duration::ZERO, ..patient() };
    assert!(matches!(refusal(never), ConfigurationError::Deadline));
    let host = XksConfiguration { allowed_endpoints: Some(vec!["a/b".to_owned()]), ..patient() };
    assert_eq!(refusal(host).to_string(), "`a/b` is no host name");
}
