//! Where a proxy is: which hosts and paths are asked at all.
//!
//! An endpoint comes from whoever may create key stores. That is an administrator, and not
//! necessarily the operator of this server, whose configuration therefore has the last word.

use crate::{ConfigurationError, XksConfiguration};
use std::collections::BTreeMap;
use strongroom_client::{Endpoint, default_port, is_host, port};
use strongroom_engine::ports::key_store::KeyStoreError;

/// What every path begins with ends so: version 1 of the API is the only one there is.
const VERSION: &str = "/kms/xks/v1";
/// Longest path prefix, in bytes (XKS Proxy API specification, "API operations").
const MAX_PREFIX: usize = 128;
/// Longest external key id, in bytes (there).
const MAX_KEY_ID: usize = 128;
/// Which endpoints the configuration admits.
pub(crate) struct Rules {
    allow_http: bool,
    /// In lower case.
    allowed: Option<Vec<String>>,
    /// By hosts in lower case.
    routes: BTreeMap<String, (String, u16)>,
}

impl Rules {
    pub(crate) fn new(configuration: &XksConfiguration) -> Result<Self, ConfigurationError> {
        let mut allowed = configuration.allowed_endpoints.clone();
        for host in allowed.iter_mut().flatten() {
            if !is_host(host) {
                return Err(ConfigurationError::Host(host.clone()));
            }
            host.make_ascii_lowercase();
        }
        let routes = configuration.routes.iter();
        let routes = routes.map(|(host, to)| route(host, to)).collect::<Result<_, _>>()?;
        Ok(Self { allow_http: configuration.allow_http, allowed, routes })
    }

    /// Reads `https://host` or `https://host:port`, if the configuration admits it.
    pub(crate) fn endpoint(&self, text: &str) -> Result<Endpoint, KeyStoreError> {
        let refuse = |why: &str| Err(KeyStoreError::ProxyConfiguration(why.to_owned()));
        let (tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) if self.allow_http => (false, rest),
            Some(("http", _)) => {
                return Err(KeyStoreError::NotAllowed("an endpoint without TLS"));
            }
            _ => return refuse("an endpoint begins with `https://`"),
        };
        let (host, port) = match rest.split_once(':') {
            Some((host, digits)) => (host, port(digits)),
            None => (rest, Some(default_port(tls))),
        };
        let Some(port) = port.filter(|_| is_host(host)) else {
            return refuse("an endpoint is a host name, and a port if it is not 443");
        };
        let host = host.to_ascii_lowercase();
        if self.allowed.as_ref().is_some_and(|allowed| !allowed.contains(&host)) {
            return Err(KeyStoreError::NotAllowed("a proxy at this host"));
        }
        let named = self.allowed.is_some() || self.routes.contains_key(&host);
        if !named && !is_qualified(&host) {
            return Err(KeyStoreError::NotAllowed("an endpoint without a qualified host name"));
        }
        let peer = self.routes.get(&host).cloned().unwrap_or_else(|| (host.clone(), port));
        Ok(Endpoint { tls, host, port, peer })
    }
}

/// The path of a proxy's own operation.
pub(crate) fn path(prefix: &str, operation: &str) -> Result<String, KeyStoreError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
    let is_prefix = prefix.starts_with('/')
        && prefix.ends_with(VERSION)
        && prefix.len() <= MAX_PREFIX
        && prefix.bytes().all(good);
    if is_prefix {
        Ok(format!("{prefix}/{operation}"))
    } else {
        Err(KeyStoreError::ProxyConfiguration(format!("the path must end in `{VERSION}`")))
    }
}

/// The path of an operation with the external key `id`.
pub(crate) fn key_path(prefix: &str, id: &str, operation: &str) -> Result<String, KeyStoreError> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // Dots alone are steps in the tree of paths, and would be another path once normalised.
    let is_id = !id.is_empty()
        && id.len() <= MAX_KEY_ID
        && id.bytes().all(good)
        && !matches!(id, "." | "..");
    if is_id {
        path(prefix, &format!("keys/{id}/{operation}"))
    } else {
        Err(KeyStoreError::KeyNotFound)
    }
}

/// A host, and where connections to it go.
fn route(host: &str, to: &str) -> Result<(String, (String, u16)), ConfigurationError> {
    if !is_host(host) {
        return Err(ConfigurationError::Host(host.to_owned()));
    }
    let bad = || ConfigurationError::Route(to.to_owned());
    let (address, digits) = to.rsplit_once(':').ok_or_else(bad)?;
    // An IPv6 address stands in brackets.
    let address = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
    let port = port(digits).filter(|_| !address.is_empty()).ok_or_else(bad)?;
    Ok((host.to_ascii_lowercase(), (address.to_owned(), port)))
}

/// Whether it is a name with a domain, and no address: those of the server's own network have to be
/// named by the configuration.
fn is_qualified(host: &str) -> bool {
    let last = host.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|label| label.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow_http: bool, allowed: Option<&[&str]>) -> Rules {
        let allowed_endpoints =
            allowed.map(|hosts| hosts.iter().map(|host| (*host).to_owned()).collect());
        let configuration =
            XksConfiguration { allow_http, allowed_endpoints, ..XksConfiguration::default() };
        Rules::new(&configuration).unwrap()
    }

    #[test]
    fn endpoints_are_a_scheme_a_host_and_a_port() {
        let rules = rules(false, None);
        let endpoint = rules.endpoint("https://XKS.example.com").unwrap();
        assert_eq!((endpoint.tls, endpoint.port), (true, 443));
        assert_eq!(endpoint.authority(), "xks.example.com");
        let endpoint = rules.endpoint("https://xks.example.com:8443").unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.port), ("xks.example.com", 8443));
        assert_eq!(endpoint.authority(), "xks.example.com:8443");
        for bad in [
            "",
            "https://",
            "xks.example.com",
            "http://xks.example.com",
            "ftp://xks.example.com",
            "HTTPS://xks.example.com",
            "https://xks.example.com/",
            "https://user@xks.example.com",
            "https://xks.example.com:",
            "https://xks.example.com:0",
            "https://xks.example.com:+443",
            "https://xks.example.com:65536",
            "https://xks.example.com:1:2",
            "https://[::1]",
            "https://127.0.0.1",
            "https://169.254.169.254",
            "https://localhost",
            "https://10.1",
            "https://xks example",
            "https://xks\r\nx: y",
        ] {
            let refused = rules.endpoint(bad);
            let refused = matches!(
                refused,
                Err(KeyStoreError::ProxyConfiguration(_) | KeyStoreError::NotAllowed(_))
            );
            assert!(refused, "{bad:?}");
        }
    }

    #[test]
    fn connections_go_where_the_configuration_says() {
        let configured = |host: &str, to: &str| {
            let routes = BTreeMap::from([(host.to_owned(), to.to_owned())]);
            Rules::new(&XksConfiguration { routes, ..XksConfiguration::default() })
        };
        let rules = configured("XKS.example.com", "127.0.0.1:8443").unwrap();
        let endpoint = rules.endpoint("https://xks.EXAMPLE.com").unwrap();
        assert_eq!(endpoint.authority(), "xks.example.com");
        assert_eq!(endpoint.peer, ("127.0.0.1".to_owned(), 8443));
        let other = rules.endpoint("https://b.example.com").unwrap();
        assert_eq!(other.peer, ("b.example.com".to_owned(), 443));
        let rules = configured("a", "[::1]:1").unwrap();
        assert_eq!(rules.endpoint("https://a").unwrap().peer, ("::1".to_owned(), 1));
        for bad in ["", "a", ":1", "a:", "a:0", "a:65536", "a:b"] {
            assert!(matches!(configured("a", bad), Err(ConfigurationError::Route(_))), "{bad}");
        }
        assert!(matches!(configured("a/b", "a:1"), Err(ConfigurationError::Host(_))));
    }

    #[test]
    fn the_configuration_has_the_last_word() {
        let local = rules(true, Some(&["localhost"]));
        assert!(!local.endpoint("http://localhost:1").unwrap().tls);
        assert_eq!(local.endpoint("http://localhost").unwrap().authority(), "localhost");
        let some = rules(false, Some(&["XKS.example.com"]));
        assert!(some.endpoint("https://xks.EXAMPLE.com:444").is_ok());
        assert!(some.endpoint("https://example.com").is_err());
        assert!(some.endpoint("https://a.xks.example.com").is_err());
        assert!(rules(false, Some(&[])).endpoint("https://xks.example.com").is_err());
        let configuration = XksConfiguration {
            allowed_endpoints: Some(vec!["xks.example.com:443".to_owned()]),
            ..XksConfiguration::default()
        };
        assert!(matches!(Rules::new(&configuration), Err(ConfigurationError::Host(_))));
    }

    #[test]
    fn paths_are_of_the_specification() {
        assert_eq!(path("/kms/xks/v1", "health").unwrap(), "/kms/xks/v1/health");
        let of_key = key_path("/a_b/c-d/kms/xks/v1", "k.1_2-3", "encrypt").unwrap();
        assert_eq!(of_key, "/a_b/c-d/kms/xks/v1/keys/k.1_2-3/encrypt");
        let long = format!("/{}/kms/xks/v1", "a".repeat(MAX_PREFIX));
        for bad in
            ["", "/", "kms/xks/v1", "/kms/xks/v2", "/a?b/kms/xks/v1", "/../kms/xks/v1", &long]
        {
            let refused = path(bad, "health");
            assert!(matches!(refused, Err(KeyStoreError::ProxyConfiguration(_))), "{bad:?}");
        }
        let long = "k".repeat(MAX_KEY_ID + 1);
        for bad in ["", ".", "..", "a/b", "a%2fb", "a b", "ä", &long] {
            let refused = key_path("/kms/xks/v1", bad, "encrypt");
            assert_eq!(refused, Err(KeyStoreError::KeyNotFound), "{bad:?}");
        }
    }
}
