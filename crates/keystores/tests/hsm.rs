//! HSMs: what needs none, and then SoftHSM's module with tokens made for the test.
//!
//! `SOFTHSM2_CONF` is all that tells SoftHSM where its tokens are, so the tests that need it run in
//! a process of their own, which is given the variable.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test stops at the first surprise, starts processes and tells them by variables"
)]

mod softhsm;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::key_store::{
    HsmPlace, KeyStoreError, KeyStorePlace, KeyStores, Purpose,
};
use strongroom_keystores::{
    Configuration, ConfigurationError, Connectors, HsmConfiguration, TokenName, Vectors,
};

/// Where Debian's package `softhsm2` has the module.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const CONF: &str = "SOFTHSM2_CONF";
const CLUSTER: &str = "cluster-2a3b4c5d6e7";

fn configuration(module: &str, token: TokenName) -> HsmConfiguration {
    HsmConfiguration {
        module: module.into(),
        token,
        user: None,
        trust_anchor: None,
        vectors: Vectors::default(),
        deadline: Duration::from_secs(30),
    }
}

fn connectors(hsm: HsmConfiguration) -> Connectors {
    opened(CLUSTER, hsm).unwrap()
}

fn opened(cluster: &str, hsm: HsmConfiguration) -> Result<Connectors, ConfigurationError> {
    let hsms = BTreeMap::from([(cluster.to_owned(), hsm)]);
    Connectors::new(Configuration { hsms, ..Configuration::default() })
}

fn store(password: &str) -> KeyStorePlace {
    of(CLUSTER, password)
}

fn of(cluster: &str, password: &str) -> KeyStorePlace {
    anchored(cluster, password, "")
}

fn anchored(cluster: &str, password: &str, trust_anchor: &str) -> KeyStorePlace {
    let password = SecretBytes::new(password.as_bytes().to_vec());
    let (cluster, trust_anchor) = (cluster.to_owned(), trust_anchor.to_owned());
    KeyStorePlace::Hsm(HsmPlace { cluster, trust_anchor, password })
}

fn purpose() -> Purpose {
    Purpose {
        region: "eu-west-2".parse().unwrap(),
        principal: String::new(),
        key: None,
        operation: "Encrypt",
        request: String::new(),
    }
}

fn label(text: &str) -> TokenName {
    TokenName::Label(text.to_owned())
}

#[tokio::test]
async fn a_cluster_must_be_configured() {
    let client = connectors(configuration(MODULE, label("t")));
    let other = of("cluster-7g6f5e4d3c2", "password");
    assert_eq!(client.check(&other), Err(KeyStoreError::ClusterNotFound));
    let refused = client.connect(&other, &purpose()).await;
    assert_eq!(refused, Err(KeyStoreError::ClusterNotFound));
    assert_eq!(client.check(&store("password")), Ok(()));
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_at_the_start() {
    let refusal = |cluster, hsm| match opened(cluster, hsm) {
        Err(error) => error,
        Ok(_) => panic!("taken"),
    };
    let good = configuration(MODULE, label("t"));
    assert!(matches!(refusal("hsm", good.clone()), ConfigurationError::ClusterId(_)));
    let anchor = HsmConfiguration { trust_anchor: Some("/no/such/file".into()), ..good.clone() };
    assert!(matches!(refusal(CLUSTER, anchor), ConfigurationError::File(..)));
    let never = HsmConfiguration { deadline: Duration::ZERO, ..good };
    assert!(matches!(refusal(CLUSTER, never), ConfigurationError::Deadline));
}

#[test]
fn the_trust_anchor_is_the_one_configured() {
    let certificate = || {
        let key = rcgen::KeyPair::generate().unwrap();
        rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap().pem()
    };
    let (ours, other) = (certificate(), certificate());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("customerCA.crt");
    std::fs::write(&path, &ours).unwrap();
    let hsm = configuration(MODULE, label("t"));
    let client = connectors(HsmConfiguration { trust_anchor: Some(path), ..hsm.clone() });
    let named = |certificate: &str| anchored(CLUSTER, "password", certificate);
    assert_eq!(client.check(&named(&ours)), Ok(()));
    // How the lines are broken is of no account.
    assert_eq!(client.check(&named(&ours.replace('\n', "\r\n"))), Ok(()));
    let both = format!("{ours}{other}");
    for wrong in [other.as_str(), both.as_str(), "", "no certificate"] {
        assert_eq!(client.check(&named(wrong)), Err(KeyStoreError::TrustAnchor), "{wrong}");
    }
    assert_eq!(connectors(hsm).check(&named(&other)), Ok(()), "none to compare with");
}

#[tokio::test]
async fn a_module_that_is_none_is_a_matter_of_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text.so");
    std::fs::write(&text, "not a library").unwrap();
    for module in [Path::new("/no/such/module.so"), &text, directory.path()] {
        let client = connectors(configuration(module.to_str().unwrap(), label("t")));
        let refused = client.connect(&store("password"), &purpose()).await;
        let names_it = |text: &str| text.contains(module.to_str().unwrap());
        assert!(
            matches!(&refused, Err(KeyStoreError::ClusterConfiguration(text)) if names_it(text)),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn what_no_hsm_is_asked_is_refused_at_once() {
    let client = connectors(configuration("/no/such/module.so", label("t")));
    let (store, why) = (store("password"), purpose());
    for (aad, plaintext) in [(0, 0), (0, 4301), (8193, 1)] {
        let (aad, plaintext) = (vec![0; aad], vec![0; plaintext]);
        let refused = client.encrypt(&store, "k", &aad, &plaintext, &why).await;
        assert!(matches!(refused, Err(KeyStoreError::Failed(_))), "{refused:?}");
    }
    let refused = client.decrypt(&store, "k", b"", b"\x02short", &why).await;
    assert_eq!(refused.map(drop), Err(KeyStoreError::Ciphertext));
    for name in [String::new(), "k".repeat(129)] {
        assert_eq!(client.create(&store, &name).await, Err(KeyStoreError::KeyNotFound));
    }
}

#[test]
fn on_tokens_of_softhsm() {
    if !Path::new(MODULE).exists() {
        let slow = std::env::var("STRONGROOM_SLOW_TESTS").is_ok_and(|set| set == "1");
        assert!(!slow, "{MODULE} is missing: install SoftHSM 2 (Debian's package `softhsm2`)");
        eprintln!("SKIPPED: {MODULE} is missing, so nothing was tested with an HSM");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let (conf, tokens) = (directory.path().join("softhsm2.conf"), directory.path().join("tokens"));
    std::fs::create_dir(&tokens).unwrap();
    std::fs::write(&conf, format!("directories.tokendir = {}\n", tokens.display())).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .env(CONF, &conf)
        // Some of these end the sessions of all the process.
        .args(["--ignored", "--test-threads=1", "softhsm::"])
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    // Not by how the process ended: SoftHSM takes itself down at its end, at times while a thread is
    // in it still, and crashes.
    assert!(out.contains("test result: ok. 9 passed"), "{}\n{out}\n{err}", child.status);
    eprintln!("{out}");
}
