//! What may be configured as roots.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod making;

use making::{Pki, now};
use rcgen::{CertificateParams, IsCa, KeyUsagePurpose};
use strongroom_attestation::{Roots, RootsError, verify};

#[test]
fn roots_come_in_der_and_in_pem() {
    let [one, two] = [Pki::new(), Pki::new()];
    let file = format!("# Ours\n{}\n{}", one.root_pem, two.root_pem);
    let roots = Roots::parse(file.as_bytes()).unwrap();
    for pki in [&one, &two] {
        let document = pki.document(&pki.members());
        verify(&document, &roots, now()).unwrap();
        verify(&document, &Roots::parse(&pki.root).unwrap(), now()).unwrap();
    }
    assert!(Roots::default().is_empty() && !roots.is_empty());
}

#[test]
fn what_is_no_root_is_refused() {
    let pki = Pki::new();
    let keep = |_: &mut CertificateParams| {};
    let plain = |params: &mut CertificateParams| params.is_ca = IsCa::NoCa;
    let unused = |params: &mut CertificateParams| {
        params.key_usages = vec![KeyUsagePurpose::CrlSign];
    };
    assert_eq!(Roots::parse(b"").unwrap_err(), RootsError::NotCertificate);
    let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(Roots::parse(key).unwrap_err(), RootsError::NotCertificate);
    let torn = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
    assert_eq!(Roots::parse(torn).unwrap_err(), RootsError::NotCertificate);
    for der in [
        pki.leaf.clone(),
        b"no certificate".to_vec(),
        pki.root[..pki.root.len() - 1].to_vec(),
        [&pki.root[..], &[0]].concat(),
        Pki::with([&unused, &keep, &keep, &keep]).root,
        Pki::with([&plain, &keep, &keep, &keep]).root,
        pki.leaf_pem.clone().into_bytes(),
        [pki.root_pem, pki.leaf_pem].concat().into_bytes(),
    ] {
        assert_eq!(Roots::parse(&der).unwrap_err(), RootsError::NotAuthority);
    }
}
