//! TLS 1.2 and 1.3 to others: whom their certificates must come from.

use crate::pem;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where Debian, Red Hat, SUSE and Alpine keep the authorities that the system trusts.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Why there can be no TLS.
#[derive(Debug)]
pub enum TlsError {
    /// The file of authorities could not be read.
    File(PathBuf, io::Error),
    /// The file holds no certificate in PEM form, or a broken one.
    NoCertificate(PathBuf),
    /// The TLS library could not be set up.
    Library(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::NoCertificate(path) => {
                write!(f, "`{}` holds no certificate in PEM form", path.display())
            }
            Self::Library(error) => write!(f, "cannot set up tls: {error}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) => Some(error),
            Self::Library(error) => Some(error),
            Self::NoCertificate(_) => None,
        }
    }
}

/// A client that trusts the authorities of `ca_file`, or else those of the system. The name in the
/// certificate must be the endpoint's. A system without a bundle trusts nobody.
///
/// # Errors
/// [`TlsError`].
pub fn client(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let authorities = match ca_file {
        Some(path) => pem::read(path)?,
        None => system(),
    };
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(authorities);
    if let Some(path) = ca_file.filter(|_| added == 0) {
        return Err(TlsError::NoCertificate(path.to_owned()));
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Library)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn system() -> Vec<CertificateDer<'static>> {
    SYSTEM.iter().find_map(|path| pem::read(Path::new(path)).ok()).unwrap_or_default()
}
