//! What an operator says of key stores.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use strongroom_client::tls::TlsError;

/// Which key stores there may be, and how they are reached.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// External key store proxies. Where each is and what opens it stands in its store's record.
    pub xks: XksConfiguration,
    /// HSMs by cluster id, of the form that the KMS model gives: `cluster-[2-7a-zA-Z]{11,16}`.
    pub hsms: BTreeMap<String, HsmConfiguration>,
}

/// How proxies are reached.
#[derive(Debug, Clone)]
pub struct XksConfiguration {
    /// PEM file of the authorities that issue the certificates of proxies. Without it the system's
    /// bundle, where Debian or Red Hat have it.
    pub ca_file: Option<PathBuf>,
    /// Whether an endpoint may be `http://`, where everything but the secret is in the clear. For
    /// tests on the loopback interface.
    pub allow_http: bool,
    /// The hosts, without ports, where a proxy may be; any if absent.
    pub allowed_endpoints: Option<Vec<String>>,
    /// Where connections to a host really go, `address:port`, for a proxy that is not at port 443 of
    /// an address that its name resolves to. TLS is for the host all the same.
    pub routes: BTreeMap<String, String>,
    /// Most time from the first packet to the last byte of an answer, connecting included. AWS
    /// gives 250 ms, which is the default.
    pub deadline: Duration,
}

impl Default for XksConfiguration {
    fn default() -> Self {
        let deadline = Duration::from_millis(250);
        Self {
            ca_file: None,
            allow_http: false,
            allowed_endpoints: None,
            routes: BTreeMap::new(),
            deadline,
        }
    }
}

/// An HSM.
#[derive(Debug, Clone)]
pub struct HsmConfiguration {
    /// The PKCS #11 module of the HSM's maker, a shared library. It is loaded into this process.
    pub module: PathBuf,
    /// Which token of the module. It belongs to one cluster id: a process is logged in to a token
    /// or is not, and two would log each other out.
    pub token: TokenName,
    /// Name of the user, for modules that take `name:password` for a PIN, as AWS CloudHSM's does;
    /// `None` where the PIN is the password.
    pub user: Option<String>,
    /// PEM file with the certificate that is to be named when a store is created; without it none
    /// is compared.
    pub trust_anchor: Option<PathBuf>,
    /// Who chooses initialization vectors.
    pub vectors: Vectors,
    /// Most time that a request waits for the HSM. Our choice by default:
    /// [`HsmConfiguration::DEADLINE`].
    pub deadline: Duration,
}

impl HsmConfiguration {
    /// How long a request waits for an HSM unless configured.
    pub const DEADLINE: Duration = Duration::from_secs(5);
}

/// Who chooses the initialization vectors of AES-GCM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vectors {
    /// This server, by the HSM's random generator.
    #[default]
    Ours,
    /// The HSM, which is given zeros and takes nothing else: AWS CloudHSM's module, and others that
    /// are validated for it (NIST SP 800-38D §8.2).
    Hsm,
}

/// What tells a module's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenName {
    /// The slot's number.
    Slot(u64),
    /// The token's label, which stays when slots are numbered anew.
    Label(String),
}

/// Why the configuration cannot be used.
#[derive(Debug)]
pub enum ConfigurationError {
    /// A file could not be read.
    File(PathBuf, io::Error),
    /// A file holds no certificate in PEM form, or a broken one.
    NoCertificate(PathBuf),
    /// Not the form of a cluster id.
    ClusterId(String),
    /// Not the form of a host name.
    Host(String),
    /// Not the form of a bucket's endpoint.
    Endpoint(String),
    /// Not the form of a bucket's name.
    Bucket(String),
    /// Not the form of an address with a port.
    Route(String),
    /// A deadline of no time.
    Deadline,
    /// The TLS library could not be set up.
    Tls(TlsError),
    /// The thread that talks to an HSM could not be started.
    Thread(io::Error),
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::NoCertificate(path) => {
                write!(f, "`{}` holds no certificate in PEM form", path.display())
            }
            Self::ClusterId(id) => write!(
                f,
                "`{id}` is no cluster id: `cluster-` and 11 to 16 letters or digits from 2 to 7"
            ),
            Self::Endpoint(text) => {
                write!(f, "`{text}` is no `https://host`, with a port if it is not 443")
            }
            Self::Bucket(name) => write!(f, "`{name}` is no name of a bucket"),
            Self::Host(host) => write!(f, "`{host}` is no host name"),
            Self::Route(route) => write!(f, "`{route}` is no `address:port`"),
            Self::Deadline => f.write_str("the deadline of a key store must be more than nothing"),
            Self::Tls(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "cannot start the thread of an HSM: {error}"),
        }
    }
}

impl std::error::Error for ConfigurationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) | Self::Thread(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::NoCertificate(_)
            | Self::ClusterId(_)
            | Self::Endpoint(_)
            | Self::Bucket(_)
            | Self::Host(_)
            | Self::Route(_)
            | Self::Deadline => None,
        }
    }
}

impl From<TlsError> for ConfigurationError {
    fn from(why: TlsError) -> Self {
        match why {
            TlsError::File(path, error) => Self::File(path, error),
            TlsError::NoCertificate(path) => Self::NoCertificate(path),
            library @ TlsError::Library(_) => Self::Tls(library),
        }
    }
}
