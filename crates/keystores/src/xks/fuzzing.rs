//! What proxies answer, and where they are said to be.

use super::endpoint::{Rules, key_path, path};
use super::{refusal, wire};
use crate::XksConfiguration;
use crate::package::ProxyPackage;
use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use strongroom_client::{Answer, Endpoint};
use strongroom_engine::ports::key_store::KeyStoreError;

/// A proxy's answer, taken for the answer to each question there is. Texts that go further are of
/// printable characters and short.
pub fn proxy_answer(status: u16, body: &[u8], asked: &[u8]) {
    let (aad, plaintext) = asked.split_at(asked.len() / 2);
    if let Ok(key) = wire::described(body) {
        assert!(key.usage.len() <= 10);
        for name in key.usage.iter().chain([&key.spec]) {
            assert!(name.len() <= 64 && name.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
    let _ = wire::healthy(body);
    if let Ok(package) = wire::encrypted(body, aad, plaintext) {
        let package = ProxyPackage::parse(&package).expect("it was just made");
        assert_eq!(package.ciphertext().len(), plaintext.len());
    }
    if let Ok(opened) = wire::decrypted(body, plaintext.len()) {
        assert_eq!(opened.len(), plaintext.len());
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    if let KeyStoreError::InvalidResponse(text) | KeyStoreError::Failed(text) =
        refusal::meaning(&answer)
    {
        assert!(text.len() < 600 && text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
}

/// Where a proxy is said to be. What is accepted names one host, and a path below it.
pub fn endpoint(text: &str, prefix: &str, id: &str, route: &str) {
    let admitted = |configuration: &XksConfiguration| {
        let rules = Rules::new(configuration).ok()?;
        let endpoint = rules.endpoint(text).ok()?;
        assert_eq!(
            rules.endpoint(&format!("https://{}", endpoint.authority())),
            Ok(endpoint.clone())
        );
        Some(endpoint)
    };
    if let Some(endpoint) = admitted(&XksConfiguration::default()) {
        assert!(endpoint.tls && endpoint.port != 0);
        assert!(endpoint.host.contains('.') && endpoint.host.parse::<std::net::IpAddr>().is_err());
        assert_eq!(endpoint.peer, (endpoint.host.clone(), endpoint.port));
    }
    let routes = BTreeMap::from([(id.to_owned(), route.to_owned())]);
    let _ = admitted(&XksConfiguration { routes, ..XksConfiguration::default() });
    let allowed_endpoints = Some(vec![id.to_owned()]);
    let allowed = XksConfiguration { allowed_endpoints, ..XksConfiguration::default() };
    if let Some(endpoint) = admitted(&allowed) {
        assert_eq!(endpoint.host, id.to_ascii_lowercase());
    }
    if let Some(endpoint) = Endpoint::parse(text) {
        assert!(endpoint.port != 0 && !endpoint.host.is_empty());
    }
    let of_key = [path(prefix, "health"), key_path(prefix, id, "encrypt")];
    for path in of_key.into_iter().flatten() {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte);
        assert!(path.starts_with('/') && path.bytes().all(good) && !path.contains("/../"));
    }
}
