//! Why there is no certificate to serve with.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A certificate or key could not be read, made or used. Says what and where, never key bytes.
#[derive(Debug)]
pub enum TlsError {
    /// A file could not be read.
    Read(PathBuf, io::Error),
    /// A file could not be written.
    Write(PathBuf, io::Error),
    /// A file holds no PEM block `CERTIFICATE`, or a broken one.
    NoCertificate(PathBuf),
    /// A file holds no private key in PEM (PKCS #8, SEC 1 or PKCS #1), or a broken one.
    NoKey(PathBuf),
    /// The certificate and key cannot be used, or do not belong together.
    Unusable(PathBuf, rustls::Error),
    /// Neither a host name, with or without a leading `*.`, nor an IP address.
    Name(String),
    /// A certificate could not be made.
    Issue(rcgen::Error),
    /// The TLS library could not be set up.
    Setup(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::Write(path, error) => write!(f, "cannot write `{}`: {error}", path.display()),
            Self::NoCertificate(path) => {
                write!(f, "`{}` holds no certificate in PEM form", path.display())
            }
            Self::NoKey(path) => write!(f, "`{}` holds no private key in PEM form", path.display()),
            Self::Unusable(path, error) => {
                write!(f, "the certificate in `{}` cannot be used: {error}", path.display())
            }
            Self::Name(name) => write!(f, "`{name}` is neither a host name nor an ip address"),
            Self::Issue(error) => write!(f, "cannot make a certificate: {error}"),
            Self::Setup(error) => write!(f, "cannot set up tls: {error}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(_, error) | Self::Write(_, error) => Some(error),
            Self::Unusable(_, error) | Self::Setup(error) => Some(error),
            Self::Issue(error) => Some(error),
            Self::NoCertificate(_) | Self::NoKey(_) | Self::Name(_) => None,
        }
    }
}
