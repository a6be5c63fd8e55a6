//! SM2 against the examples of its standard, against what OpenSSL made, and with hostile input. The
//! keys and what OpenSSL made are in `vectors/sm2.txt`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use der::asn1::{BitStringRef, OctetStringRef, UintRef};
use der::{Decode as _, Encode as _, Sequence};
use elliptic_curve::sec1::ToSec1Point as _;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{EncodePrivateKey as _, PrivateKeyInfoRef};
use proptest::collection::vec;
use proptest::prelude::*;
use sm3::{Digest as _, Sm3};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use strongroom_crypto::asymmetric::{KeyError, Message, UseError};
use strongroom_crypto::sm2::{Sm2Key, Sm2PublicKey};

static VECTORS: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(|| {
    let lines = include_str!("vectors/sm2.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, digits) = line.split_once(" = ").unwrap();
            (name, bytes(digits))
        })
        .collect()
});

fn bytes(digits: &str) -> Vec<u8> {
    let digits: String = digits.split_whitespace().collect();
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn vector(name: &str) -> &'static [u8] {
    &VECTORS[name]
}

fn key() -> Sm2Key {
    Sm2Key::parse(vector("key")).unwrap()
}

/// The PKCS#8 of a scalar.
fn pkcs8(scalar: &str) -> Vec<u8> {
    let secret = sm2::SecretKey::from_slice(&bytes(scalar)).unwrap();
    secret.to_pkcs8_der().unwrap().as_bytes().to_vec()
}

/// The point of a `SubjectPublicKeyInfo`.
fn point(spki: &[u8]) -> Vec<u8> {
    SubjectPublicKeyInfoRef::from_der(spki).unwrap().subject_public_key.raw_bytes().to_vec()
}

fn spki(point: &[u8]) -> Vec<u8> {
    let mut info = SubjectPublicKeyInfoRef::from_der(vector("public")).unwrap();
    info.subject_public_key = BitStringRef::from_bytes(point).unwrap();
    info.to_der().unwrap()
}

/// e = SM3(Z ‖ M), where Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ G ‖ P): GM/T 0003.2, section 5.
fn digest(id: &str, spki: &[u8], message: &[u8]) -> Vec<u8> {
    let curve = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
        28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
        32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
        BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0";
    let bits = u16::try_from(id.len() * 8).unwrap().to_be_bytes();
    let z = Sm3::new()
        .chain_update(bits)
        .chain_update(id)
        .chain_update(bytes(curve))
        .chain_update(&point(spki)[1..])
        .finalize();
    Sm3::new().chain_update(z).chain_update(message).finalize().to_vec()
}

const DEFAULT_ID: &str = "1234567812345678";

/// GM/T 0009-2012, section 7.3.
#[derive(Sequence)]
struct SignatureForm<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// GM/T 0009-2012, section 7.2.
#[derive(Sequence)]
struct CipherForm<'a> {
    x: UintRef<'a>,
    y: UintRef<'a>,
    hash: &'a OctetStringRef,
    text: &'a OctetStringRef,
}

fn cipher(x: &[u8], y: &[u8], hash: &[u8], text: &[u8]) -> Vec<u8> {
    let (x, y) = (UintRef::new(x).unwrap(), UintRef::new(y).unwrap());
    let (hash, text) = (OctetStringRef::new(hash).unwrap(), OctetStringRef::new(text).unwrap());
    CipherForm { x, y, hash, text }.to_der().unwrap()
}

/// GM/T 0003.5-2012, annexes A and C: the examples on the recommended curve, with one key.
#[test]
fn the_examples_of_the_standard() {
    let der = pkcs8("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8");
    let key = Sm2Key::parse(&der).unwrap();
    let public = "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
        CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
    assert_eq!(point(key.public_key()), bytes(public));

    let e = bytes("F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640");
    assert_eq!(digest(DEFAULT_ID, key.public_key(), b"message digest"), e);
    let (r, s) = (
        bytes("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"),
        bytes("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"),
    );
    let (r, s) = (UintRef::new(&r).unwrap(), UintRef::new(&s).unwrap());
    let signature = SignatureForm { r, s }.to_der().unwrap();
    assert_eq!(key.verify(Message::Raw(b"message digest"), &signature), Ok(()));
    assert_eq!(key.verify(Message::Digest(&e), &signature), Ok(()));

    let ciphertext = cipher(
        &bytes("04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"),
        &bytes("E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"),
        &bytes("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"),
        &bytes("21886CA989CA9C7D58087307CA93092D651EFA"),
    );
    assert!(key.decrypt(&ciphertext).unwrap().same_as(b"encryption standard"));
}

#[test]
fn what_openssl_made_is_taken() {
    let (key, message) = (key(), vector("message"));
    assert_eq!(key.public_key(), vector("public"));
    assert_eq!(key.verify(Message::Raw(message), vector("signature")), Ok(()));
    let e = digest(DEFAULT_ID, key.public_key(), message);
    assert_eq!(key.verify(Message::Digest(&e), vector("signature")), Ok(()));
    assert!(key.decrypt(vector("ciphertext")).unwrap().same_as(message));
    assert!(key.agree(vector("peer_public")).unwrap().same_as(vector("shared")));
}

/// With another identifier, a signature is only one of the digest that it was hashed into.
#[test]
fn a_signature_under_another_identifier_is_of_the_digest() {
    let (key, message, signature) = (key(), vector("message"), vector("signature_of_somebody"));
    let verified = key.verify(Message::Raw(message), signature);
    assert_eq!(verified, Err(UseError::BadSignature));
    let e = digest("somebody@example.com", key.public_key(), message);
    assert_eq!(key.verify(Message::Digest(&e), signature), Ok(()));
}

#[test]
fn generated_keys_come_back() {
    let (der, other) = (Sm2Key::generate().unwrap(), Sm2Key::generate().unwrap());
    assert!(!der.same_as(other.expose()));
    assert_eq!(der.len(), vector("key").len());
    let key = Sm2Key::parse(der.expose()).unwrap();
    let secret = sm2::SecretKey::try_from(PrivateKeyInfoRef::from_der(der.expose()).unwrap());
    let public = secret.unwrap().public_key().to_sec1_point(false);
    assert_eq!(key.public_key(), spki(public.as_bytes()));
    assert_ne!(key.public_key(), Sm2Key::parse(other.expose()).unwrap().public_key());
}

#[test]
fn a_key_is_used_by_many_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Sm2Key>();
    is_shared::<Sm2PublicKey>();
}

#[test]
fn every_form_of_a_key_gives_the_same_public_key() {
    let alone = Sm2Key::parse(vector("private_only")).unwrap();
    assert_eq!(alone.public_key(), vector("public"));
    for form in ["public", "compressed"] {
        assert_eq!(Sm2PublicKey::parse(vector(form)).unwrap().der(), vector("public"));
    }
}

#[test]
fn unsound_private_keys_are_refused() {
    let refused = |der: &[u8]| Sm2Key::parse(der).err();
    for name in ["zero", "order", "last_but_one", "key_sec1", "public"] {
        assert_eq!(refused(vector(name)), Some(KeyError::Malformed), "{name}");
    }
    let sound = vector("key");
    for length in 0..sound.len() {
        assert_eq!(refused(&sound[..length]), Some(KeyError::Malformed), "{length}");
    }
    assert_eq!(refused(&[sound, &[0]].concat()), Some(KeyError::Malformed));
    assert_eq!(refused(&vec![0x30; 10_000]), Some(KeyError::Malformed));

    // The last 64 bytes are the public key: another key's point, and no point at all.
    let other = point(vector("peer_public"));
    let swapped = [&sound[..sound.len() - 64], &other[1..]].concat();
    assert_eq!(refused(&swapped), Some(KeyError::Malformed));
    let mut off = sound.to_vec();
    *off.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&off), Some(KeyError::Malformed));
    // In the place that RFC 5958 has for it.
    let mut info = PrivateKeyInfoRef::from_der(sound).unwrap();
    let own = point(vector("public"));
    info.public_key = Some(BitStringRef::from_bytes(&own).unwrap());
    assert_eq!(refused(&info.to_der().unwrap()), None);
    info.public_key = Some(BitStringRef::from_bytes(&other).unwrap());
    assert_eq!(refused(&info.to_der().unwrap()), Some(KeyError::Malformed));
}

/// The algorithm and the curve, exchanged for others and left out.
#[test]
fn keys_of_another_curve_are_refused() {
    let p256 = pkcs8::ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    let rsa = pkcs8::ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    let mut private = PrivateKeyInfoRef::from_der(vector("private_only")).unwrap();
    let mut public = SubjectPublicKeyInfoRef::from_der(vector("public")).unwrap();
    let (curve, sm2) = (private.algorithm.parameters, private.algorithm.oid);
    for (oid, parameters, expected) in [
        (sm2, curve, None),
        (sm2, Some((&p256).into()), Some(KeyError::OtherSpec)),
        (rsa, curve, Some(KeyError::OtherSpec)),
        (rsa, None, Some(KeyError::OtherSpec)),
        (sm2, None, Some(KeyError::Malformed)),
        (sm2, Some(der::asn1::AnyRef::NULL), Some(KeyError::Malformed)),
    ] {
        (private.algorithm.oid, private.algorithm.parameters) = (oid, parameters);
        (public.algorithm.oid, public.algorithm.parameters) = (oid, parameters);
        let (private, public) = (private.to_der().unwrap(), public.to_der().unwrap());
        assert_eq!(Sm2Key::parse(&private).err(), expected);
        assert_eq!(Sm2PublicKey::parse(&public).err(), expected);
        let agreed = key().agree(&public).err();
        assert_eq!(agreed, expected.map(|_| UseError::BadPublicKey));
    }
}

#[test]
fn unsound_public_keys_are_refused() {
    let own = point(vector("public"));
    let compact = [&[5], &own[1..33]].concat();
    let hybrid = [&[6 | (own[64] & 1)], &own[1..]].concat();
    let mut off = own.clone();
    off[64] ^= 1;
    let bad_points = [
        &[][..],
        &[0],
        &own[..64],
        &[own.as_slice(), &[0]].concat(),
        &compact,
        &hybrid,
        &off,
        &[&[4][..], &[0; 64]].concat(),
        &[&[4][..], &[0xff; 64]].concat(),
        &[&[2][..], &[0xff; 32]].concat(),
    ];
    for bad in bad_points {
        let der = spki(bad);
        assert_eq!(Sm2PublicKey::parse(&der).err(), Some(KeyError::Malformed), "{bad:?}");
        assert_eq!(key().agree(&der).err(), Some(UseError::BadPublicKey), "{bad:?}");
    }
    let sound = vector("public");
    for length in 0..sound.len() {
        assert_eq!(Sm2PublicKey::parse(&sound[..length]).err(), Some(KeyError::Malformed));
    }
    let longer = [sound, &[0]].concat();
    assert_eq!(Sm2PublicKey::parse(&longer).err(), Some(KeyError::Malformed));
}

#[test]
fn malformed_signatures_are_refused() {
    let key = key();
    let sound = vector("signature");
    let refused = |signature: &[u8]| {
        let raw = key.verify(Message::Raw(vector("message")), signature);
        let e = digest(DEFAULT_ID, key.public_key(), vector("message"));
        assert_eq!(key.verify(Message::Digest(&e), signature), raw);
        raw == Err(UseError::BadSignature)
    };
    assert!(!refused(sound));
    for length in 0..sound.len() {
        assert!(refused(&sound[..length]), "{length}");
    }
    assert!(refused(&[sound, &[0]].concat()));
    assert!(refused(&[0; 64]));
    let order = bytes("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123");
    let parsed = SignatureForm::from_der(sound).unwrap();
    let long = [1; 33];
    for bad in [&[0][..], &order, &[0xff; 32], &long] {
        let bad = UintRef::new(bad).unwrap();
        assert!(refused(&SignatureForm { r: bad, s: parsed.s }.to_der().unwrap()));
        assert!(refused(&SignatureForm { r: parsed.r, s: bad }.to_der().unwrap()));
    }
    // r + s = 0 modulo the order, for which the equation has no key in it.
    let minus_one = bytes("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54122");
    let (r, s) = (UintRef::new(&[1]).unwrap(), UintRef::new(&minus_one).unwrap());
    assert!(refused(&SignatureForm { r, s }.to_der().unwrap()));
}

#[test]
fn messages_that_are_not_sm2s_are_refused() {
    let key = key();
    for length in [0, 31, 33, 64] {
        let digest = vec![7; length];
        assert_eq!(key.sign(Message::Digest(&digest)), Err(UseError::DigestLength));
        let verified = key.verify(Message::Digest(&digest), vector("signature"));
        assert_eq!(verified, Err(UseError::DigestLength));
    }
    let mu = Message::ExternalMu(&[7; 64]);
    assert_eq!(key.sign(mu), Err(UseError::Unsupported));
    assert_eq!(key.verify(mu, vector("signature")), Err(UseError::Unsupported));
}

#[test]
fn signatures_and_ciphertexts_are_random() {
    let key = key();
    let sign = |message| key.sign(message).unwrap();
    assert_ne!(sign(Message::Raw(b"m")), sign(Message::Raw(b"m")));
    assert_ne!(sign(Message::Digest(&[3; 32])), sign(Message::Digest(&[3; 32])));
    assert_ne!(key.encrypt(b"m").unwrap(), key.encrypt(b"m").unwrap());
}

#[test]
fn plaintexts_have_a_length() {
    let key = key();
    let max = Sm2PublicKey::MAX_PLAINTEXT;
    for length in [1, 31, 32, 33, max] {
        let plaintext = vec![0; length];
        let ciphertext = key.encrypt(&plaintext).unwrap();
        assert!(key.decrypt(&ciphertext).unwrap().same_as(&plaintext));
    }
    assert_eq!(key.encrypt(&vec![0; max + 1]), Err(UseError::TooLong { max }));
    assert_eq!(key.encrypt(&[]), Err(UseError::Unsupported));
}

#[test]
fn malformed_ciphertexts_are_refused() {
    let key = key();
    let sound = vector("ciphertext");
    let refused = |der: &[u8]| key.decrypt(der).err() == Some(UseError::BadCiphertext);
    for length in 0..sound.len() {
        assert!(refused(&sound[..length]), "{length}");
    }
    for bit in 0..sound.len() * 8 {
        let mut changed = sound.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(refused(&changed), "{bit}");
    }
    assert!(refused(&[sound, &[0]].concat()));
    let CipherForm { x, y, hash, text } = CipherForm::from_der(sound).unwrap();
    let (x, y, hash, text) = (x.as_bytes(), y.as_bytes(), hash.as_bytes(), text.as_bytes());
    assert!(!refused(&cipher(x, y, hash, text)));
    for bad in [
        cipher(y, x, hash, text),
        cipher(&[0], &[0], hash, text),
        cipher(&[0xff; 32], y, hash, text),
        cipher(&[1; 33], y, hash, text),
        cipher(x, y, text, hash),
        cipher(x, y, &hash[1..], text),
        cipher(x, y, hash, &text[1..]),
    ] {
        assert!(refused(&bad), "{bad:02x?}");
    }
    // Nothing at all, well encrypted.
    let shared = sm2::SecretKey::try_from(PrivateKeyInfoRef::from_der(vector("key")).unwrap());
    let c1 = sm2::PublicKey::from_sec1_bytes(&point(vector("peer_public"))).unwrap();
    let shared = (c1.to_projective() * *shared.unwrap().to_nonzero_scalar()).to_affine();
    let shared = shared.to_sec1_point(false);
    let hash = Sm3::digest(&shared.as_bytes()[1..]);
    let c1 = c1.to_sec1_point(false);
    assert!(refused(&cipher(&c1.as_bytes()[1..33], &c1.as_bytes()[33..], &hash, &[])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_message_and_its_digest_have_the_same_signatures(message in vec(any::<u8>(), 0..500)) {
        let key = key();
        let e = digest(DEFAULT_ID, key.public_key(), &message);
        let (raw, digest) = (Message::Raw(&message), Message::Digest(&e));
        for signature in [key.sign(raw).unwrap(), key.sign(digest).unwrap()] {
            prop_assert_eq!(key.verify(raw, &signature), Ok(()));
            prop_assert_eq!(key.verify(digest, &signature), Ok(()));
            let alone = Sm2PublicKey::parse(vector("compressed")).unwrap();
            prop_assert_eq!(alone.verify(raw, &signature), Ok(()));
        }
    }

    #[test]
    fn a_changed_bit_spoils_a_signature(
        message in vec(any::<u8>(), 1..100),
        at in any::<proptest::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let key = key();
        let signature = key.sign(Message::Raw(&message)).unwrap();
        let mut changed = signature.clone();
        *at.get_mut(&mut changed) ^= 1 << bit;
        let verified = key.verify(Message::Raw(&message), &changed);
        prop_assert_eq!(verified, Err(UseError::BadSignature));
        let mut changed = message.clone();
        *at.get_mut(&mut changed) ^= 1 << bit;
        let verified = key.verify(Message::Raw(&changed), &signature);
        prop_assert_eq!(verified, Err(UseError::BadSignature));
    }

    #[test]
    fn what_is_encrypted_comes_back(plaintext in vec(any::<u8>(), 1..1025)) {
        let ciphertext = key().encrypt(&plaintext).unwrap();
        prop_assert!(key().decrypt(&ciphertext).unwrap().same_as(&plaintext));
        let other = Sm2Key::parse(Sm2Key::generate().unwrap().expose()).unwrap();
        prop_assert_eq!(other.decrypt(&ciphertext).err(), Some(UseError::BadCiphertext));
    }

    #[test]
    fn both_sides_agree(_ in any::<()>()) {
        let one = Sm2Key::parse(Sm2Key::generate().unwrap().expose()).unwrap();
        let other = Sm2Key::parse(Sm2Key::generate().unwrap().expose()).unwrap();
        let secret = one.agree(other.public_key()).unwrap();
        prop_assert_eq!(secret.len(), 32);
        prop_assert!(other.agree(one.public_key()).unwrap().same_as(secret.expose()));
    }

    #[test]
    fn bytes_that_are_nothing_are_refused(noise in vec(any::<u8>(), 0..300)) {
        prop_assert!(Sm2Key::parse(&noise).is_err());
        prop_assert!(Sm2PublicKey::parse(&noise).is_err());
        prop_assert!(Sm2PublicKey::parse(&spki(&noise)).is_err());
        prop_assert!(key().decrypt(&noise).is_err());
        prop_assert!(key().agree(&noise).is_err());
        prop_assert!(key().verify(Message::Raw(b""), &noise).is_err());
    }
}
