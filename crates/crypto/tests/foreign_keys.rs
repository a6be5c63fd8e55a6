//! Keys made outside: those that must be taken and give the same public key, and those that must
//! be refused, with the reason. The keys are in `vectors/foreign-keys.txt`.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use strongroom_crypto::asymmetric::{KeyError, Message, PrivateKey, PublicKey, UseError};
use strongroom_types::{KeySpec, SigningAlgorithm};

static KEYS: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(|| {
    let text = include_str!("vectors/foreign-keys.txt");
    let fields = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    fields
        .map(|line| {
            let (name, digits) = line.split_once(" = ").expect("name = digits");
            (name, bytes(digits))
        })
        .collect()
});

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// The private keys that must be taken.
const SOUND: &[(&str, KeySpec)] = &[
    ("rsa_2048", KeySpec::Rsa2048),
    ("rsa_2048_exponent_3", KeySpec::Rsa2048),
    // RFC 5208's attributes, which say nothing here.
    ("rsa_2048_attributes", KeySpec::Rsa2048),
    ("rsa_3072", KeySpec::Rsa3072),
    ("p256", KeySpec::EccNistP256),
    // RFC 5915: the public key is optional, and so is the curve, which the envelope says.
    ("p256_private_only", KeySpec::EccNistP256),
    ("p256_curve_twice", KeySpec::EccNistP256),
    ("p256_compressed", KeySpec::EccNistP256),
    ("p384", KeySpec::EccNistP384),
    ("p521", KeySpec::EccNistP521),
    ("secp256k1", KeySpec::EccSecgP256k1),
    ("ed25519", KeySpec::EccNistEdwards25519),
    // RFC 5958: with the public key.
    ("ed25519_version_2", KeySpec::EccNistEdwards25519),
];

/// The private keys that must be refused, for the spec and with the reason.
const UNSOUND: &[(&str, KeySpec, KeyError)] = &[
    // Sound keys, of something else.
    ("rsa_2048", KeySpec::Rsa3072, KeyError::OtherSpec),
    ("rsa_2056", KeySpec::Rsa2048, KeyError::OtherSpec),
    ("rsa_2048_pss_only", KeySpec::Rsa2048, KeyError::OtherSpec),
    ("p384", KeySpec::EccNistP256, KeyError::OtherSpec),
    ("secp256k1", KeySpec::EccNistP256, KeyError::OtherSpec),
    ("p256", KeySpec::EccSecgP256k1, KeyError::OtherSpec),
    ("p224", KeySpec::EccNistP256, KeyError::OtherSpec),
    ("brainpool_p256r1", KeySpec::EccNistP256, KeyError::OtherSpec),
    ("p256", KeySpec::Rsa2048, KeyError::OtherSpec),
    ("x25519", KeySpec::EccNistEdwards25519, KeyError::OtherSpec),
    ("ed25519", KeySpec::EccNistP256, KeyError::OtherSpec),
    ("p256", KeySpec::SymmetricDefault, KeyError::Unsupported),
    // RSA whose members are not those of a key.
    ("rsa_1024", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_exponent_1", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_exponent_of_40_bits", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_other_private_exponent", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_other_coefficient", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_other_modulus", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_stripped", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_without_crt", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_no_parameters", KeySpec::Rsa2048, KeyError::Malformed),
    ("rsa_2048_trailing_inside", KeySpec::Rsa2048, KeyError::Malformed),
    // Points and scalars.
    ("p256_of_another_public_key", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_two_curves", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_zero", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_order", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_off_the_curve", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_at_infinity", KeySpec::EccNistP256, KeyError::Malformed),
    // RFC 5480, section 2.1.1: specifiedCurve MUST NOT be used.
    ("p256_explicit", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_trailing_inside", KeySpec::EccNistP256, KeyError::Malformed),
    // RFC 5915 has its own place for the public key; AWS-LC knows no other.
    ("p256_version_2", KeySpec::EccNistP256, KeyError::Malformed),
    ("ed25519_of_another_public_key", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    ("ed25519_short_public_key", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    ("ed25519_long_public_key", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    ("ed25519_empty_public_key", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    ("ed25519_short", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    ("ed25519_long", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    ("ed25519_parameters", KeySpec::EccNistEdwards25519, KeyError::Malformed),
    // Other structures.
    ("p256_encrypted", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_sec1", KeySpec::EccNistP256, KeyError::Malformed),
    ("p256_public", KeySpec::EccNistP256, KeyError::Malformed),
];

#[track_caller]
fn taken(name: &str, spec: KeySpec) -> PrivateKey {
    match PrivateKey::parse(spec, &KEYS[name]) {
        Ok(key) => key,
        Err(refused) => panic!("{name}: {refused}"),
    }
}

/// One algorithm of each spec.
fn algorithm(spec: KeySpec) -> SigningAlgorithm {
    spec.signing_algorithms(strongroom_types::KeyUsage::SignVerify)[0]
}

#[test]
fn sound_keys_are_taken_and_sign() {
    for (name, spec) in SOUND {
        let key = taken(name, *spec);
        assert_eq!(key.spec(), *spec, "{name}");
        let signature = key.sign(algorithm(*spec), Message::Raw(b"message")).unwrap();
        let public = PublicKey::parse(key.public_key()).unwrap();
        assert_eq!(public.spec(), *spec, "{name}");
        public.verify(algorithm(*spec), Message::Raw(b"message"), &signature).unwrap();
    }
}

/// The public key comes out as the maker of the key writes it, however the private key is written.
#[test]
fn the_public_key_is_the_one_of_its_maker() {
    for name in ["p256", "p256_private_only", "p256_curve_twice", "p256_compressed"] {
        assert_eq!(taken(name, KeySpec::EccNistP256).public_key(), KEYS["p256_public"], "{name}");
    }
    for name in ["ed25519", "ed25519_version_2"] {
        let key = taken(name, KeySpec::EccNistEdwards25519);
        assert_eq!(key.public_key(), KEYS["ed25519_public"], "{name}");
    }
}

/// And so does the private key: one key has one form, however it was brought.
#[test]
fn one_key_is_written_in_one_form() {
    let written = |name, spec| taken(name, spec).to_pkcs8().unwrap();
    for (spec, names) in [
        (
            KeySpec::EccNistP256,
            &["p256", "p256_private_only", "p256_curve_twice", "p256_compressed"][..],
        ),
        (KeySpec::EccNistEdwards25519, &["ed25519", "ed25519_version_2"]),
    ] {
        let first = written(names[0], spec);
        assert!(PrivateKey::parse(spec, first.expose()).is_ok());
        for name in names {
            assert!(written(name, spec).same_as(first.expose()), "{name}");
        }
    }
    let plain = written("rsa_2048", KeySpec::Rsa2048);
    assert!(plain.same_as(&KEYS["rsa_2048"]));
}

#[test]
fn unsound_keys_are_refused() {
    for (name, spec, reason) in UNSOUND {
        assert_eq!(PrivateKey::parse(*spec, &KEYS[name]).err(), Some(*reason), "{name}");
    }
}

#[test]
fn every_vector_is_used() {
    let used = SOUND.iter().map(|(name, _)| name).chain(UNSOUND.iter().map(|(name, ..)| name));
    let unused = ["ed25519_public", "rsa_2048_composite_factor"];
    let used: Vec<&str> = used.copied().chain(unused).collect();
    for name in KEYS.keys() {
        assert!(used.contains(name), "{name}");
    }
}

/// Whether factors are prime is not tested when a key is taken. The result of each private
/// operation is: so such a key gives out nothing, rather than something wrong.
#[test]
fn a_factor_that_is_not_prime_gives_no_signature() {
    let key = taken("rsa_2048_composite_factor", KeySpec::Rsa2048);
    let signature = key.sign(SigningAlgorithm::RsassaPkcs1Sha256, Message::Raw(b"message"));
    assert_eq!(signature, Err(UseError::Failed));
}

#[test]
fn nothing_may_follow_or_be_missing() {
    for (name, spec) in SOUND {
        let der = &KEYS[name];
        for extra in [&b"\0"[..], b"\x05\0", der] {
            let longer = [der, extra].concat();
            assert_eq!(PrivateKey::parse(*spec, &longer).err(), Some(KeyError::Malformed));
        }
        for length in 0..der.len() {
            let cut = PrivateKey::parse(*spec, &der[..length]);
            assert_eq!(cut.err(), Some(KeyError::Malformed), "{name} cut to {length}");
        }
    }
    for name in ["p256_public", "ed25519_public"] {
        let der = &KEYS[name];
        let longer = [&der[..], b"\0"].concat();
        assert_eq!(PublicKey::parse(&longer).err(), Some(KeyError::Malformed));
        for length in 0..der.len() {
            assert_eq!(PublicKey::parse(&der[..length]).err(), Some(KeyError::Malformed));
        }
    }
}

/// 8,192 bytes are the limit, whatever is in them.
#[test]
fn long_envelopes_are_not_read() {
    let info = &KEYS["rsa_2048_attributes"];
    // The attributes are the last two bytes, an empty set. Filled up, they are still a set.
    let with_attributes = |length: u16| {
        let [high, low] = length.to_be_bytes();
        let inside = [&info[4..info.len() - 2], &[0xa0, 0x82, high, low], &filler(length)].concat();
        let [high, low] = u16::try_from(inside.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82, high, low][..], &inside].concat()
    };
    let room = 8192 - info.len() - 2;
    let longest = with_attributes(u16::try_from(room).unwrap());
    assert_eq!(longest.len(), 8192);
    assert!(PrivateKey::parse(KeySpec::Rsa2048, &longest).is_ok());
    let longer = with_attributes(u16::try_from(room + 1).unwrap());
    assert_eq!(PrivateKey::parse(KeySpec::Rsa2048, &longer).err(), Some(KeyError::Malformed));
}

/// One octet string of `length` bytes in all.
fn filler(length: u16) -> Vec<u8> {
    let [high, low] = (length - 4).to_be_bytes();
    [&[0x04, 0x82, high, low][..], &vec![0; usize::from(length) - 4]].concat()
}

/// RFC 5480, section 2.2: of the forms of a point, two are public keys.
#[test]
fn hybrid_points_are_refused() {
    let mut der = KEYS["p256_public"].clone();
    let at = der.len() - 65;
    assert_eq!(der[at], 4);
    der[at] = 6 + (der[der.len() - 1] & 1);
    assert_eq!(PublicKey::parse(&der).err(), Some(KeyError::Malformed));
    let own = taken("p256", KeySpec::EccNistP256);
    assert_eq!(own.agree(&der).err(), Some(UseError::BadPublicKey));
    assert_eq!(own.agree(&KEYS["p256_public"]).unwrap().len(), 32);
}

proptest! {
    /// Whatever is flipped, a key that is taken still signs what its own public key verifies, or
    /// signs nothing.
    #[test]
    fn flipped_bits_never_make_a_lying_key(at in any::<prop::sample::Index>(), bit in 0..8, which in any::<prop::sample::Index>()) {
        let (name, spec) = SOUND[which.index(SOUND.len())];
        let mut der = KEYS[name].clone();
        let at = at.index(der.len());
        der[at] ^= 1_u8 << bit;
        if let Ok(key) = PrivateKey::parse(spec, &der) {
            let algorithm = algorithm(spec);
            match key.sign(algorithm, Message::Raw(b"message")) {
                Ok(signature) => {
                    prop_assert_eq!(key.verify(algorithm, Message::Raw(b"message"), &signature), Ok(()));
                }
                Err(refused) => prop_assert_eq!(refused, UseError::Failed),
            }
        }
    }

    #[test]
    fn flipped_bits_in_a_public_key_never_panic(at in any::<prop::sample::Index>(), bit in 0..8) {
        let own = taken("p256", KeySpec::EccNistP256);
        let mut der = KEYS["p256_public"].clone();
        let at = at.index(der.len());
        der[at] ^= 1_u8 << bit;
        prop_assert!(PublicKey::parse(&der).is_err());
        prop_assert_eq!(own.agree(&der).err(), Some(UseError::BadPublicKey));
    }

    #[test]
    fn noise_is_no_key(noise in prop::collection::vec(any::<u8>(), 0..400), which in any::<prop::sample::Index>()) {
        let (_, spec) = SOUND[which.index(SOUND.len())];
        prop_assert!(PrivateKey::parse(spec, &noise).is_err());
        prop_assert!(PublicKey::parse(&noise).is_err());
    }
}
