//! What several tests need.
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part")]

pub(crate) mod kms;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    DecryptOptions, DefaultManager, EncryptOptions, EncryptionContext, Keyring, RawAesKeyring,
    Suite,
};

/// Runs a future that waits for nothing outside.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
    panic!("a future waits for something");
}

/// The plaintext of test vectors: byte i is 7 i mod 251.
pub(crate) fn plaintext(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

pub(crate) fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    let owned = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    EncryptionContext::new(owned.collect::<BTreeMap<_, _>>()).unwrap()
}

/// The AES key of test vectors: bytes 1, 2, 3 and so on.
pub(crate) fn aes(bits: usize) -> RawAesKeyring {
    let bytes = (1..=bits / 8).map(|byte| u8::try_from(byte).unwrap()).collect();
    RawAesKeyring::new("raw-keys", &format!("aes-{bits}"), &SecretBytes::new(bytes)).unwrap()
}

pub(crate) fn manager(keyring: impl Keyring + 'static) -> DefaultManager {
    DefaultManager::new(Arc::new(keyring), Arc::new(SystemEntropy))
}

pub(crate) fn options(suite: Suite, frame_len: u32) -> EncryptOptions {
    let context = context(&[("purpose", "test")]);
    EncryptOptions { suite, frame_len, context, ..EncryptOptions::default() }
}

/// A message of `length` bytes under the AES key of 256 bits.
pub(crate) fn message(suite: Suite, frame_len: u32, length: usize) -> Vec<u8> {
    let manager = manager(aes(256));
    let options = options(suite, frame_len);
    block_on(strongroom_envelope::encrypt(&manager, &plaintext(length), &options, &SystemEntropy))
        .unwrap()
}

/// A message of 60 bytes without frames, by the stock SDK under the AES key of 256 bits: such ones are
/// not written here.
pub(crate) fn unframed(suite: Suite) -> Vec<u8> {
    let text = include_str!("../vectors/python-3.3.1.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let id = format!("{:04X}", suite.id());
    let mut messages = file["messages"].as_array().unwrap().iter();
    let found = messages
        .find(|vector| vector["suite"] == id && vector["frame_length"] == 0)
        .and_then(|vector| vector["message"].as_str());
    base64_simd::STANDARD.decode_to_vec(found.unwrap()).unwrap()
}

/// Opens a message under the AES key of 256 bits.
pub(crate) fn open(
    message: &[u8],
    options: &DecryptOptions,
) -> Result<Vec<u8>, strongroom_envelope::Error> {
    let manager = manager(aes(256));
    let opened = block_on(strongroom_envelope::decrypt(&manager, message, options));
    opened.map(|opened| opened.plaintext.expose().to_vec())
}
