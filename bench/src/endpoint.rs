//! Where a server is, how it is trusted, and who signs.

use crate::terminal::Failure;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// A server of the KMS API.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    /// The `Host` header.
    pub(crate) authority: String,
    pub(crate) tls: Option<Tls>,
    pub(crate) credentials: Credentials,
}

/// How a server proves that it is the one meant.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

/// Who signs, and for which Region. These are made for a benchmark or are a public constant, so
/// the secret is plain text here.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) region: String,
}

impl Endpoint {
    /// The server at `url`: `http://host:port`, or `https` and trusted by the certificates in the
    /// PEM file `ca`.
    pub(crate) fn new(
        url: &str,
        ca: Option<&Path>,
        credentials: Credentials,
    ) -> Result<Self, Failure> {
        let parts = Url::parse(url)
            .ok_or_else(|| Failure::new(format!("`{url}` is no http or https URL")))?;
        let failed = |why: &dyn std::fmt::Display| Failure::of(url, why);
        let host = parts.host.trim_matches(['[', ']']);
        let addresses = (host, parts.port).to_socket_addrs().map_err(|why| failed(&why))?;
        let address = addresses.into_iter().next().ok_or_else(|| failed(&"no address"))?;
        let tls = if parts.tls {
            let name = ServerName::try_from(host.to_owned()).map_err(|why| failed(&why))?;
            let ca = ca.ok_or_else(|| failed(&"an https server needs a file of certificates"))?;
            Some(Tls { connector: connector(ca)?, name })
        } else {
            None
        };
        Ok(Self { address, authority: parts.authority.to_owned(), tls, credentials })
    }
}

/// TLS 1.3 alone, so that every server is measured with the same protocol.
fn connector(ca: &Path) -> Result<TlsConnector, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::of(ca.display(), why);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).map_err(|why| failed(&why))? {
        let certificate = certificate.map_err(|why| failed(&why))?;
        roots.add(certificate).map_err(|why| failed(&why))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|why| failed(&why))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The parts of a URL that name a server.
#[derive(Debug, PartialEq, Eq)]
struct Url<'a> {
    tls: bool,
    authority: &'a str,
    host: &'a str,
    port: u16,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (tls, default_port) = match scheme {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return None,
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.is_empty() || authority.contains(['/', '?', '#', '@']) {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, default_port),
        };
        Some(Self { tls, authority, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_host_and_port() {
        let url = |tls, authority, host, port| Some(Url { tls, authority, host, port });
        let parse = Url::parse;
        assert_eq!(parse("http://a:5/"), url(false, "a:5", "a", 5));
        assert_eq!(parse("https://127.0.0.1"), url(true, "127.0.0.1", "127.0.0.1", 443));
        assert_eq!(parse("https://[::1]:8"), url(true, "[::1]:8", "[::1]", 8));
        assert_eq!(parse("http://[::1]"), url(false, "[::1]", "[::1]", 80));
        for bad in ["a:5", "ftp://a", "http://", "http://a/b", "http://a:x", "http://u@a"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
