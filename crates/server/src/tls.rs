//! TLS 1.2 and 1.3, and the certificate that is replaced while connections are served.

use crate::clock::{self, timestamp};
use crate::log::{Level, log};
use crate::self_signed::SelfSigned;
use crate::{TlsError, x509};
use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ProtocolVersion, ServerConfig, ServerConnection};
use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use strongroom_types::Timestamp;
use zeroize::Zeroizing;

/// Days before the end of an operator's certificate from which its loading warns.
const WARN_DAYS: i64 = 30;
/// How often our own certificate is looked at for renewal.
const RENEWAL_CHECK: Duration = Duration::from_secs(3600);

/// Where the certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsSource {
    /// An authority and a certificate of our own, made where missing: `ca.pem`, `ca-key.pem`,
    /// `server.pem` and `server-key.pem` in `dir`.
    SelfSigned {
        /// The directory; it is made if missing.
        dir: PathBuf,
        /// Host names and IP addresses clients use, besides `localhost`, the loopback addresses,
        /// the machine's name and the address listened on.
        names: Vec<String>,
    },
    /// PEM files: the certificate with its chain, and the key. They are loaded again whenever they
    /// change.
    Files {
        /// The certificate, then its intermediates.
        certificate: PathBuf,
        /// The private key: PKCS #8, SEC 1 or PKCS #1.
        key: PathBuf,
    },
}

/// How a connection is protected, in the words of CloudTrail's `tlsDetails`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The IANA name of the cipher suite, such as `TLS_AES_128_GCM_SHA256`.
    pub cipher_suite: &'static str,
    /// The IANA name of the key exchange group, such as `X25519MLKEM768`.
    pub key_exchange: Option<&'static str>,
}

impl TlsInfo {
    /// Of a connection whose handshake is complete.
    pub(crate) fn of(connection: &ServerConnection) -> Option<Self> {
        let version = match connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => "TLSv1.2",
            ProtocolVersion::TLSv1_3 => "TLSv1.3",
            _ => return None,
        };
        Some(Self {
            version,
            cipher_suite: iana_name(connection.negotiated_cipher_suite()?.suite())?,
            key_exchange: connection
                .negotiated_key_exchange_group()
                .and_then(|group| group.name().as_str()),
        })
    }
}

/// rustls has its own prefix for the suites of TLS 1.3.
fn iana_name(suite: CipherSuite) -> Option<&'static str> {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => Some("TLS_AES_128_GCM_SHA256"),
        CipherSuite::TLS13_AES_256_GCM_SHA384 => Some("TLS_AES_256_GCM_SHA384"),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => Some("TLS_CHACHA20_POLY1305_SHA256"),
        other => other.as_str(),
    }
}

/// The algorithms: AWS-LC's, with X25519MLKEM768 preferred.
pub(crate) fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

/// A server configuration that shows `certificates`.
///
/// No early data, which could be replayed, and no client certificates: callers sign requests.
pub(crate) fn config(certificates: Arc<Certificates>) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.max_early_data_size = 0;
    Ok(config)
}

/// The files of a certificate and its key.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// The certificate served now, and how to come by the next.
pub(crate) struct Certificates {
    pair: Pair,
    own: Option<SelfSigned>,
    current: ArcSwap<CertifiedKey>,
    looked: Mutex<Looked>,
}

/// What the last look at the files found.
struct Looked {
    stamps: Stamps,
    renewal: SystemTime,
}

impl Certificates {
    /// Loads the certificate of `source`, or makes it. `names` are the server's own names.
    pub(crate) fn open(source: TlsSource, names: Vec<String>) -> Result<Self, TlsError> {
        let now = clock::now();
        let (pair, own) = match source {
            TlsSource::Files { certificate, key } => (Pair { certificate, key }, None),
            TlsSource::SelfSigned { dir, names: more } => {
                let own = SelfSigned::new(dir, [names, more].concat());
                own.ensure(now)?;
                (own.pair(), Some(own))
            }
        };
        // INVARIANT: the stamps are older than the contents, so no change goes unnoticed.
        let stamps = Stamps::of(&pair);
        let current = load(&pair)?;
        warn_of_end(&pair, &current, now);
        let looked = Mutex::new(Looked { stamps, renewal: now + RENEWAL_CHECK });
        Ok(Self { pair, own, current: ArcSwap::from_pointee(current), looked })
    }

    /// The certificate of our own authority, if that is the source.
    pub(crate) fn ca(&self) -> Option<PathBuf> {
        self.own.as_ref().map(SelfSigned::ca)
    }

    /// Renews our own certificate when it is due, and loads files that have changed. If they
    /// cannot be used, says so once and keeps the former certificate.
    pub(crate) fn refresh(&self, now: SystemTime) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = self.own.as_ref().filter(|_| looked.renewal <= now) {
            looked.renewal = now + RENEWAL_CHECK;
            if let Err(error) = own.ensure(now) {
                log(Level::Error, &format!("the server certificate was not renewed: {error}"));
            }
        }
        let stamps = Stamps::of(&self.pair);
        if stamps == looked.stamps {
            return;
        }
        looked.stamps = stamps;
        match load(&self.pair) {
            Ok(new) => {
                warn_of_end(&self.pair, &new, now);
                self.current.store(Arc::new(new));
                let path = self.pair.certificate.display();
                log(Level::Info, &format!("the certificate in `{path}` is now in use"));
            }
            Err(error) => {
                let text = "the changed certificate is not taken, the former stays in use";
                log(Level::Error, &format!("{text}: {error}"));
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("pair", &self.pair).finish_non_exhaustive()
    }
}

/// A pair of files as a certificate to serve with: both whole, and belonging together.
pub(crate) fn load(pair: &Pair) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(&pair.certificate)?;
    let text = fs::read(&pair.key).map(Zeroizing::new);
    let text = text.map_err(|error| TlsError::Read(pair.key.clone(), error))?;
    let key =
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| TlsError::NoKey(pair.key.clone()))?;
    CertifiedKey::from_der(chain, key, &provider())
        .map_err(|error| TlsError::Unusable(pair.certificate.clone(), error))
}

/// The certificates in a PEM file, at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = fs::read(path).map_err(|error| TlsError::Read(path.to_owned(), error))?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(|| TlsError::NoCertificate(path.to_owned()))
}

fn warn_of_end(pair: &Pair, certificate: &CertifiedKey, now: SystemTime) {
    let end = certificate.cert.first().and_then(|der| x509::not_after(der));
    if let Some(text) = end.and_then(|end| ending(end, timestamp(now))) {
        log(Level::Warn, &format!("the certificate in `{}` {text}", pair.certificate.display()));
    }
}

/// What to say of a certificate that is valid until `end`.
fn ending(end: Timestamp, now: Timestamp) -> Option<String> {
    if end <= now {
        return Some(format!("ended at {}: clients refuse it", end.civil()));
    }
    (end <= now.plus_days(WARN_DAYS)).then(|| format!("ends at {}", end.civil()))
}

/// What tells one state of the two files from another without reading them. Symbolic links are
/// followed, as secret volumes of Kubernetes want.
#[derive(PartialEq, Eq)]
struct Stamps([Option<Stamp>; 2]);

/// Modification time in seconds and nanoseconds, length, inode; `None` above: no such file.
#[derive(PartialEq, Eq)]
struct Stamp(i64, i64, u64, u64);

impl Stamps {
    fn of(pair: &Pair) -> Self {
        Self([&pair.certificate, &pair.key].map(|path| {
            let meta = fs::metadata(path).ok()?;
            Some(Stamp(meta.mtime(), meta.mtime_nsec(), meta.len(), meta.ino()))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_have_the_names_of_the_registry() {
        for suite in provider().cipher_suites {
            let name = iana_name(suite.suite()).unwrap();
            assert!(name.starts_with("TLS_"), "{name}");
        }
    }

    #[test]
    fn the_end_of_a_certificate_is_announced() {
        let now = Timestamp::from_millis(1_795_329_425_000);
        assert_eq!(ending(now.plus_days(31), now), None);
        assert_eq!(ending(now.plus_days(30), now).unwrap(), "ends at 2026-12-22T06:37:05Z");
        assert!(ending(now, now).unwrap().ends_with("clients refuse it"));
    }
}
