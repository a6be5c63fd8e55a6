//! Messages that the stock SDKs wrote, opened by every way there is. The files say by which SDK, and
//! under which keys; none of these takes an AWS account.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{aes, block_on, manager, plaintext};
use serde_json::Value;
use std::io::Cursor;
use std::sync::Arc;
use strongroom_crypto::{SecretBytes, SystemEntropy};
use strongroom_envelope::{
    Authenticity, CommitmentPolicy, Content, DecryptOptions, DecryptionRequest, Error, Keyring,
    MultiKeyring, RawRsaKeyring, Refusal, RsaPadding, SignedMessages, Suite, Workers, read_header,
};

const FILES: [&str; 2] =
    [include_str!("vectors/python-3.3.1.json"), include_str!("vectors/javascript-5.0.2.json")];

fn keyring(file: &Value, name: &str) -> Arc<dyn Keyring> {
    let padding = match name {
        "aes-128" => return Arc::new(aes(128)),
        "aes-192" => return Arc::new(aes(192)),
        "aes-256" => return Arc::new(aes(256)),
        "rsa-pkcs1" => RsaPadding::Pkcs1,
        "rsa-oaep-sha1" => RsaPadding::OaepSha1,
        "rsa-oaep-sha256" => RsaPadding::OaepSha256,
        "rsa-oaep-sha384" => RsaPadding::OaepSha384,
        "rsa-oaep-sha512" => RsaPadding::OaepSha512,
        other => panic!("{other}"),
    };
    let private = file["rsa_private_key"].as_str().unwrap().as_bytes().to_vec();
    let public = file["rsa_public_key"].as_str().unwrap().as_bytes();
    let keyring = RawRsaKeyring::new("raw-keys", name, padding).unwrap();
    let keyring = keyring.with_private_key(&SecretBytes::new(private)).unwrap();
    Arc::new(keyring.with_public_key(public).unwrap())
}

fn any() -> DecryptOptions {
    let commitment = CommitmentPolicy::RequireEncryptAllowDecrypt;
    DecryptOptions { commitment, ..DecryptOptions::default() }
}

struct Vector {
    name: String,
    message: Vec<u8>,
    plaintext: Vec<u8>,
    suite: Suite,
    framed: bool,
    keyrings: Vec<Arc<dyn Keyring>>,
    context: Vec<(String, String)>,
}

fn vectors() -> Vec<Vector> {
    FILES.iter().flat_map(|text| read(&serde_json::from_str(text).unwrap())).collect()
}

fn read(file: &Value) -> Vec<Vector> {
    let messages = file["messages"].as_array().unwrap().iter();
    let vector = |vector: &Value| {
        let text = |name: &str| vector[name].as_str().unwrap();
        let keys = vector["keys"].as_array().unwrap().iter();
        let pairs = vector["context"].as_object().unwrap().iter();
        Vector {
            name: format!("{}: {} {}", file["sdk"], text("name"), text("suite")),
            message: base64_simd::STANDARD.decode_to_vec(text("message")).unwrap(),
            plaintext: plaintext(vector["plaintext_length"].as_u64().unwrap().try_into().unwrap()),
            suite: Suite::from_id(u16::from_str_radix(text("suite"), 16).unwrap()).unwrap(),
            framed: vector["frame_length"] != 0,
            keyrings: keys.map(|name| keyring(file, name.as_str().unwrap())).collect(),
            context: pairs.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect(),
        }
    };
    messages.map(vector).collect()
}

#[test]
fn all_of_them_open_under_each_of_their_keys() {
    let vectors = vectors();
    for suite in Suite::ALL {
        assert!(vectors.iter().filter(|vector| vector.suite == suite).count() >= 6, "{suite}");
    }
    for vector in vectors {
        for keyring in &vector.keyrings {
            let keyring = MultiKeyring::new(None, vec![keyring.clone()]).unwrap();
            let opened =
                block_on(strongroom_envelope::decrypt(&manager(keyring), &vector.message, &any()));
            let opened = opened.map_err(|error| format!("{}: {error}", vector.name)).unwrap();
            assert_eq!(opened.plaintext.expose(), vector.plaintext, "{}", vector.name);
            let header = opened.header;
            assert_eq!(header.suite(), vector.suite);
            assert_eq!(header.content() != Content::NonFramed, vector.framed);
            for (key, value) in &vector.context {
                assert_eq!(header.context().value(key), Some(value.as_str()));
            }
            let reserved = usize::from(vector.suite.is_signed());
            assert_eq!(header.context().pairs().len(), vector.context.len() + reserved);
            assert_eq!(header.encrypted_data_keys().len(), vector.keyrings.len());
        }
    }
}

#[test]
fn they_open_in_parts_by_streams_and_by_ranges() {
    for vector in vectors() {
        let opening = || {
            let mut input = vector.message.as_slice();
            let unopened = strongroom_envelope::read_header(&mut input, &any()).unwrap();
            let keyring = MultiKeyring::new(None, vector.keyrings.clone()).unwrap();
            (block_on(unopened.unwrap(&manager(keyring))).unwrap(), input)
        };
        let (mut decryptor, body) = opening();
        let mut out = Vec::new();
        body.chunks(1).for_each(|byte| decryptor.push(byte, &mut out).unwrap());
        let totals = decryptor.finish(&mut out).unwrap();
        assert_eq!(out, vector.plaintext, "{}", vector.name);
        assert_eq!(totals.message, vector.message.len() as u64);

        let (decryptor, body) = opening();
        let mut out = Vec::new();
        decryptor.copy(body, &mut out, &Workers::new(3), &|_| ()).unwrap();
        assert_eq!(out, vector.plaintext, "{}", vector.name);

        let (decryptor, _) = opening();
        let parts = decryptor.random_access(Cursor::new(&vector.message));
        assert_eq!(parts.is_ok(), vector.framed);
        let Ok(mut parts) = parts else { continue };
        let len = vector.plaintext.len();
        assert_eq!(parts.len(), len as u64);
        for (start, end) in [(0, len), (len / 3, len / 2), (len, len), (0, len.min(1))] {
            let mut out = Vec::new();
            parts.read(start as u64..end as u64, &mut out).unwrap();
            assert_eq!(out, vector.plaintext[start..end], "{}", vector.name);
        }
    }
}

#[test]
fn policies_refuse_what_they_should() {
    for vector in vectors() {
        let reading = |options: &DecryptOptions| {
            strongroom_envelope::read_header(&mut vector.message.as_slice(), options).is_ok()
        };
        assert_eq!(reading(&DecryptOptions::default()), vector.suite.is_committing());
        let unsigned = DecryptOptions { signed: SignedMessages::Refuse, ..any() };
        assert_eq!(reading(&unsigned), !vector.suite.is_signed());
        let expected = |key: &str, value: Option<&str>| {
            let pair = (key.to_owned(), value.map(str::to_owned));
            DecryptOptions { expected_context: vec![pair], ..any() }
        };
        let has = !vector.context.is_empty();
        assert_eq!(reading(&expected("purpose", Some("test"))), has);
        assert_eq!(reading(&expected("purpose", None)), has);
        assert!(!reading(&expected("purpose", Some("Test"))));
        assert!(!reading(&expected("Purpose", None)));
    }
}

#[test]
fn another_key_opens_nothing_and_the_error_says_what_was_tried() {
    for vector in vectors() {
        let keyring = strongroom_envelope::RawAesKeyring::new(
            "raw-keys",
            "aes-256",
            &SecretBytes::new(vec![9; 32]),
        );
        let manager = manager(keyring.unwrap());
        let error = block_on(strongroom_envelope::decrypt(&manager, &vector.message, &any()));
        let Err(Error::Keyring(error)) = error else { panic!("{}", vector.name) };
        assert!(error.to_string().contains("raw-keys/aes-256"), "{error}");
        assert_eq!(error.attempts().len(), 1);
    }
}

#[test]
fn a_pkcs1_ciphertext_that_does_not_open_fails_as_a_foreign_data_key_does() {
    let file: Value = serde_json::from_str(FILES[0]).unwrap();
    let seal = |name: &str| {
        let options = common::options(Suite::CommittedSigned, 64);
        let manager = manager(MultiKeyring::new(Some(keyring(&file, name)), Vec::new()).unwrap());
        let sealed = strongroom_envelope::encrypt(&manager, b"", &options, &SystemEntropy);
        read_header(&mut block_on(sealed).unwrap().as_slice(), &any()).unwrap().request().clone()
    };
    let open = |name: &str, request: &DecryptionRequest| {
        let opened = block_on(keyring(&file, name).unwrap(request)).ok();
        opened.map(|opened| opened.data_key.secret().expose().to_vec())
    };
    let whole = seal("rsa-pkcs1");
    let sound = open("rsa-pkcs1", &whole).unwrap();
    let mut seen = vec![sound];
    for altered in 0..4 {
        let mut request = whole.clone();
        let ciphertext = &mut request.encrypted_data_keys[0].ciphertext;
        match altered {
            0 => drop(ciphertext.pop()),
            at => ciphertext[at * 50] ^= 1,
        }
        let decoy = open("rsa-pkcs1", &request).unwrap();
        assert_eq!(decoy.len(), 32);
        // It is always the same one, as a data key is.
        assert_eq!(open("rsa-pkcs1", &request), Some(decoy.clone()));
        assert!(!seen.contains(&decoy));
        seen.push(decoy);
    }
    let mut request = seal("rsa-oaep-sha256");
    request.encrypted_data_keys[0].ciphertext[50] ^= 1;
    assert!(open("rsa-oaep-sha256", &request).is_none());

    let place = |message: &[u8]| message.windows(9).position(|part| part == b"rsa-pkcs1");
    let with_place = |it: Vector| place(&it.message).map(|at| (at, it));
    let (at, vector) = vectors().into_iter().find_map(with_place).unwrap();
    let mut altered = vector.message;
    altered[at + 30] ^= 1;
    let manager = manager(MultiKeyring::new(None, vector.keyrings).unwrap());
    let error = block_on(strongroom_envelope::decrypt(&manager, &altered, &any())).err();
    assert_eq!(error, Some(Authenticity::Commitment.into()));
}

#[test]
fn a_message_that_may_not_wait_in_memory_is_refused() {
    for vector in vectors().iter().filter(|vector| vector.suite.is_signed()) {
        let len = vector.plaintext.len() as u64;
        for limit in [len, len.wrapping_sub(1)] {
            let signed = SignedMessages::HoldUntilVerified { limit };
            let options = DecryptOptions { signed, ..any() };
            let keyring = MultiKeyring::new(None, vector.keyrings.clone()).unwrap();
            let opened = block_on(strongroom_envelope::decrypt(
                &manager(keyring),
                &vector.message,
                &options,
            ));
            match opened {
                Ok(opened) => assert_eq!(opened.plaintext.expose(), vector.plaintext),
                Err(error) => {
                    assert!(limit < len);
                    assert_eq!(error, Error::Refused(Refusal::HeldTooLong { max: limit }));
                }
            }
        }
    }
}
