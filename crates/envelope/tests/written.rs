//! What is written, to the byte: vectors that another implementation put together, and that never
//! change.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::{aes, block_on, context, manager, message, plaintext};
use serde_json::Value;
use strongroom_crypto::stream_signature::{SignatureCurve, StreamSigningKey};
use strongroom_crypto::{Entropy, EntropyError, SecretBytes, SystemEntropy};
use strongroom_envelope::{
    DataKey, DecryptOptions, EncryptOptions, EncryptedDataKey, EncryptionMaterials,
    EncryptionRequest, Encryptor, Error, MaterialsFault, MaterialsManager as _, Refusal, Suite,
    encrypt, read_header,
};

/// Gives 100, 101 and so on.
struct Counting;

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        out.iter_mut().zip(100..).for_each(|(to, byte)| *to = byte);
        Ok(())
    }
}

struct Broken;

impl Entropy for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError)
    }
}

fn key(provider_id: &str, provider_info: &[u8], length: usize) -> EncryptedDataKey {
    let provider_info = provider_info.to_vec();
    EncryptedDataKey {
        provider_id: provider_id.to_owned(),
        provider_info,
        ciphertext: vec![0; length],
    }
}

fn materials(pairs: &[(&str, &str)]) -> EncryptionMaterials {
    EncryptionMaterials {
        suite: Suite::Committed,
        context: context(pairs),
        data_key: DataKey::new(SecretBytes::new((0..32).collect())),
        encrypted_data_keys: vec![
            key("aws-kms", b"arn:aws:kms:eu-west-1:111122223333:key/1111", 20),
            key("raw", b"name", 3),
        ],
        signing_key: None,
    }
}

fn options(frame_len: u32) -> EncryptOptions {
    EncryptOptions { suite: Suite::Committed, frame_len, ..EncryptOptions::default() }
}

#[test]
fn messages_are_those_of_the_vectors() {
    let file: Value = serde_json::from_str(include_str!("vectors/written.json")).unwrap();
    for vector in file["messages"].as_array().unwrap() {
        let number = |name: &str| usize::try_from(vector[name].as_u64().unwrap()).unwrap();
        let pairs = vector["context"].as_object().unwrap().iter();
        let pairs: Vec<_> = pairs.map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
        let options = options(number("frame_length").try_into().unwrap());
        let mut encryptor = Encryptor::new(&materials(&pairs), &options, &Counting).unwrap();
        let mut message = Vec::new();
        encryptor.push(&plaintext(number("plaintext_length")), &mut message).unwrap();
        encryptor.finish(&mut message).unwrap();
        assert_eq!(strongroom_crypto::hash::hex(&message), vector["message"].as_str().unwrap());
    }
}

#[test]
fn what_is_not_written_is_refused() {
    let refused = |materials: &EncryptionMaterials, options: &EncryptOptions| {
        Encryptor::new(materials, options, &Counting).err()
    };
    let sound = materials(&[]);
    for suite in Suite::ALL.into_iter().filter(|suite| !suite.is_committing()) {
        let old = EncryptOptions { suite, ..options(16) };
        assert_eq!(refused(&sound, &old), Some(Refusal::NotWritten(suite).into()));
    }
    for length in [0, 1 << 31] {
        assert_eq!(refused(&sound, &options(length)), Some(Refusal::FrameLength(length).into()));
    }
    let few = EncryptOptions { max_encrypted_data_keys: 1, ..options(16) };
    let many = Refusal::TooManyEncryptedDataKeys { found: 2, max: 1 };
    assert_eq!(refused(&sound, &few), Some(many.into()));
    let none = EncryptionMaterials { encrypted_data_keys: Vec::new(), ..materials(&[]) };
    assert_eq!(refused(&none, &options(16)), Some(MaterialsFault::NothingWrapped.into()));
    let short = DataKey::new(SecretBytes::zeroed(16));
    let short = EncryptionMaterials { data_key: short, ..materials(&[]) };
    assert_eq!(refused(&short, &options(16)), Some(MaterialsFault::DataKeyLength.into()));
    let signed = EncryptOptions { suite: Suite::CommittedSigned, ..options(16) };
    assert_eq!(refused(&sound, &signed), Some(MaterialsFault::OtherSuite.into()));
    let unsigned = EncryptionMaterials { suite: Suite::CommittedSigned, ..materials(&[]) };
    let key = StreamSigningKey::generate(SignatureCurve::P384).ok();
    assert_eq!(refused(&unsigned, &signed), Some(MaterialsFault::PublicKey.into()));
    let nameless =
        EncryptionMaterials { suite: Suite::CommittedSigned, signing_key: key, ..materials(&[]) };
    assert_eq!(refused(&nameless, &signed), Some(MaterialsFault::PublicKey.into()));
    let without = Encryptor::new(&sound, &options(16), &Broken).err();
    assert_eq!(without, Some(Error::Failed));
}

#[test]
fn the_public_key_of_another_message_is_not_written() {
    let other = message(Suite::CommittedSigned, 64, 1);
    let other = read_header(&mut other.as_slice(), &DecryptOptions::default()).unwrap();
    let context = other.header().context().clone();
    let reserved = Refusal::ReservedContextKey("aws-crypto-public-key".to_owned());
    for suite in [Suite::Committed, Suite::CommittedSigned] {
        let options = EncryptOptions { suite, context: context.clone(), ..options(64) };
        let sealed = block_on(encrypt(&manager(aes(256)), b"", &options, &SystemEntropy));
        assert_eq!(sealed, Err(reserved.clone().into()));
        let request = EncryptionRequest { suite, context: &context, plaintext_len: None };
        let made = block_on(manager(aes(256)).encryption_materials(request)).err();
        assert_eq!(made, Some(reserved.clone().into()));
    }
    let unsigned = EncryptionMaterials { context, ..materials(&[]) };
    let made = Encryptor::new(&unsigned, &options(64), &Counting).err();
    assert_eq!(made, Some(MaterialsFault::UnexpectedPublicKey.into()));
}

#[test]
fn headers_are_no_longer_than_those_that_are_read() {
    // Each but one as long as can be, and the last one to the byte.
    let header = |length: usize| {
        let mut keys: Vec<_> = (0..15).map(|_| key("raw", b"name", 0xffff)).collect();
        keys.push(key("raw", b"name", length));
        let materials = EncryptionMaterials { encrypted_data_keys: keys, ..materials(&[]) };
        let encryptor = Encryptor::new(&materials, &options(64), &Counting);
        encryptor.map(|encryptor| encryptor.header().as_bytes().to_vec())
    };
    let most = 0xffff - (header(0xffff - 1024).unwrap().len() + 1024).saturating_sub(1024 * 1024);
    let longest = header(most).unwrap();
    assert_eq!(longest.len(), 1024 * 1024);
    assert!(read_header(&mut longest.as_slice(), &DecryptOptions::default()).is_ok());
    assert_eq!(header(most + 1), Err(Refusal::HeaderTooLong { max: 1024 * 1024 }.into()));
}

#[test]
fn lengths_are_told_before() {
    let encryptor = Encryptor::new(&materials(&[]), &options(16), &Counting).unwrap();
    let header = encryptor.header().as_bytes().len() as u64;
    assert_eq!(encryptor.message_len(0), Some(header + 40));
    assert_eq!(encryptor.message_len(15), Some(header + 55));
    assert_eq!(encryptor.message_len(16), Some(header + 48 + 40));
    assert_eq!(encryptor.message_len(17), Some(header + 48 + 41));
    let most = u64::from(u32::MAX) * 16 - 1;
    assert!(encryptor.message_len(most).is_some());
    assert_eq!(encryptor.message_len(most + 1), None);
    assert_eq!(encryptor.message_len(u64::MAX), None);
}
