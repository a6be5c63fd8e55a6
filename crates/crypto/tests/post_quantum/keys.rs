//! The forms of keys: those that are stored, those that others make, and hostile ones.

use crate::{
    Key, ML_DSA, ML_KEM, both_forms, pkcs8, pkcs8_with_public, raw, rust_crypto, seed_form, spki,
};
use der::{Decode as _, Encode as _};
use pkcs8::PrivateKeyInfoRef;
use strongroom_crypto::asymmetric::KeyError;
use strongroom_crypto::hash::{hex, sha256};
use strongroom_crypto::post_quantum::{MlDsaKey, MlDsaPublicKey, MlKemKey, MlKemPublicKey};
use strongroom_types::KeySpec::{self, MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768, MlKem1024};

#[test]
fn generated_keys_are_stored_as_seeds_and_come_back() {
    for (spec, public) in [
        (MlDsa44, 1334),
        (MlDsa65, 1974),
        (MlDsa87, 2614),
        (MlKem512, 822),
        (MlKem768, 1206),
        (MlKem1024, 1590),
    ] {
        let (der, other) = (Key::generate(spec), Key::generate(spec));
        assert_ne!(der, other);
        let seed = &der[der.len() - if ML_DSA.contains(&spec) { 32 } else { 64 }..];
        assert_eq!(der, pkcs8(spec, &seed_form(seed)), "{spec:?}");
        let key = Key::parse(spec, &der).unwrap();
        assert_eq!(key.public_key().len(), public, "{spec:?}");
        assert_eq!(key.public_key(), spki(spec, &raw(key.public_key())));
        assert_eq!(key.public_key(), Key::parse(spec, &der).unwrap().public_key());
        assert_ne!(key.public_key(), Key::parse(spec, &other).unwrap().public_key());
    }
}

#[test]
fn keys_of_another_spec_are_refused() {
    for of in ML_DSA.into_iter().chain(ML_KEM) {
        let der = Key::generate(of);
        let public = Key::parse(of, &der).unwrap().public_key().to_vec();
        for spec in ML_DSA {
            let expected = (of != spec).then_some(KeyError::OtherSpec);
            assert_eq!(MlDsaKey::parse(spec, &der).err(), expected);
            assert_eq!(MlDsaPublicKey::parse(spec, &public).err(), expected);
        }
        for spec in ML_KEM {
            let expected = (of != spec).then_some(KeyError::OtherSpec);
            assert_eq!(MlKemKey::parse(spec, &der).err(), expected);
            assert_eq!(MlKemPublicKey::parse(spec, &public).err(), expected);
        }
    }
    for spec in [KeySpec::Rsa2048, KeySpec::Sm2, KeySpec::SymmetricDefault, MlKem512] {
        assert_eq!(MlDsaKey::generate(spec).err(), Some(KeyError::Unsupported));
        assert_eq!(MlDsaKey::parse(spec, &[]).err(), Some(KeyError::Unsupported));
        assert_eq!(MlDsaPublicKey::parse(spec, &[]).err(), Some(KeyError::Unsupported));
    }
    for spec in [KeySpec::Rsa2048, KeySpec::Sm2, KeySpec::SymmetricDefault, MlDsa44] {
        assert_eq!(MlKemKey::generate(spec).err(), Some(KeyError::Unsupported));
        assert_eq!(MlKemKey::parse(spec, &[]).err(), Some(KeyError::Unsupported));
        assert_eq!(MlKemPublicKey::parse(spec, &[]).err(), Some(KeyError::Unsupported));
    }
}

#[test]
fn keys_made_elsewhere_give_the_same_public_key() {
    let specs = [MlDsa44, MlDsa65, MlDsa87, MlKem768, MlKem1024];
    let text = include_str!("../vectors/post-quantum-keys.txt");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), specs.len());
    for (spec, line) in specs.into_iter().zip(lines) {
        let mut words = line.split(' ').skip(2);
        let (der, public) = (bytes(words.next().unwrap()), words.next().unwrap());
        let key = Key::parse(spec, &der).unwrap();
        assert_eq!(hex(&sha256(key.public_key())), public, "{line}");
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// A seed of the spec, and the expanded key and public key that it makes.
fn members(spec: KeySpec) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    if ML_DSA.contains(&spec) {
        let seed = vec![0x5e; 32];
        let keys = (rust_crypto::expanded(spec, &seed), rust_crypto::public_key(spec, &seed));
        (seed, keys.0, keys.1)
    } else {
        let seed = vec![0x5e; 64];
        let keys = rust_crypto::keys(spec, &seed);
        (seed, keys.0, keys.1)
    }
}

#[test]
fn what_stands_beside_the_seed_must_be_the_seeds() {
    for spec in ML_DSA.into_iter().chain(ML_KEM) {
        let (seed, expanded, public) = members(spec);
        let refused = |der: &[u8]| Key::parse(spec, der).err();
        let both = both_forms(&seed, &expanded);
        for sound in [
            pkcs8(spec, &both),
            pkcs8_with_public(spec, &both, &public),
            pkcs8_with_public(spec, &seed_form(&seed), &public),
        ] {
            assert_eq!(raw(Key::parse(spec, &sound).unwrap().public_key()), public);
        }
        for at in [0, 40, expanded.len() / 2, expanded.len() - 1] {
            let mut other = expanded.clone();
            other[at] ^= 1;
            let der = pkcs8(spec, &both_forms(&seed, &other));
            assert_eq!(refused(&der), Some(KeyError::Malformed), "{spec:?} {at}");
        }
        for other in
            [&public[1..], &[public.as_slice(), &[0]].concat(), &[], &vec![0; public.len()]]
        {
            let der = pkcs8_with_public(spec, &seed_form(&seed), other);
            assert_eq!(refused(&der), Some(KeyError::Malformed));
        }
        for other in [&expanded[1..], &[expanded.as_slice(), &[0]].concat(), &[]] {
            let der = pkcs8(spec, &both_forms(&seed, other));
            assert_eq!(refused(&der), Some(KeyError::Malformed));
        }
    }
}

#[test]
fn malformed_private_keys_are_refused() {
    for spec in ML_DSA.into_iter().chain(ML_KEM) {
        let (seed, expanded, _) = members(spec);
        let refused = |der: &[u8]| Key::parse(spec, der).err();
        let sound = pkcs8(spec, &seed_form(&seed));
        for length in 0..sound.len() {
            assert_eq!(refused(&sound[..length]), Some(KeyError::Malformed), "{length}");
        }
        for length in [0, 1, seed.len() - 1, seed.len() + 1, 96] {
            let der = pkcs8(spec, &seed_form(&vec![7; length]));
            assert_eq!(refused(&der), Some(KeyError::Malformed), "{length}");
            let der = pkcs8(spec, &both_forms(&vec![7; length], &expanded));
            assert_eq!(refused(&der), Some(KeyError::Malformed), "{length}");
        }
        for form in [&[][..], &seed, &[seed_form(&seed), vec![0]].concat(), &[0x80, 0]] {
            assert_eq!(refused(&pkcs8(spec, form)), Some(KeyError::Malformed));
        }
        assert_eq!(refused(&[sound.as_slice(), &[0]].concat()), Some(KeyError::Malformed));
        assert_eq!(refused(&vec![0x30; 10_000]), Some(KeyError::Malformed));
        // With NULL for parameters, as RSA keys have it.
        let mut info = PrivateKeyInfoRef::from_der(&sound).unwrap();
        info.algorithm.parameters = Some(der::asn1::AnyRef::NULL);
        assert_eq!(refused(&info.to_der().unwrap()), Some(KeyError::Malformed));
    }
}

/// A key in which one bit is another is refused, or is another key.
#[test]
fn a_changed_bit_gives_no_key_or_another() {
    // z of ML-KEM, the second half of its seed, is not in the public key: only the secrets of
    // rejected ciphertexts are made of it.
    for (spec, not_public) in [(MlDsa44, 0), (MlKem512, 256)] {
        let der = Key::generate(spec);
        let public = Key::parse(spec, &der).unwrap().public_key().to_vec();
        let bits = der.len() * 8;
        let mut others = 0;
        for bit in 0..bits {
            let mut changed = der.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(key) = Key::parse(spec, &changed) {
                assert_eq!(key.public_key() == public, bit >= bits - not_public, "{bit}");
                others += 1;
            }
        }
        assert_eq!(others, 256 + not_public, "{spec:?}");
    }
}

#[test]
fn malformed_public_keys_are_refused() {
    for spec in ML_DSA.into_iter().chain(ML_KEM) {
        let der = Key::parse(spec, &Key::generate(spec)).unwrap().public_key().to_vec();
        let raw = raw(&der);
        let refused = |der: &[u8]| {
            if ML_DSA.contains(&spec) {
                MlDsaPublicKey::parse(spec, der).err()
            } else {
                MlKemPublicKey::parse(spec, der).err()
            }
        };
        assert_eq!(refused(&der), None);
        for bad in [
            der[..der.len() - 1].to_vec(),
            [der.as_slice(), &[0]].concat(),
            raw.clone(),
            spki(spec, &raw[1..]),
            spki(spec, &[raw.as_slice(), &[0]].concat()),
            spki(spec, &[]),
            vec![0x30; 10_000],
            vec![],
        ] {
            assert_eq!(refused(&bad), Some(KeyError::Malformed), "{spec:?} {}", bad.len());
        }
    }
}
