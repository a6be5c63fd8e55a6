//! What ImportKeyMaterial is brought: a token, wrapped key material, and the material inside.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use strongroom_crypto::{SecretBytes, SecretKey};
use strongroom_keys::{BackingKey, DomainKey, DomainName, ImportToken, KeyMaterial, codec};
use strongroom_types::{
    AccountId, KeyArn, KeyId, KeySpec, Timestamp, WrappingAlgorithm, WrappingKeySpec,
};

/// A wrapping key for each algorithm.
fn tokens() -> &'static [ImportToken] {
    static TOKENS: OnceLock<Vec<ImportToken>> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let token = |algorithm: &WrappingAlgorithm| {
            let key = match algorithm {
                WrappingAlgorithm::Sm2Pke => WrappingKeySpec::Sm2,
                _ => WrappingKeySpec::Rsa2048,
            };
            ImportToken::generate(*algorithm, key, Timestamp::from_millis(0)).expect("a key").0
        };
        WrappingAlgorithm::ALL.iter().map(token).collect()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let key = SecretKey::from_slice(&[3; 32]).expect("32 bytes");
    let domain = DomainKey::new(DomainName::global(), 1, key);
    let key = KeyId::from_random([5; 16]);
    let arn =
        KeyArn { region: "eu-west-2".parse().expect("a Region"), account: AccountId::INITIAL, key };
    assert!(ImportToken::open(&domain, &arn, bytes).is_err());
    if let Ok(token) = codec::decode::<ImportToken>(bytes) {
        let _ = token.unwrap(bytes);
    }
    for token in tokens() {
        assert!(token.unwrap(bytes).is_err());
    }
    for &spec in KeySpec::ALL {
        let material = KeyMaterial::imported(spec, &arn, SecretBytes::new(bytes.to_vec()));
        if let Ok(material) = material {
            assert!(BackingKey::new(spec, &material).is_ok());
        }
    }
});
