//! TLS 1.2 and 1.3 to a proxy: whom its certificate must come from.

use crate::{ConfigurationError, pem};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// Where Debian, Red Hat, SUSE and Alpine keep the authorities that the system trusts.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A client that trusts the authorities of `ca_file`, or else those of the system. The name in the
/// certificate must be the endpoint's. A system without a bundle trusts nobody.
pub(crate) fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, ConfigurationError> {
    let authorities = match ca_file {
        Some(path) => pem::read(path)?,
        None => system(),
    };
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(authorities);
    if let Some(path) = ca_file.filter(|_| added == 0) {
        return Err(ConfigurationError::NoCertificate(path.to_owned()));
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(ConfigurationError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn system() -> Vec<CertificateDer<'static>> {
    SYSTEM.iter().find_map(|path| pem::read(Path::new(path)).ok()).unwrap_or_default()
}
