//! Ciphertexts of key stores, as they come back out of a caller's blob.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_keystores::package::{HsmPackage, MAX_METADATA, MAX_PLAINTEXT, ProxyPackage, TAG};

fuzz_target!(|bytes: &[u8]| {
    if let Some(package) = ProxyPackage::parse(bytes) {
        assert_eq!(package.to_bytes(), bytes);
        assert!(matches!(package.iv().len(), 12 | 16) && package.tag().len() == TAG);
        assert!(package.metadata().len() <= MAX_METADATA);
        assert!((1..=MAX_PLAINTEXT).contains(&package.ciphertext().len()));
    }
    if let Some(package) = HsmPackage::parse(bytes) {
        assert_eq!(package.to_bytes(), bytes);
        assert!((1..=MAX_PLAINTEXT).contains(&(package.sealed().len() - TAG)));
    }
    assert!(ProxyPackage::parse(bytes).is_none() || HsmPackage::parse(bytes).is_none());
});
