//! Envelopes are opened by the recipient, as RFC 5652 says and by other code than made them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use cms::cert::x509::der::asn1::{Any, ObjectIdentifier, OctetString};
use cms::cert::x509::der::{Decode, Encode};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::enveloped_data::{EnvelopedData, RecipientIdentifier, RecipientInfo};
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use std::sync::LazyLock;
use strongroom_attestation::{EnvelopeError, envelop};
use strongroom_crypto::key_wrap::{self, Wrapping};
use strongroom_crypto::{Entropy, EntropyError, SystemEntropy, hash};

static KEY: LazyLock<KeyPair> = LazyLock::new(|| rsa(RsaKeySize::_2048));

fn rsa(size: RsaKeySize) -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap()
}

fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(text).unwrap()
}

/// The plaintext, after a look at everything on the way to it.
fn open(envelope: &[u8], key: &KeyPair) -> Vec<u8> {
    let info = ContentInfo::from_ber(envelope).unwrap();
    assert_eq!(info.content_type, oid("1.2.840.113549.1.7.3"));
    let enveloped: EnvelopedData =
        EnvelopedData::from_ber(&info.content.to_der().unwrap()).unwrap();
    assert_eq!(enveloped.version, CmsVersion::V2);
    assert!(enveloped.originator_info.is_none() && enveloped.unprotected_attrs.is_none());
    let [RecipientInfo::Ktri(recipient)] = enveloped.recip_infos.0.as_slice() else {
        panic!("one recipient of a transported key")
    };
    assert_eq!(recipient.version, CmsVersion::V2);
    let RecipientIdentifier::SubjectKeyIdentifier(id) = &recipient.rid else {
        panic!("named by a key identifier")
    };
    let spki = key.subject_public_key_info();
    assert_eq!(id.0.as_bytes(), hash::sha256(&spki));
    assert_eq!(recipient.key_enc_alg.oid, oid("1.2.840.113549.1.1.7"));
    let parameters = recipient.key_enc_alg.parameters.as_ref().unwrap();
    assert_eq!(parameters.to_der().unwrap(), OAEP_SHA256);
    let content = enveloped.encrypted_content;
    assert_eq!(content.content_type, oid("1.2.840.113549.1.7.1"));
    assert_eq!(content.content_enc_alg.oid, oid("2.16.840.1.101.3.4.1.42"));
    let iv: &Any = content.content_enc_alg.parameters.as_ref().unwrap();
    let iv: OctetString = iv.decode_as().unwrap();
    let sealed_key = recipient.enc_key.as_bytes();
    let cek =
        key_wrap::unwrap(&key.serialize_der(), Wrapping::OaepSha256, sealed_key).ok().unwrap();
    let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(cek.expose(), iv.as_bytes());
    let sealed = content.encrypted_content.unwrap();
    cipher.unwrap().decrypt_padded_vec::<Pkcs7>(sealed.as_bytes()).unwrap()
}

/// `RSAES-OAEP-params` of RFC 4055 with SHA-256 twice, written by hand.
const OAEP_SHA256: &[u8] = &[
    0x30, 0x2f, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
    0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00,
];

#[test]
fn the_recipient_opens_it() {
    for size in [RsaKeySize::_2048, RsaKeySize::_3072, RsaKeySize::_4096] {
        let key = rsa(size);
        for len in [0, 1, 15, 16, 32, 1024, 4096, 70_000] {
            let secret = vec![0x5a; len];
            let envelope = envelop(&SystemEntropy, &secret, &key.subject_public_key_info());
            assert_eq!(open(&envelope.unwrap(), &key), secret);
        }
    }
}

#[test]
fn the_bytes_are_of_the_form_that_aws_sends() {
    let spki = KEY.subject_public_key_info();
    let envelope = envelop(&SystemEntropy, &[7; 32], &spki).unwrap();
    let head = [
        &[0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03][..],
        &[0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x02],
        &[0x31, 0x82, 0x01, 0x6b, 0x30, 0x82, 0x01, 0x67, 0x02, 0x01, 0x02, 0x80, 0x20],
        &hash::sha256(&spki),
        &[0x30, 0x3c, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07],
        OAEP_SHA256,
        &[0x04, 0x82, 0x01, 0x00],
    ]
    .concat();
    let (start, rest) = envelope.split_at(head.len());
    assert_eq!(start, head);
    let content = [
        &[0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01][..],
        &[0x30, 0x1d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a, 0x04, 0x10],
    ]
    .concat();
    let rest = &rest[256..];
    assert_eq!(&rest[..content.len()], content);
    let rest = &rest[content.len() + 16..];
    assert_eq!(rest[..4], [0xa0, 0x80, 0x04, 0x30]);
    assert_eq!(rest[4 + 48..], [0; 10]);
}

#[test]
fn no_two_envelopes_are_alike() {
    let spki = KEY.subject_public_key_info();
    let [one, two] = [(); 2].map(|()| envelop(&SystemEntropy, &[7; 32], &spki).unwrap());
    let same = one.iter().zip(&two).filter(|(a, b)| a == b).count();
    assert_eq!(one.len(), two.len());
    // Key, vector and content, 320 bytes of them, differ but for chance.
    assert!(one.len() - same > 290, "{same}");
}

#[test]
fn other_recipients_are_refused() {
    let spki = KEY.subject_public_key_info();
    let curve = KeyPair::generate().unwrap().subject_public_key_info();
    let long = [&spki[..], &[0]].concat();
    let short = hex(RSA_1024);
    for recipient in [&b""[..], b"a key", &spki[..spki.len() - 1], &long, &curve, &short] {
        let refused = envelop(&SystemEntropy, b"secret", recipient);
        assert_eq!(refused, Err(EnvelopeError::Recipient));
    }
}

/// An RSA key of 1024 bits: too short.
const RSA_1024: &str = "30819f300d06092a864886f70d010101050003818d0030818902818100";

fn hex(text: &str) -> Vec<u8> {
    let mut out: Vec<u8> = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect();
    // Any odd modulus with its first bit set, and the exponent 65537.
    out.extend([0xc5; 128]);
    out.extend([0x02, 0x03, 0x01, 0x00, 0x01]);
    out
}

#[test]
fn a_failing_random_source_makes_no_envelope() {
    struct Failing(std::sync::atomic::AtomicU32);
    impl Entropy for Failing {
        fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
            out.fill(1);
            match self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Err(EntropyError),
                _ => Ok(()),
            }
        }
    }
    for calls in [0, 1] {
        let refused = envelop(&Failing(calls.into()), b"secret", &KEY.subject_public_key_info());
        assert_eq!(refused, Err(EnvelopeError::Entropy));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_secret_comes_back(secret in proptest::collection::vec(any::<u8>(), 0..6000)) {
        let envelope = envelop(&SystemEntropy, &secret, &KEY.subject_public_key_info()).unwrap();
        prop_assert_eq!(open(&envelope, &KEY), secret);
    }

    #[test]
    fn arbitrary_recipients_never_panic(spki in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(envelop(&SystemEntropy, b"secret", &spki).is_err());
    }
}
