//! From the certificate of a document to a trusted root.
//!
//! rustls-webpki checks the signatures, names, periods of validity, basic constraints and path
//! lengths below the root. What "Nitro Enclaves Attestation Process", §3.2.3, asks beyond that is
//! here: key usages, the root's own period and path length, and that the chain is the whole bundle
//! in its order.

use crate::document::Document;
use crate::error::AttestationError::{self, Untrusted};
use crate::roots::Roots;
use der::Decode;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use std::time::Duration;
use strongroom_types::Timestamp;
use webpki::aws_lc_rs::ECDSA_P384_SHA384;
use webpki::{EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

/// How certificates may be signed: as all of the Nitro PKI are.
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[ECDSA_P384_SHA384];

/// Extended key usages are not restricted by the source.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Checks the document's chain at `now`. Returns the `SubjectPublicKeyInfo` (DER) of its
/// certificate.
pub(crate) fn verify(
    document: &Document<'_>,
    roots: &Roots,
    now: Timestamp,
) -> Result<Vec<u8>, AttestationError> {
    let (root, below) = document.cabundle.split_first().ok_or(Untrusted)?;
    if !roots.contains(root) {
        return Err(Untrusted);
    }
    let now = u64::try_from(now.millis()).map(Duration::from_millis).map_err(|_| Untrusted)?;
    let usages_hold = below.iter().all(|authority| is_authority(authority))
        && is_signer(document.certificate)
        && may_begin(root, below.len(), now);
    if !usages_hold {
        return Err(Untrusted);
    }
    let certificate = CertificateDer::from(document.certificate);
    let certificate = EndEntityCert::try_from(&certificate).map_err(|_| Untrusted)?;
    let root = CertificateDer::from(*root);
    let anchor = [webpki::anchor_from_trusted_cert(&root).map_err(|_| Untrusted)?];
    let upwards: Vec<_> = below.iter().rev().map(|der| CertificateDer::from(*der)).collect();
    let path = certificate.verify_for_usage(
        ALGORITHMS,
        &anchor,
        &upwards,
        UnixTime::since_unix_epoch(now),
        AnyPurpose,
        None,
        None,
    );
    let path = path.map_err(|_| Untrusted)?;
    if !path.intermediate_certificates().map(|used| used.der()).eq(upwards.iter().cloned()) {
        return Err(Untrusted);
    }
    Ok(certificate.subject_public_key_info().to_vec())
}

/// Whether a certificate is of an authority that signs certificates.
pub(crate) fn is_authority(der: &[u8]) -> bool {
    let Some(certificate) = parse(der) else { return false };
    let constraints = extension::<BasicConstraints>(&certificate);
    let usage = extension::<KeyUsage>(&certificate);
    constraints.is_some_and(|of| of.ca) && usage.is_some_and(|of| of.key_cert_sign())
}

/// Whether a certificate is of a key that signs documents. That it is of no authority is checked
/// with the chain.
fn is_signer(der: &[u8]) -> bool {
    let Some(certificate) = parse(der) else { return false };
    let unlimited = match certificate.tbs_certificate().get_extension::<BasicConstraints>() {
        Ok(constraints) => constraints.is_none_or(|(_, of)| of.path_len_constraint.is_none()),
        Err(_) => false,
    };
    let usage = extension::<KeyUsage>(&certificate);
    unlimited && usage.is_some_and(|of| of.digital_signature())
}

/// Whether the root is valid at `now` (since the epoch) and allows so many authorities below it.
fn may_begin(root: &[u8], authorities: usize, now: Duration) -> bool {
    let Some(certificate) = parse(root) else { return false };
    let validity = certificate.tbs_certificate().validity();
    let holds = validity.not_before.to_unix_duration() <= now
        && now.as_secs() <= validity.not_after.to_unix_duration().as_secs();
    let limit = extension::<BasicConstraints>(&certificate).and_then(|of| of.path_len_constraint);
    holds && limit.is_none_or(|limit| authorities <= usize::from(limit))
}

fn parse(der: &[u8]) -> Option<Certificate> {
    Certificate::from_der(der).ok()
}

/// The one extension of this kind, if it is there and parses.
fn extension<'a, T>(certificate: &'a Certificate) -> Option<T>
where
    T: Decode<'a, Error = der::Error> + x509_cert::der::oid::AssociatedOid,
{
    certificate.tbs_certificate().get_extension::<T>().ok().flatten().map(|(_, value)| value)
}
