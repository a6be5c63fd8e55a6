//! Every primitive against a second implementation, written by others, and against published
//! vectors. What the two agree on is what the formats at rest are made of.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use hmac::{Hmac, Mac};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use strongroom_crypto::aead::{Sequence, open_once, seal_once};
use strongroom_crypto::mac::{HmacKey, hmac_sha256};
use strongroom_crypto::{Entropy as _, SecretKey, SystemEntropy, hash, kdf};

fn key(bytes: &[u8; 32]) -> SecretKey {
    SecretKey::from_slice(bytes).unwrap()
}

fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn their_hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// SP 800-108r1 §4.1 as it is written: K(1) = PRF(key, [1]₃₂ ‖ label ‖ 00 ‖ context ‖ [L]₃₂), one
/// block, since HMAC-SHA-256 gives the 256 bits wanted.
fn their_kdf(key: &[u8], label: &str, context: &[u8]) -> [u8; 32] {
    let length = 256_u32.to_be_bytes();
    let data = [&1_u32.to_be_bytes()[..], label.as_bytes(), &[0], context, &length].concat();
    their_hmac(key, &data)
}

fn their_seal(key: &[u8; 32], nonce: [u8; 12], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let cipher = Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key));
    cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad }).unwrap()
}

proptest! {
    #[test]
    fn derivation(k in any::<[u8; 32]>(), label in "[a-z0-9 ]{0,40}", context in vec(any::<u8>(), 0..80)) {
        let derived = kdf::derive(&key(&k), &label, &context).unwrap();
        prop_assert_eq!(derived.expose(), &their_kdf(&k, &label, &context));
    }

    #[test]
    fn sealing_one_message(
        k in any::<[u8; 32]>(),
        salt in any::<[u8; 16]>(),
        aad in vec(any::<u8>(), 0..100),
        plain in vec(any::<u8>(), 0..5000),
    ) {
        let mut ours = b"before".to_vec();
        seal_once(&key(&k), "label", &salt, &aad, &plain, &mut ours).unwrap();
        let theirs = their_seal(&their_kdf(&k, "label", &salt), [0; 12], &aad, &plain);
        prop_assert_eq!(&ours[6..], &theirs[..]);
        let opened = open_once(&key(&k), "label", &salt, &aad, &theirs).unwrap();
        prop_assert_eq!(opened.expose(), &plain[..]);
    }

    #[test]
    fn a_sequence_of_messages(k in any::<[u8; 32]>(), number in any::<u64>(), plain in vec(any::<u8>(), 0..500)) {
        let mut ours = Vec::new();
        Sequence::new(&key(&k)).unwrap().seal(number, b"aad", &plain, &mut ours).unwrap();
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&number.to_be_bytes());
        prop_assert_eq!(ours, their_seal(&k, nonce, b"aad", &plain));
    }

    #[test]
    fn hashes_and_codes(k in vec(any::<u8>(), 0..150), data in vec(any::<u8>(), 0..300)) {
        let digest: [u8; 32] = Sha256::digest(&data).into();
        prop_assert_eq!(hash::sha256(&data), digest);
        let code = their_hmac(&k, &data);
        prop_assert_eq!(hmac_sha256(&k, &data), code);
        prop_assert_eq!(HmacKey::new(&k).sign(&data), code);
        prop_assert!(HmacKey::new(&k).verify(&data, &code));
        for at in 0..32 {
            let mut wrong = code;
            wrong[at] ^= 1;
            prop_assert!(!HmacKey::new(&k).verify(&data, &wrong));
        }
    }
}

/// Source: FIPS 180-4 examples, NIST CSRC "SHA256.pdf"; the empty message from the CAVP vectors.
#[test]
fn sha_256_vectors() {
    let digest = |text: &[u8]| hash::hex(&hash::sha256(text));
    assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(
        digest(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    );
}

/// Source: RFC 4231, test cases 1, 2, 3 and 6 (a key longer than the block).
#[test]
fn hmac_sha_256_vectors() {
    let code = |key: &[u8], data: &[u8]| hash::hex(&hmac_sha256(key, data));
    assert_eq!(
        code(&[0x0b; 20], b"Hi There"),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    assert_eq!(
        code(b"Jefe", b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(
        code(&[0xaa; 20], &[0xdd; 50]),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    );
    assert_eq!(
        code(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

/// Source: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 14: key and
/// nonce of zeros, which is message 0 of a sequence.
#[test]
fn aes_256_gcm_vectors() {
    let sequence = Sequence::new(&key(&[0; 32])).unwrap();
    let sealed = |plain: &[u8]| {
        let mut out = Vec::new();
        sequence.seal(0, b"", plain, &mut out).unwrap();
        out
    };
    assert_eq!(sealed(b""), bytes("530f8afbc74536b9a963b4f1c4cb738b"));
    assert_eq!(
        sealed(&[0; 16]),
        bytes("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    );
}

#[test]
fn the_system_entropy_does_not_repeat() {
    let draw = || {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes).unwrap();
        bytes
    };
    assert_ne!(draw(), draw());
    assert_ne!(draw(), [0; 32]);
}
