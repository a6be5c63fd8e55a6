//! A key pair from outside: it parses or not, and what parses signs what its own public key
//! verifies, or nothing. A public key is a peer or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_crypto::asymmetric::{Message, PrivateKey, PublicKey};
use strongroom_types::{KeySpec, KeyUsage};

thread_local! {
    static OWN: PrivateKey = own();
}

fn own() -> PrivateKey {
    let spec = KeySpec::EccNistP256;
    let der = PrivateKey::generate(spec).expect("a key");
    PrivateKey::parse(spec, der.expose()).expect("our own")
}

fuzz_target!(|input: (u8, &[u8])| {
    let (which, der) = input;
    let spec = KeySpec::ALL[usize::from(which) % KeySpec::ALL.len()];
    if let Ok(key) = PrivateKey::parse(spec, der) {
        for algorithm in spec.signing_algorithms(KeyUsage::SignVerify).iter().copied() {
            if let Ok(signature) = key.sign(algorithm, Message::Raw(der)) {
                key.verify(algorithm, Message::Raw(der), &signature).expect("its own signature");
            }
        }
    }
    let _ = PublicKey::parse(der);
    OWN.with(|own| {
        if let Ok(secret) = own.agree(der) {
            assert_eq!(secret.len(), 32);
        }
    });
});
