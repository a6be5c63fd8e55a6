//! AES-256-GCM of another implementation than the product's, with either length of vector.

use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Key, Nonce};

const KEY: [u8; 32] = [0x42; 32];
const TAG: usize = 16;

/// Ciphertext and tag.
pub(super) fn seal(iv: &[u8], aad: &[u8], plaintext: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let payload = Payload { msg: plaintext, aad };
    let mut sealed = match iv.len() {
        12 => short().encrypt(&Nonce::<U12>::try_from(iv).unwrap(), payload),
        _ => long().encrypt(&Nonce::<U16>::try_from(iv).unwrap(), payload),
    }
    .unwrap();
    let tag = sealed.split_off(sealed.len() - TAG);
    (sealed, tag)
}

/// The plaintext, if all of it authenticates.
pub(super) fn open(iv: &[u8], aad: &[u8], ciphertext: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let sealed = [ciphertext, tag].concat();
    let payload = Payload { msg: &sealed, aad };
    match iv.len() {
        12 => short().decrypt(&Nonce::<U12>::try_from(iv).unwrap(), payload).ok(),
        _ => long().decrypt(&Nonce::<U16>::try_from(iv).unwrap(), payload).ok(),
    }
}

fn short() -> AesGcm<Aes256, U12> {
    AesGcm::new(&Key::<AesGcm<Aes256, U12>>::from(KEY))
}

fn long() -> AesGcm<Aes256, U16> {
    AesGcm::new(&Key::<AesGcm<Aes256, U16>>::from(KEY))
}
