//! A ciphertext blob: its header parses or not, and what a real key does not authenticate is
//! refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_crypto::SystemEntropy;
use strongroom_keys::blob::{BlobHeader, OVERHEAD};
use strongroom_keys::{BackingKey, KeyMaterial};
use strongroom_types::{AccountId, EncryptionContext, KeyArn, KeyId, KeySpec};

thread_local! {
    static KEY: BackingKey = key();
}

fn key() -> BackingKey {
    let spec = KeySpec::SymmetricDefault;
    let material = KeyMaterial::generate(spec, &arn(), &SystemEntropy).expect("entropy");
    BackingKey::new(spec, &material).expect("its own material")
}

fn arn() -> KeyArn {
    let region = "us-east-1".parse().expect("a Region");
    KeyArn { region, account: AccountId::INITIAL, key: KeyId::from_random([7; 16]) }
}

fuzz_target!(|input: (u16, u8, &[u8])| {
    let (at, flip, bytes) = input;
    let context = EncryptionContext::default();
    if let Ok(header) = BlobHeader::parse(bytes) {
        assert!(bytes.len() >= OVERHEAD);
        KEY.with(|key| assert!(key.decrypt(&header, &context, bytes).is_err()));
    }
    KEY.with(|key| {
        let mut blob = key.encrypt(&arn(), &context, bytes, &SystemEntropy).expect("encrypts");
        let at = usize::from(at) % blob.len();
        blob[at] ^= flip;
        let opened =
            BlobHeader::parse(&blob).and_then(|header| key.decrypt(&header, &context, &blob));
        match opened {
            Ok(plain) => assert!(flip == 0 && plain.expose() == bytes),
            Err(_) => assert!(flip != 0),
        }
    });
});
