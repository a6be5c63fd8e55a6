//! Fresh keys of every spec, in every use and in every misuse.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use ed25519_dalek::{Signature, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::sync::LazyLock;
use strongroom_crypto::asymmetric::{
    KeyError, Message, PrivateKey, PublicKey, UseError, oaep_capacity, oaep_encrypt,
};
use strongroom_types::{EncryptionAlgorithm, KeySpec, KeyUsage, SigningAlgorithm};

const SPECS: [KeySpec; 8] = [
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EccNistP256,
    KeySpec::EccNistP384,
    KeySpec::EccNistP521,
    KeySpec::EccSecgP256k1,
    KeySpec::EccNistEdwards25519,
];

/// The specs whose algorithms have tests of their own elsewhere.
const OTHER_SPECS: [KeySpec; 7] = [
    KeySpec::MlDsa44,
    KeySpec::MlDsa65,
    KeySpec::MlDsa87,
    KeySpec::MlKem512,
    KeySpec::MlKem768,
    KeySpec::MlKem1024,
    KeySpec::Sm2,
];

fn all_specs() -> impl Iterator<Item = KeySpec> {
    SPECS.into_iter().chain(OTHER_SPECS)
}

const OAEP: [EncryptionAlgorithm; 2] =
    [EncryptionAlgorithm::RsaesOaepSha1, EncryptionAlgorithm::RsaesOaepSha256];

fn fresh(spec: KeySpec) -> PrivateKey {
    PrivateKey::parse(spec, PrivateKey::generate(spec).unwrap().expose()).unwrap()
}

fn digest(algorithm: SigningAlgorithm, message: &[u8]) -> Vec<u8> {
    match algorithm.digest_bytes().unwrap() {
        32 => Sha256::digest(message).to_vec(),
        48 => Sha384::digest(message).to_vec(),
        _ => Sha512::digest(message).to_vec(),
    }
}

/// What this algorithm is given: each kind of message that it takes, of one and the same text.
fn messages<'a>(algorithm: SigningAlgorithm, text: &'a [u8], digest: &'a [u8]) -> Vec<Message<'a>> {
    match algorithm {
        SigningAlgorithm::Ed25519Sha512 => vec![Message::Raw(text)],
        SigningAlgorithm::Ed25519PhSha512 => vec![Message::Digest(digest)],
        _ => vec![Message::Raw(text), Message::Digest(digest)],
    }
}

/// What is made is in the one form, and a key that was read is written in it.
#[test]
fn a_key_that_was_read_is_written_as_it_was_made() {
    for spec in all_specs() {
        let made = PrivateKey::generate(spec).unwrap();
        let written = PrivateKey::parse(spec, made.expose()).unwrap().to_pkcs8();
        let brought = spec.takes_imports();
        assert_eq!(written.as_ref().err(), (!brought).then_some(&KeyError::Unsupported), "{spec}");
        if let Ok(written) = written {
            assert_eq!(written.expose(), made.expose(), "{spec}");
        }
    }
}

#[test]
fn every_algorithm_of_every_spec_signs_the_message_and_its_digest_alike() {
    let mut pairs = 0;
    for spec in SPECS {
        let key = fresh(spec);
        let public = PublicKey::parse(key.public_key()).unwrap();
        let stranger = fresh(spec);
        assert_eq!((key.spec(), public.spec()), (spec, spec));
        for algorithm in spec.signing_algorithms(KeyUsage::SignVerify).iter().copied() {
            let (text, other) = (b"the message".as_slice(), b"the massage".as_slice());
            let of = |text| algorithm.digest_bytes().map(|_| digest(algorithm, text));
            let (right, wrong) = (of(text).unwrap_or_default(), of(other).unwrap_or_default());
            for signed in messages(algorithm, text, &right) {
                let signature = key.sign(algorithm, signed).unwrap();
                let verify = |key: &PrivateKey, message| key.verify(algorithm, message, &signature);
                for same in messages(algorithm, text, &right) {
                    assert_eq!(verify(&key, same), Ok(()), "{spec:?} {algorithm:?}");
                    assert_eq!(public.verify(algorithm, same, &signature), Ok(()));
                    assert_eq!(verify(&stranger, same), Err(UseError::BadSignature));
                }
                for different in messages(algorithm, other, &wrong) {
                    assert_eq!(verify(&key, different), Err(UseError::BadSignature));
                }
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 3 * 6 + 4 + 2);
}

#[test]
fn a_key_signs_with_its_own_algorithms_only() {
    for spec in all_specs() {
        let key = fresh(spec);
        let own = spec.signing_algorithms(KeyUsage::SignVerify);
        for algorithm in SigningAlgorithm::ALL.iter().copied() {
            let digest = vec![7; algorithm.digest_bytes().unwrap_or(64)];
            let all = [Message::Raw(b""), Message::Digest(&digest), Message::ExternalMu(&[7; 64])];
            let taken = all.map(|message| key.sign(algorithm, message).is_ok());
            let expected = match (own.contains(&algorithm), algorithm) {
                (false, _) => [false, false, false],
                (true, SigningAlgorithm::Ed25519Sha512) => [true, false, false],
                (true, SigningAlgorithm::Ed25519PhSha512) => [false, true, false],
                (true, SigningAlgorithm::MlDsaShake256) => [true, false, true],
                (true, _) => [true, true, false],
            };
            assert_eq!(taken, expected, "{spec:?} {algorithm:?}");
            for (message, taken) in all.into_iter().zip(taken) {
                let refused = if taken { UseError::BadSignature } else { UseError::Unsupported };
                assert_eq!(key.verify(algorithm, message, &[1; 64]), Err(refused));
                if !taken {
                    assert_eq!(key.sign(algorithm, message), Err(UseError::Unsupported));
                }
            }
        }
    }
}

/// The families that this facade hands on, in every use that they have.
#[test]
fn every_other_spec_does_its_work() {
    for spec in OTHER_SPECS {
        let (key, stranger) = (fresh(spec), fresh(spec));
        assert_eq!(key.spec(), spec);
        assert_ne!(key.public_key(), stranger.public_key());
        for algorithm in spec.signing_algorithms(KeyUsage::SignVerify).iter().copied() {
            let signature = key.sign(algorithm, Message::Raw(b"message")).unwrap();
            let verified =
                |key: &PrivateKey| key.verify(algorithm, Message::Raw(b"message"), &signature);
            assert_eq!(verified(&key), Ok(()), "{spec:?}");
            assert_eq!(verified(&stranger), Err(UseError::BadSignature), "{spec:?}");
        }
        for algorithm in spec.encryption_algorithms(KeyUsage::EncryptDecrypt).iter().copied() {
            let sealed = key.encrypt(algorithm, b"plain").unwrap();
            assert_eq!(key.decrypt(algorithm, &sealed).unwrap().expose(), b"plain");
            assert_eq!(stranger.decrypt(algorithm, &sealed).err(), Some(UseError::BadCiphertext));
        }
        if spec.usages().contains(&KeyUsage::KeyAgreement) {
            let secret = key.agree(stranger.public_key()).unwrap();
            assert!(stranger.agree(key.public_key()).unwrap().same_as(secret.expose()));
        }
        if !spec.encapsulation_algorithms().is_empty() {
            let (sealed, secret) = key.encapsulate().unwrap();
            assert_eq!(secret.len(), 32);
            assert!(key.decapsulate(&sealed).unwrap().same_as(secret.expose()));
            assert!(!stranger.decapsulate(&sealed).unwrap().same_as(secret.expose()));
            assert_eq!(key.decapsulate(&sealed[1..]).err(), Some(UseError::BadCiphertext));
        }
    }
}

#[test]
fn only_ml_kem_encapsulates() {
    for spec in all_specs() {
        let key = fresh(spec);
        let own = !spec.encapsulation_algorithms().is_empty();
        assert_eq!(key.encapsulate().err().is_none(), own, "{spec:?}");
        let refused = if own { UseError::BadCiphertext } else { UseError::Unsupported };
        assert_eq!(key.decapsulate(b"").err(), Some(refused), "{spec:?}");
    }
}

/// The representative of FIPS 204, section 6.2, has 64 bytes.
#[test]
fn a_representative_has_its_length() {
    let key = fresh(KeySpec::MlDsa44);
    for wrong in [0, 32, 63, 65] {
        let message = Message::ExternalMu(&[1; 65][..wrong]);
        let algorithm = SigningAlgorithm::MlDsaShake256;
        assert_eq!(key.sign(algorithm, message), Err(UseError::DigestLength));
        assert_eq!(key.verify(algorithm, message, &[1; 2420]), Err(UseError::DigestLength));
    }
}

#[test]
fn a_digest_has_the_length_of_its_algorithm() {
    for spec in SPECS {
        let key = fresh(spec);
        for algorithm in spec.signing_algorithms(KeyUsage::SignVerify).iter().copied() {
            let Some(length) = algorithm.digest_bytes() else { continue };
            for wrong in [0, 1, length - 1, length + 1, 20, 128] {
                let message = Message::Digest(&[1; 128][..wrong]);
                assert_eq!(key.sign(algorithm, message), Err(UseError::DigestLength));
                let verified = key.verify(algorithm, message, &[1; 64]);
                assert_eq!(verified, Err(UseError::DigestLength));
            }
        }
    }
}

#[test]
fn signatures_have_the_lengths_of_their_schemes() {
    for (spec, length) in
        [(KeySpec::Rsa2048, 256), (KeySpec::Rsa3072, 384), (KeySpec::Rsa4096, 512)]
    {
        let signed = fresh(spec).sign(SigningAlgorithm::RsassaPssSha512, Message::Raw(b""));
        assert_eq!(signed.unwrap().len(), length);
    }
    let key = fresh(KeySpec::EccNistEdwards25519);
    assert_eq!(key.sign(SigningAlgorithm::Ed25519Sha512, Message::Raw(b"")).unwrap().len(), 64);
    // DER: a SEQUENCE whose length is the rest.
    let key = fresh(KeySpec::EccNistP256);
    let signature = key.sign(SigningAlgorithm::EcdsaSha256, Message::Raw(b"")).unwrap();
    assert_eq!((signature[0], usize::from(signature[1])), (0x30, signature.len() - 2));
}

/// Signatures of AWS-LC by ed25519-dalek, and with a fresh nonce where the scheme has one.
#[test]
fn ed25519_by_a_second_implementation() {
    let key = fresh(KeySpec::EccNistEdwards25519);
    let point: [u8; 32] = key.public_key()[12..].try_into().unwrap();
    let theirs = VerifyingKey::from_bytes(&point).unwrap();
    let signature = key.sign(SigningAlgorithm::Ed25519Sha512, Message::Raw(b"message")).unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    theirs.verify_strict(b"message", &signature).unwrap();
    // The prehashed form of the same message is another signature.
    let digest = Sha512::digest(b"message");
    let prehashed = Message::Digest(&digest);
    let refused = key.verify(SigningAlgorithm::Ed25519PhSha512, prehashed, &signature.to_bytes());
    assert_eq!(refused, Err(UseError::BadSignature));
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Source: RFC 8032, section 7.3, "TEST abc".
#[test]
fn ed25519ph_vector() {
    let seed = bytes("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
    let public = bytes("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
    let signature = bytes(
        "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406",
    );
    let pkcs8 = [&bytes("302e020100300506032b657004220420")[..], &seed].concat();
    let key = PrivateKey::parse(KeySpec::EccNistEdwards25519, &pkcs8).unwrap();
    assert_eq!(key.public_key()[12..], public);
    let digest = Sha512::digest(b"abc");
    let algorithm = SigningAlgorithm::Ed25519PhSha512;
    assert_eq!(key.sign(algorithm, Message::Digest(&digest)).unwrap(), signature);
    assert_eq!(key.verify(algorithm, Message::Digest(&digest), &signature), Ok(()));
    for at in 0..signature.len() {
        let mut wrong = signature.clone();
        wrong[at] ^= 1;
        let verified = key.verify(algorithm, Message::Digest(&digest), &wrong);
        assert_eq!(verified, Err(UseError::BadSignature));
        let verified = key.verify(algorithm, Message::Digest(&digest), &signature[..at]);
        assert_eq!(verified, Err(UseError::BadSignature));
    }
}

#[test]
fn oaep_takes_all_lengths_up_to_its_capacity() {
    for spec in [KeySpec::Rsa2048, KeySpec::Rsa3072, KeySpec::Rsa4096] {
        let (key, stranger) = (fresh(spec), fresh(spec));
        for algorithm in OAEP {
            let max = oaep_capacity(spec, algorithm).unwrap();
            for length in [0, 1, 32, max - 1, max] {
                let plain = vec![0xa5; length];
                let ours = key.encrypt(algorithm, &plain).unwrap();
                let theirs = oaep_encrypt(key.public_key(), algorithm, &plain).unwrap();
                assert_ne!(ours, theirs, "the seed is random");
                for sealed in [ours, theirs] {
                    assert_eq!(sealed.len(), max + 2 + 2 * hash_len(algorithm));
                    assert_eq!(key.decrypt(algorithm, &sealed).unwrap().expose(), plain);
                    let refused = stranger.decrypt(algorithm, &sealed).err();
                    assert_eq!(refused, Some(UseError::BadCiphertext));
                }
            }
            let long = vec![0; max + 1];
            assert_eq!(key.encrypt(algorithm, &long), Err(UseError::TooLong { max }));
        }
        let sealed = key.encrypt(OAEP[0], b"plain").unwrap();
        assert_eq!(key.decrypt(OAEP[1], &sealed).err(), Some(UseError::BadCiphertext));
    }
}

fn hash_len(algorithm: EncryptionAlgorithm) -> usize {
    if algorithm == EncryptionAlgorithm::RsaesOaepSha1 { 20 } else { 32 }
}

#[test]
fn a_key_encrypts_with_its_own_algorithms_only() {
    for spec in all_specs() {
        let key = fresh(spec);
        let own = spec.encryption_algorithms(KeyUsage::EncryptDecrypt);
        for algorithm in EncryptionAlgorithm::ALL.iter().copied() {
            let own = own.contains(&algorithm);
            let refused = if own { None } else { Some(UseError::Unsupported) };
            assert_eq!(key.encrypt(algorithm, b"plain").err(), refused, "{spec:?} {algorithm:?}");
            let refused = if own { UseError::BadCiphertext } else { UseError::Unsupported };
            assert_eq!(key.decrypt(algorithm, b"sealed").err(), Some(refused));
        }
        if oaep_capacity(spec, OAEP[0]).is_none() {
            let refused = oaep_encrypt(key.public_key(), OAEP[0], b"plain").err();
            assert_eq!(refused, Some(UseError::BadPublicKey));
        }
    }
    assert_eq!(oaep_encrypt(b"", OAEP[0], b"plain").err(), Some(UseError::BadPublicKey));
}

#[test]
fn two_parties_agree_on_one_secret_as_long_as_a_coordinate() {
    for (spec, length) in
        [(KeySpec::EccNistP256, 32), (KeySpec::EccNistP384, 48), (KeySpec::EccNistP521, 66)]
    {
        let (one, other) = (fresh(spec), fresh(spec));
        let secret = one.agree(other.public_key()).unwrap();
        assert_eq!(secret.len(), length);
        assert!(other.agree(one.public_key()).unwrap().same_as(secret.expose()));
        assert!(!one.agree(one.public_key()).unwrap().same_as(secret.expose()));
        for stranger in all_specs().filter(|stranger| *stranger != spec) {
            let refused = one.agree(fresh_public(stranger)).err();
            assert_eq!(refused, Some(UseError::BadPublicKey), "{stranger:?}");
        }
    }
}

#[test]
fn other_keys_agree_on_nothing() {
    let agree = |spec: &KeySpec| spec.usages().contains(&KeyUsage::KeyAgreement);
    for spec in all_specs().filter(|spec| !agree(spec)) {
        let key = fresh(spec);
        assert_eq!(key.agree(key.public_key()).err(), Some(UseError::Unsupported));
    }
}

/// A public key of each spec, made once.
fn fresh_public(spec: KeySpec) -> &'static [u8] {
    static KEYS: LazyLock<Vec<(KeySpec, PrivateKey)>> =
        LazyLock::new(|| all_specs().map(|spec| (spec, fresh(spec))).collect());
    let (_, key) = KEYS.iter().find(|(of, _)| *of == spec).unwrap();
    key.public_key()
}

#[test]
fn specs_without_key_pairs_make_none() {
    for spec in [KeySpec::SymmetricDefault, KeySpec::Hmac224, KeySpec::Hmac512] {
        assert_eq!(PrivateKey::generate(spec).err(), Some(KeyError::Unsupported));
        assert_eq!(PrivateKey::parse(spec, b"").err(), Some(KeyError::Unsupported));
    }
}

#[test]
fn no_two_keys_are_alike() {
    for spec in all_specs() {
        let [one, other] = [(); 2].map(|()| PrivateKey::generate(spec).unwrap());
        assert!(!one.same_as(other.expose()));
        for wrong in all_specs().filter(|wrong| *wrong != spec) {
            let refused = PrivateKey::parse(wrong, one.expose()).err().expect("it is refused");
            // SM2's reader has a limit below the length of other keys.
            if wrong != KeySpec::Sm2 {
                assert_eq!(refused, KeyError::OtherSpec, "{spec:?} as {wrong:?}");
            }
        }
    }
}

#[test]
fn one_key_serves_many_threads() {
    let key = fresh(KeySpec::Rsa2048);
    let sealed = key.encrypt(OAEP[1], b"plain").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(key.decrypt(OAEP[1], &sealed).unwrap().expose(), b"plain");
                let algorithm = SigningAlgorithm::RsassaPssSha256;
                let signature = key.sign(algorithm, Message::Raw(b"message")).unwrap();
                assert_eq!(key.verify(algorithm, Message::Raw(b"message"), &signature), Ok(()));
            });
        }
    });
}

static RSA: LazyLock<PrivateKey> = LazyLock::new(|| fresh(KeySpec::Rsa2048));
static P256: LazyLock<PrivateKey> = LazyLock::new(|| fresh(KeySpec::EccNistP256));

proptest! {
    #[test]
    fn any_plaintext_comes_back(plain in prop::collection::vec(any::<u8>(), 0..=190)) {
        for algorithm in OAEP {
            let sealed = RSA.encrypt(algorithm, &plain).unwrap();
            let opened = RSA.decrypt(algorithm, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), &plain[..]);
        }
    }

    #[test]
    fn altered_ciphertexts_do_not_open(at in any::<prop::sample::Index>(), bit in 0..8, cut in any::<prop::sample::Index>()) {
        let sealed = RSA.encrypt(OAEP[1], b"plain").unwrap();
        let mut flipped = sealed.clone();
        flipped[at.index(sealed.len())] ^= 1_u8 << bit;
        let longer = [&sealed[..], b"\0"].concat();
        for wrong in [&flipped[..], &sealed[..cut.index(sealed.len())], &longer, &[0xff; 256], &[0; 256]] {
            prop_assert_eq!(RSA.decrypt(OAEP[1], wrong).err(), Some(UseError::BadCiphertext));
        }
    }

    #[test]
    fn altered_signatures_do_not_verify(at in any::<prop::sample::Index>(), bit in 0..8, cut in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 0..300)) {
        for (key, algorithm) in [(&*RSA, SigningAlgorithm::RsassaPssSha256), (&*RSA, SigningAlgorithm::RsassaPkcs1Sha512), (&*P256, SigningAlgorithm::EcdsaSha256)] {
            let signature = key.sign(algorithm, Message::Raw(b"message")).unwrap();
            let mut flipped = signature.clone();
            flipped[at.index(signature.len())] ^= 1_u8 << bit;
            let longer = [&signature[..], b"\0"].concat();
            for wrong in [&flipped[..], &signature[..cut.index(signature.len())], &longer, &noise] {
                prop_assert_eq!(key.verify(algorithm, Message::Raw(b"message"), wrong), Err(UseError::BadSignature));
            }
        }
    }
}
