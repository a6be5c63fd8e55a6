//! Documents that verify, and every way in which one does not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod making;

use making::{
    Members, PROTECTED, Pki, Value, bytes, for_servers, generate, now, sign1, text, uint,
};
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use std::sync::LazyLock;
use strongroom_attestation::AttestationError::{self, Malformed, Signature, Stale, Untrusted};
use strongroom_attestation::{Attested, Kind, MAX_AGE_MILLIS, MAX_DOCUMENT_LEN, Roots, verify};

static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

fn check(document: &[u8]) -> Result<Attested, AttestationError> {
    verify(document, &PKI.roots(), now())
}

/// What becomes of a document with these members, rightly signed.
fn with(change: impl FnOnce(Members) -> Members) -> Result<Attested, AttestationError> {
    check(&PKI.document(&change(PKI.members())))
}

#[test]
fn a_document_of_an_enclave_verifies() {
    let document = PKI.document(&PKI.members());
    let attested = check(&document).unwrap();
    assert_eq!(attested.module_id, "i-0123456789abcdef0-enc0123456789abcdef");
    assert_eq!(attested.kind, Kind::Enclave);
    assert_eq!(attested.pcrs.len(), 16);
    assert_eq!(attested.public_key.as_deref(), Some(&b"a key"[..]));
    assert_eq!(attested.image_sha384(), Some("00".repeat(48)));
    assert_eq!(attested.condition("kms:RecipientAttestation:PCR3"), Some("03".repeat(48)));
    let tagged = [&[0xd2][..], &document].concat();
    assert_eq!(check(&tagged).unwrap(), attested);
}

#[test]
fn a_document_of_a_tpm_verifies() {
    let attested = with(|members| members.rename("pcrs", "nitrotpm_pcrs")).unwrap();
    assert_eq!(attested.kind, Kind::NitroTpm);
    assert_eq!(attested.condition("kms:RecipientAttestation:NitroTPMPCR7"), Some("07".repeat(48)));
    assert_eq!(attested.image_sha384(), None);
}

#[test]
fn optional_members_may_be_absent_null_or_empty() {
    for name in ["public_key", "user_data", "nonce"] {
        with(|members| members.without(name)).unwrap();
        with(|members| members.set(name, Value::Null)).unwrap();
        with(|members| members.set(name, bytes(&[1]))).unwrap();
    }
    assert_eq!(with(|members| members.without("public_key")).unwrap().public_key, None);
    for name in ["user_data", "nonce"] {
        with(|members| members.set(name, bytes(b""))).unwrap();
        with(|members| members.set(name, bytes(&[0; 512]))).unwrap();
    }
    with(|members| members.set("public_key", bytes(&[0; 1024]))).unwrap();
}

#[test]
fn members_that_are_missing_twice_or_unknown_are_refused() {
    for (name, _) in PKI.members().0 {
        let twice = with(|mut members| {
            let again = members.get(&name);
            members.0.retain(|(of, _)| of == &name || of != "nonce" && of != "user_data");
            members.0.push((name.clone(), again));
            members
        });
        assert_eq!(twice.map_err(part), Err(name.clone()));
        if !["public_key", "user_data", "nonce"].contains(&name.as_str()) {
            let missing = with(|members| members.without(&name));
            assert_eq!(missing.map_err(part), Err(name.clone()));
            let null = with(|members| members.set(&name, Value::Null));
            assert_eq!(null.map_err(part), Err(name.clone()));
        }
        let number = with(|members| members.set(&name, Value::Raw(vec![0x20])));
        assert_eq!(number.map_err(part), Err(name.clone()));
    }
    let both = with(|members| {
        let pcrs = members.get("pcrs");
        members.without("nonce").set("nitrotpm_pcrs", pcrs)
    });
    assert_eq!(both, Err(Malformed("pcrs")));
    let unknown = with(|members| members.rename("nonce", "extra"));
    assert_eq!(unknown, Err(Malformed("member name")));
    let ten = with(|members| members.set("extra", Value::Null));
    assert_eq!(ten, Err(Malformed("payload")));
}

fn part(error: AttestationError) -> String {
    match error {
        Malformed(part) => part.to_owned(),
        other => other.to_string(),
    }
}

#[test]
fn values_out_of_bounds_are_refused() {
    let pcrs = |pairs: Vec<(u64, usize)>| {
        Value::Map(pairs.into_iter().map(|(n, len)| (uint(n), bytes(&vec![1; len]))).collect())
    };
    with(|members| members.set("pcrs", pcrs((0..32).map(|n| (n, 64)).collect()))).unwrap();
    with(|members| members.set("pcrs", pcrs(vec![(31, 32)]))).unwrap();
    let many = Value::Array(vec![bytes(&PKI.root); 8]);
    for (name, value) in [
        ("module_id", text("")),
        ("module_id", text(&"m".repeat(257))),
        ("digest", text("SHA256")),
        ("digest", text("sha384")),
        ("timestamp", uint(0)),
        ("timestamp", uint(u64::MAX)),
        ("pcrs", pcrs(vec![])),
        ("pcrs", pcrs(vec![(32, 48)])),
        ("pcrs", pcrs(vec![(256, 48)])),
        ("pcrs", pcrs(vec![(0, 48), (0, 48)])),
        ("pcrs", pcrs(vec![(0, 47)])),
        ("pcrs", pcrs(vec![(0, 0)])),
        ("pcrs", pcrs((0..33).map(|n| (n, 48)).collect())),
        ("pcrs", Value::Map(vec![(text("0"), bytes(&[0; 48]))])),
        ("pcrs", Value::Map(vec![(uint(0), text(&"0".repeat(48)))])),
        ("certificate", bytes(b"")),
        ("certificate", bytes(&[0x30; 1025])),
        ("cabundle", Value::Array(vec![])),
        ("cabundle", Value::Array(vec![bytes(&PKI.root), bytes(b"")])),
        ("cabundle", Value::Array(vec![bytes(&[0x30; 1025])])),
        ("cabundle", many),
        ("public_key", bytes(b"")),
        ("public_key", bytes(&[0; 1025])),
        ("user_data", bytes(&[0; 513])),
        ("nonce", bytes(&[0; 513])),
    ] {
        assert_eq!(with(|members| members.set(name, value)).map_err(part), Err(name.to_owned()));
    }
}

#[test]
fn another_encoding_of_the_same_payload_is_refused() {
    let refused = |name: &'static str, raw: &[u8]| {
        let result = with(|members| members.set(name, Value::Raw(raw.to_vec())));
        assert_eq!(result, Err(Malformed(name)));
    };
    refused("digest", &[&[0x78, 6][..], b"SHA384"].concat());
    refused("digest", &[&[0x7f, 0x66][..], b"SHA384", &[0xff]].concat());
    refused("nonce", &[0x58, 1, 0]);
    refused("nonce", &[0x5f, 0x41, 0, 0xff]);
    refused("nonce", &[0xf7]);
    refused("nonce", &[0xf8, 0x16]);
    refused("timestamp", &[0xc1, 0x1a, 0, 0, 0, 1]);
    refused("pcrs", &[&[0xa1, 0x18, 0x00, 0x58, 48][..], &[0; 48]].concat());
    let payload = PKI.members().encode();
    for raw in [[&payload[..], &[0]].concat(), payload[..payload.len() - 1].to_vec()] {
        assert!(matches!(check(&PKI.sign(&raw)), Err(Malformed("payload" | "nonce"))));
    }
    assert_eq!(check(&PKI.sign(b"")), Err(Malformed("payload")));
    assert_eq!(check(&PKI.sign(&[0x80])), Err(Malformed("payload")));
    assert_eq!(check(&PKI.sign(&[0xbb; 9])), Err(Malformed("member name")));
}

#[test]
fn maps_and_arrays_may_be_of_indefinite_length() {
    let members = PKI.members();
    let open = |value: Value| {
        let mut bytes = value.encode();
        bytes[0] |= 0x1f;
        bytes.push(0xff);
        bytes
    };
    let payload = members.encode();
    let mut whole = payload.clone();
    whole[0] = 0xbf;
    assert_eq!(check(&PKI.sign(&whole)), Err(Malformed("payload")));
    whole.push(0xff);
    let inner = [("pcrs", open(members.get("pcrs"))), ("cabundle", open(members.get("cabundle")))];
    let inner = inner.into_iter().fold(members, |of, (name, raw)| of.set(name, Value::Raw(raw)));
    let both = open(Value::Raw(inner.encode()));
    let expected = check(&PKI.sign(&payload)).unwrap();
    for payload in [whole, inner.encode(), both] {
        assert_eq!(check(&PKI.sign(&payload)).as_ref(), Ok(&expected));
        let longer = [&payload[..], &[0xff]].concat();
        assert_eq!(check(&PKI.sign(&longer)), Err(Malformed("payload")));
    }
}

#[test]
fn the_outer_structure_has_one_form() {
    let payload = PKI.members().encode();
    let signature = PKI.signature(PROTECTED, &payload);
    let good = sign1(PROTECTED, &payload, &signature);
    check(&good).unwrap();
    assert_eq!(check(&[&good[..], &[0]].concat()), Err(Malformed("COSE_Sign1")));
    assert_eq!(check(&[&[0xd1][..], &good].concat()), Err(Malformed("COSE_Sign1")));
    assert_eq!(check(&[&[0xd8, 0x12][..], &good].concat()), Err(Malformed("COSE_Sign1")));
    assert_eq!(check(&[&[0xd2, 0xd2][..], &good].concat()), Err(Malformed("COSE_Sign1")));
    // ES256, ES512, no algorithm, an algorithm and more, the same in more bytes.
    for protected in
        [&[0xa1, 1, 0x26][..], &[0xa1, 1, 0x38, 0x23], &[0xa0], &[], &[0xa1, 1, 0x39, 0, 0x22]]
    {
        let document = sign1(protected, &payload, &PKI.signature(protected, &payload));
        assert_eq!(check(&document), Err(Malformed("protected header")));
    }
    let parts = |unprotected: Value, signature: &[u8]| {
        vec![bytes(PROTECTED), unprotected, bytes(&payload), bytes(signature)]
    };
    let key_id = Value::Map(vec![(uint(4), bytes(b"key"))]);
    let document = Value::Array(parts(key_id, &signature)).encode();
    assert_eq!(check(&document), Err(Malformed("unprotected header")));
    let mut five = parts(Value::Map(vec![]), &signature);
    five.push(Value::Null);
    assert_eq!(check(&Value::Array(five).encode()), Err(Malformed("COSE_Sign1")));
    for length in [0, 64, 95, 97] {
        let document = Value::Array(parts(Value::Map(vec![]), &vec![1; length])).encode();
        assert_eq!(check(&document), Err(Malformed("signature")));
    }
    assert_eq!(check(&PKI.sign(&[0xa1; 16_385])), Err(Malformed("payload")));
    assert_eq!(check(&PKI.sign(&[0xa1; 16_384])), Err(Malformed("member name")));
    assert_eq!(check(&vec![0; MAX_DOCUMENT_LEN + 1]), Err(Malformed("length")));
    assert_eq!(check(b""), Err(Malformed("COSE_Sign1")));
}

#[test]
fn the_signature_is_of_this_payload_by_this_key() {
    let payload = PKI.members().encode();
    let signature = PKI.signature(PROTECTED, &payload);
    for at in 0..signature.len() {
        let mut other = signature.clone();
        other[at] ^= 1;
        assert_eq!(check(&sign1(PROTECTED, &payload, &other)), Err(Signature), "{at}");
    }
    assert_eq!(check(&sign1(PROTECTED, &payload, &[0; 96])), Err(Signature));
    let swapped = [&signature[48..], &signature[..48]].concat();
    assert_eq!(check(&sign1(PROTECTED, &payload, &swapped)), Err(Signature));
    // Every member is signed for.
    let mut other = PKI.members();
    other = other.set("public_key", bytes(b"b key"));
    assert_eq!(check(&sign1(PROTECTED, &other.encode(), &signature)), Err(Signature));
    // Signed by another key than the certificate's, and over another context.
    let stranger = Pki { leaf_key: generate(), ..Pki::new() };
    let forged = stranger.signature(PROTECTED, &payload);
    assert_eq!(check(&sign1(PROTECTED, &payload, &forged)), Err(Signature));
    let bare = PKI.signature(b"", &payload);
    assert_eq!(check(&sign1(PROTECTED, &payload, &bare)), Err(Signature));
}

#[test]
fn every_byte_of_a_document_counts() {
    let document = PKI.document(&PKI.members());
    for at in 0..document.len() {
        let mut other = document.clone();
        other[at] ^= 0x01;
        assert!(check(&other).is_err(), "{at}");
    }
    for len in 0..document.len() {
        assert!(check(&document[..len]).is_err(), "{len}");
    }
}

#[test]
fn a_document_is_good_for_five_minutes() {
    let document = PKI.document(&PKI.members());
    for (shift, good) in [
        (MAX_AGE_MILLIS, true),
        (MAX_AGE_MILLIS + 1, false),
        (-MAX_AGE_MILLIS, true),
        (-MAX_AGE_MILLIS - 1, false),
    ] {
        let result = verify(&document, &PKI.roots(), now().plus_millis(shift));
        assert_eq!(result.is_ok(), good, "{shift}");
        assert!(good || result == Err(Stale));
    }
    assert_eq!(with(|members| members.set("timestamp", uint(1))), Err(Stale));
    assert_eq!(with(|members| members.set("timestamp", uint(i64::MAX as u64))), Err(Stale));
}

#[test]
fn only_a_configured_root_is_trusted() {
    let document = PKI.document(&PKI.members());
    assert_eq!(verify(&document, &Roots::default(), now()), Err(Untrusted));
    let other = Pki::new();
    assert_eq!(verify(&document, &other.roots(), now()), Err(Untrusted));
    let mut both = other.roots();
    both.extend(PKI.roots());
    verify(&document, &both, now()).unwrap();
    // A root that looks like ours, and one that is ours above authorities of another.
    assert_eq!(check(&other.document(&other.members())), Err(Untrusted));
    let grafted = std::iter::once(&PKI.root).chain(&other.authorities);
    let grafted = Value::Array(grafted.map(|der| bytes(der)).collect());
    let forged = other.document(&other.members().set("cabundle", grafted));
    assert_eq!(check(&forged), Err(Untrusted));
}

#[test]
fn the_bundle_is_the_chain() {
    let [upper, lower] = [&PKI.authorities[0], &PKI.authorities[1]];
    let stranger = Pki::new();
    let bundle = |ders: &[&Vec<u8>]| {
        let bundle = Value::Array(ders.iter().map(|der| bytes(der)).collect());
        with(|members| members.set("cabundle", bundle))
    };
    bundle(&[&PKI.root, upper, lower]).unwrap();
    for ders in [
        &[&PKI.root, lower, upper][..],
        &[&PKI.root, lower],
        &[&PKI.root, upper],
        &[&PKI.root],
        &[upper, lower],
        &[&PKI.root, &PKI.root, upper, lower],
        &[&PKI.root, upper, upper, lower],
        &[&PKI.root, upper, lower, &stranger.authorities[0]],
        &[&PKI.root, upper, lower, &PKI.leaf],
        &[&PKI.root, &vec![0x30, 0], lower],
    ] {
        assert_eq!(bundle(ders), Err(Untrusted));
    }
    let none = with(|members| members.set("certificate", bytes(b"no certificate")));
    assert_eq!(none, Err(Untrusted));
    let authority = with(|members| members.set("certificate", bytes(lower)));
    assert_eq!(authority, Err(Untrusted));
}

/// Whether a document of this PKI verifies under its own root.
fn verifies(pki: &Pki) -> bool {
    let result = verify(&pki.document(&pki.members()), &pki.roots(), now());
    assert!(result.is_ok() || result == Err(Untrusted), "{result:?}");
    result.is_ok()
}

#[test]
fn every_certificate_is_valid_now() {
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(2026, 11, 23);
    let late = |params: &mut CertificateParams| params.not_after = date_time_ymd(2026, 11, 22);
    let keep = |_: &mut CertificateParams| {};
    for change in [&early as making::Change<'_>, &late] {
        for at in 0..4 {
            let mut changes: [making::Change<'_>; 4] = [&keep; 4];
            changes[at] = change;
            assert!(!verifies(&Pki::with(changes)), "{at}");
        }
    }
}

#[test]
fn key_usages_and_constraints_hold() {
    let keep = |_: &mut CertificateParams| {};
    let constrain = |length: u8| {
        move |params: &mut CertificateParams| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        }
    };
    let (zero, one, two) = (constrain(0), constrain(1), constrain(2));
    assert!(verifies(&Pki::with([&two, &one, &zero, &keep])));
    assert!(verifies(&Pki::with([&keep, &for_servers, &for_servers, &for_servers])));
    assert!(!verifies(&Pki::with([&one, &keep, &keep, &keep])));
    assert!(!verifies(&Pki::with([&keep, &zero, &keep, &keep])));
    let sign_only = |params: &mut CertificateParams| {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    };
    let no_usage = |params: &mut CertificateParams| params.key_usages.clear();
    for change in [&sign_only as making::Change<'_>, &no_usage] {
        assert!(!verifies(&Pki::with([&keep, change, &keep, &keep])));
        assert!(!verifies(&Pki::with([&keep, &keep, change, &keep])));
    }
    let no_authority = |params: &mut CertificateParams| params.is_ca = IsCa::ExplicitNoCa;
    assert!(!verifies(&Pki::with([&keep, &keep, &no_authority, &keep])));
    let silent = |params: &mut CertificateParams| params.is_ca = IsCa::NoCa;
    assert!(verifies(&Pki::with([&keep, &keep, &keep, &silent])));
    assert!(!verifies(&Pki::with([&keep, &keep, &silent, &keep])));
    let agrees = |params: &mut CertificateParams| {
        params.key_usages = vec![KeyUsagePurpose::KeyAgreement];
    };
    let issues = |params: &mut CertificateParams| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    // Basic constraints of no authority, with a path length nevertheless.
    let limited = |params: &mut CertificateParams| {
        params.is_ca = IsCa::NoCa;
        let constraints = vec![0x30, 0x03, 0x02, 0x01, 0x00];
        let constraints = CustomExtension::from_oid_content(&[2, 5, 29, 19], constraints);
        params.custom_extensions = vec![constraints];
    };
    for change in [&agrees as making::Change<'_>, &no_usage, &issues, &zero, &limited] {
        assert!(!verifies(&Pki::with([&keep, &keep, &keep, change])));
    }
}

#[test]
fn a_key_on_another_curve_signs_no_document() {
    let keep = |_: &mut CertificateParams| {};
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let pki = Pki::of(key, &keep, [&keep, &keep], &keep);
    let document = sign1(PROTECTED, &pki.members().encode(), &[1; 96]);
    assert_eq!(verify(&document, &pki.roots(), now()), Err(Signature));
}

#[test]
fn time_before_the_epoch_and_the_end_of_time_are_refused() {
    let document = PKI.document(&PKI.members());
    for millis in [i64::MIN, -1, 0, i64::MAX] {
        let at = strongroom_types::Timestamp::from_millis(millis);
        assert_eq!(verify(&document, &PKI.roots(), at), Err(Untrusted));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(check(&bytes).is_err());
        prop_assert!(check(&PKI.sign(&bytes)).is_err());
        prop_assert!(Roots::parse(&bytes).is_err());
    }

    #[test]
    fn altered_payloads_never_panic(
        at in any::<prop::sample::Index>(),
        flip in 1_u8..,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut payload = PKI.members().encode();
        let at = at.index(payload.len());
        payload[at] ^= flip;
        // Rightly signed, so that it gets as far as it can.
        let _ = check(&PKI.sign(&payload));
        payload.truncate(cut.index(payload.len()));
        prop_assert!(check(&PKI.sign(&payload)).is_err());
    }
}
