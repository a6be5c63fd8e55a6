//! Whom to trust: the root certificates of the operator's choice.

use crate::chain;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use std::fmt;

/// Root certificates. With none, no document verifies.
#[derive(Debug, Clone, Default)]
pub struct Roots(Vec<CertificateDer<'static>>);

/// The configured roots cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootsError {
    /// There is no certificate, or what looks like one in PEM does not parse.
    NotCertificate,
    /// A certificate is not one of an authority: X.509 version 3, basic constraints with `cA`, and
    /// a key usage with `keyCertSign`.
    NotAuthority,
}

impl fmt::Display for RootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCertificate => "there is no certificate in PEM or DER",
            Self::NotAuthority => "a root certificate is not that of a certificate authority",
        })
    }
}

impl std::error::Error for RootsError {}

impl Roots {
    /// The certificates of a file: any number in PEM, or one in DER.
    ///
    /// # Errors
    /// [`RootsError`]; one that cannot be used spoils all.
    pub fn parse(file: &[u8]) -> Result<Self, RootsError> {
        const PEM: &[u8] = b"-----BEGIN";
        let certificates = if file.windows(PEM.len()).any(|window| window == PEM) {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(file).collect();
            read.map_err(|_| RootsError::NotCertificate)?
        } else {
            vec![CertificateDer::from(file.to_vec())]
        };
        if certificates.iter().all(|certificate| certificate.is_empty()) {
            return Err(RootsError::NotCertificate);
        }
        if certificates.iter().all(|certificate| chain::is_authority(certificate)) {
            Ok(Self(certificates))
        } else {
            Err(RootsError::NotAuthority)
        }
    }

    /// Trusts those of `more` as well.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this very certificate is one of them.
    pub(crate) fn contains(&self, der: &[u8]) -> bool {
        self.0.iter().any(|root| root.as_ref() == der)
    }
}
