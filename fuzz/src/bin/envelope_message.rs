//! Bodies behind an authentic header, and pieces in them that are authentic too: in parts and by a
//! stream it comes to the same. The input's first byte says how the rest is cut in parts, and of which
//! message the header is: with frames of version 2 and 1, without frames, and signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    CommitmentPolicy, DecryptOptions, DecryptionMaterials, Decryptor, DefaultManager,
    EncryptOptions, MaterialsManager, RawAesKeyring, Suite, Workers, encrypt, read_header,
};

/// Messages of the stock SDK: those without frames are written nowhere else.
const VECTORS: &str = include_str!("../../../crates/envelope/tests/vectors/python-3.3.1.json");
/// Suites and lengths of frames of those that are taken.
const TAKEN: [(&str, usize); 3] = [("0178", 128), ("0178", 0), ("0578", 0)];

struct Written {
    message: Vec<u8>,
    header: usize,
    /// Bytes of a piece of the body: a frame, or what is about as long.
    piece: usize,
    plaintext: Vec<u8>,
    materials: DecryptionMaterials,
}

fn options() -> DecryptOptions {
    let commitment = CommitmentPolicy::RequireEncryptAllowDecrypt;
    DecryptOptions { commitment, ..DecryptOptions::default() }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("raw keys wait for nothing"),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter| LETTERS.iter().position(|other| *other == letter);
    let values: Vec<_> = text.bytes().filter_map(value).collect();
    let triples = values.chunks(4).flat_map(|four| {
        let number = four.iter().zip([18, 12, 6, 0]).map(|(value, shift)| value << shift).sum();
        let bytes = usize::to_be_bytes(number);
        bytes[5..][..four.len() - 1].to_vec()
    });
    triples.collect()
}

/// A message of four frames, and some of the stock SDK.
fn written() -> &'static [Written] {
    static WRITTEN: OnceLock<Vec<Written>> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let key = SecretBytes::new((1..=32).collect());
        let keyring = RawAesKeyring::new("raw-keys", "aes-256", &key).expect("a keyring");
        let manager = DefaultManager::new(Arc::new(keyring), Arc::new(SystemEntropy));
        let written = |message: Vec<u8>, frame_len: usize, plaintext| {
            let unopened = read_header(&mut message.as_slice(), &options()).expect("a header");
            let header = unopened.header().as_bytes().len();
            let materials = block_on(manager.decryption_materials(unopened.request()));
            let materials = materials.expect("its data key");
            Written { message, header, piece: frame_len + 32, plaintext, materials }
        };
        let suite = Suite::Committed;
        let options = EncryptOptions { suite, frame_len: 16, ..EncryptOptions::default() };
        let own = block_on(encrypt(&manager, &[42; 60], &options, &SystemEntropy));
        let mut all = vec![written(own.expect("a message"), 16, vec![42; 60])];
        let file: serde_json::Value = serde_json::from_str(VECTORS).expect("vectors");
        for (suite, frame_len) in TAKEN {
            let vector = file["messages"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|vector| vector["suite"] == suite && vector["frame_length"] == frame_len);
            let message = vector.and_then(|it| it["message"].as_str()).expect("a vector");
            let length = vector.and_then(|it| it["plaintext_length"].as_u64()).expect("its length");
            let plaintext = (0..length).map(|at| (at * 7 % 251) as u8).collect();
            all.push(written(base64(message), frame_len, plaintext));
        }
        all
    })
}

impl Written {
    fn decryptor(&self) -> Decryptor {
        let unopened = read_header(&mut self.message.as_slice(), &options()).expect("a header");
        unopened.open(&self.materials).expect("its own header")
    }

    /// Puts authentic pieces in the place of a byte of 0x80 and more.
    fn body(&self, bytes: &[u8]) -> Vec<u8> {
        let authentic = &self.message[self.header..];
        let pieces: Vec<_> = authentic.chunks(self.piece).collect();
        let mut body = Vec::new();
        for byte in bytes {
            match byte {
                0x80..=0x8f => {
                    body.extend_from_slice(pieces[usize::from(byte & 3).min(pieces.len() - 1)]);
                }
                0x90..=0x9f => body.extend_from_slice(pieces[pieces.len() - 1]),
                0xa0 => body.extend_from_slice(authentic),
                _ => body.push(*byte),
            }
        }
        body
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let written = &written()[usize::from(cut >> 4 & 3)];
    let body = written.body(bytes);
    let (mut decryptor_of_parts, mut out) = (written.decryptor(), Vec::new());
    let pushed = body
        .chunks(usize::from(*cut).max(1))
        .try_for_each(|part| decryptor_of_parts.push(part, &mut out));
    let parts = pushed.and_then(|()| decryptor_of_parts.finish(&mut out));
    let mut streamed_out = Vec::new();
    let streamed =
        written.decryptor().copy(body.as_slice(), &mut streamed_out, &Workers::one(), &|_| ());
    assert_eq!(parts.is_ok(), streamed.is_ok());
    // Whatever comes out is what was written, from the beginning.
    assert!(written.plaintext.starts_with(&out) && written.plaintext.starts_with(&streamed_out));
    if parts.is_ok() {
        assert_eq!((&out, &streamed_out), (&written.plaintext, &written.plaintext));
    }
    let whole = [&written.message[..written.header], &body].concat();
    if let Ok(mut access) = written.decryptor().random_access(Cursor::new(whole)) {
        let mut ranged = Vec::new();
        if access.read(0..access.len(), &mut ranged).is_ok() {
            assert!(written.plaintext.starts_with(&ranged));
        }
    }
});
