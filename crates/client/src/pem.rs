//! Certificates in PEM files.

use crate::tls::TlsError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest file read, bytes. Bundles of all public authorities are a quarter of it.
const MAX_FILE: u64 = 1024 * 1024;

/// The certificates in the file, at least one.
///
/// # Errors
/// [`TlsError::File`], [`TlsError::NoCertificate`].
pub fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_end(&mut text))
        .map_err(|error| TlsError::File(path.to_owned(), error))?;
    certificates(&text).ok_or_else(|| TlsError::NoCertificate(path.to_owned()))
}

/// The certificates in `text`, at least one; `None` if there is none, or a broken block.
#[must_use]
pub fn certificates(text: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    all.ok().filter(|all| !all.is_empty())
}
