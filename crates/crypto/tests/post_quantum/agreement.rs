//! Keys at work, with the library that does not do the work as the other side.

use crate::{Key, ML_DSA, ML_KEM, pkcs8, raw, representative, rust_crypto, seed_form, spki};
use proptest::collection::vec;
use proptest::prelude::*;
use strongroom_crypto::asymmetric::UseError;
use strongroom_crypto::post_quantum::{MU_LEN, MlDsaKey, MlDsaPublicKey, MlKemKey, MlKemPublicKey};
use strongroom_types::KeySpec::{self, MlDsa87};

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
        bit in 0..8_u8,
    ) {
        let key = MlDsaKey::parse(spec, &Key::generate(spec)).unwrap();
        let mu = representative(&raw(key.public_key()), &[], &message);
        let spoil = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            *at.get_mut(&mut bytes) ^= 1 << bit;
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
        bit in 0..8_u8,
    ) {
        let key = MlKemKey::parse(spec, &pkcs8(spec, &seed_form(&seed))).unwrap();
        let public = raw(key.public_key());
        let (ciphertext, secret) = key.encapsulate().unwrap();
        prop_assert!(secret.same_as(&rust_crypto::decapsulate(spec, &seed, &ciphertext)));
        prop_assert!(key.decapsulate(&ciphertext).unwrap().same_as(secret.expose()));

        let (mut ciphertext, theirs) = rust_crypto::encapsulate(spec, &public, &m);
        prop_assert!(key.decapsulate(&ciphertext).unwrap().same_as(&theirs));

        // Implicit rejection: another secret, the same one in both.
        *at.get_mut(&mut ciphertext) ^= 1 << bit;
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
