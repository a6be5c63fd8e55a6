//! Bodies behind an authentic header, and frames in them that are authentic too: in parts and by a
//! stream it comes to the same. The input's first byte says how the rest is cut in parts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use std::sync::OnceLock;
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    DataKey, DecryptOptions, DecryptionMaterials, Decryptor, EncryptOptions, EncryptedDataKey,
    EncryptionContext, EncryptionMaterials, Encryptor, Suite, Workers, read_header,
};

const FRAME_LEN: u32 = 16;

struct Written {
    message: Vec<u8>,
    header: usize,
}

fn encrypted() -> EncryptedDataKey {
    EncryptedDataKey {
        provider_id: "fuzz".to_owned(),
        provider_info: b"key".to_vec(),
        ciphertext: vec![0; 48],
    }
}

/// A message of four frames.
fn written() -> &'static Written {
    static WRITTEN: OnceLock<Written> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let suite = Suite::Committed;
        let materials = EncryptionMaterials {
            suite,
            context: EncryptionContext::empty(),
            data_key: DataKey::new(SecretBytes::new(vec![7; 32])),
            encrypted_data_keys: vec![encrypted()],
            signing_key: None,
        };
        let options = EncryptOptions { suite, frame_len: FRAME_LEN, ..EncryptOptions::default() };
        let mut encryptor =
            Encryptor::new(&materials, &options, &SystemEntropy).expect("an encryptor");
        let mut message = Vec::new();
        encryptor.push(&[42; 60], &mut message).expect("frames");
        let header = encryptor.header().as_bytes().len();
        encryptor.finish(&mut message).expect("the last frame");
        Written { message, header }
    })
}

fn decryptor() -> Decryptor {
    let unopened = read_header(&mut written().message.as_slice(), &DecryptOptions::default())
        .expect("a header");
    let materials = DecryptionMaterials {
        data_key: DataKey::new(SecretBytes::new(vec![7; 32])),
        verification_key: None,
        encrypted: encrypted(),
    };
    unopened.open(&materials).expect("its own header")
}

/// Puts authentic pieces in the place of a byte of 0x80 and more.
fn body(bytes: &[u8]) -> Vec<u8> {
    let authentic = &written().message[written().header..];
    let frame = FRAME_LEN as usize + 32;
    let mut body = Vec::new();
    for byte in bytes {
        match byte {
            0x80..=0x8f => {
                let at = usize::from(byte & 3) * frame;
                body.extend_from_slice(&authentic[at..authentic.len().min(at + frame)]);
            }
            0x90..=0x9f => body.extend_from_slice(&authentic[3 * frame..]),
            0xa0 => body.extend_from_slice(authentic),
            _ => body.push(*byte),
        }
    }
    body
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let body = body(bytes);
    let (mut decryptor_of_parts, mut out) = (decryptor(), Vec::new());
    let pushed = body
        .chunks(usize::from(*cut).max(1))
        .try_for_each(|part| decryptor_of_parts.push(part, &mut out));
    let parts = pushed.and_then(|()| decryptor_of_parts.finish(&mut out));
    let mut streamed_out = Vec::new();
    let streamed = decryptor().copy(body.as_slice(), &mut streamed_out, &Workers::one(), &|_| ());
    assert_eq!(parts.is_ok(), streamed.is_ok());
    // Frames of sixteen bytes of 42, and one of twelve: nothing else is authentic.
    assert!(out.iter().all(|byte| *byte == 42) && out.len() <= 60);
    if parts.is_ok() {
        assert_eq!((out.len(), &out), (60, &streamed_out));
    }
    let whole = [&written().message[..written().header], &body].concat();
    if let Ok(mut access) = decryptor().random_access(Cursor::new(whole)) {
        let mut ranged = Vec::new();
        if access.read(0..access.len(), &mut ranged).is_ok() {
            assert!(ranged.iter().all(|byte| *byte == 42));
        }
    }
});
