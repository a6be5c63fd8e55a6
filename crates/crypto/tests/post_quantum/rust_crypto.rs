//! ML-DSA and ML-KEM by RustCrypto, used directly.

#![allow(deprecated, reason = "the expanded forms, which others store")]

use ml_dsa::{ExpandedSigningKey, Signature, VerifyingKey};
use ml_kem::kem::{Decapsulate as _, Kem, TryKeyInit as _};
use ml_kem::{ExpandedKeyEncoding as _, FromSeed as _, KeyExport as _};
use strongroom_types::KeySpec::{self, MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768, MlKem1024};

macro_rules! by_set {
    ($spec:expr, $set:ident => $body:expr) => {
        match $spec {
            MlDsa44 => {
                type $set = ml_dsa::MlDsa44;
                $body
            }
            MlDsa65 => {
                type $set = ml_dsa::MlDsa65;
                $body
            }
            MlDsa87 => {
                type $set = ml_dsa::MlDsa87;
                $body
            }
            spec => panic!("{spec:?}"),
        }
    };
}

macro_rules! by_kem {
    ($spec:expr, $set:ident => $body:expr) => {
        match $spec {
            MlKem512 => {
                type $set = ml_kem::MlKem512;
                $body
            }
            MlKem768 => {
                type $set = ml_kem::MlKem768;
                $body
            }
            MlKem1024 => {
                type $set = ml_kem::MlKem1024;
                $body
            }
            spec => panic!("{spec:?}"),
        }
    };
}

pub(crate) fn public_key(spec: KeySpec, seed: &[u8]) -> Vec<u8> {
    by_set!(spec, P => {
        let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
        key.verifying_key().encode().to_vec()
    })
}

pub(crate) fn expanded(spec: KeySpec, seed: &[u8]) -> Vec<u8> {
    by_set!(spec, P => {
        let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
        key.to_expanded().to_vec()
    })
}

/// Deterministic, with an empty context.
pub(crate) fn sign(spec: KeySpec, seed: &[u8], message: &[u8]) -> Vec<u8> {
    by_set!(spec, P => {
        let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
        key.sign_deterministic(message, &[]).unwrap().encode().to_vec()
    })
}

/// Deterministic.
pub(crate) fn sign_mu(spec: KeySpec, seed: &[u8], mu: &[u8]) -> Vec<u8> {
    by_set!(spec, P => {
        let key = ExpandedSigningKey::<P>::from_seed(seed.try_into().unwrap());
        key.sign_mu_deterministic(mu.try_into().unwrap()).encode().to_vec()
    })
}

pub(crate) fn verifies(spec: KeySpec, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    by_set!(spec, P => {
        let key = VerifyingKey::<P>::decode(public.try_into().unwrap());
        Signature::<P>::try_from(signature)
            .is_ok_and(|signature| key.verify_with_context(message, &[], &signature))
    })
}

/// Ciphertext and secret, of the given randomness.
pub(crate) fn encapsulate(spec: KeySpec, public: &[u8], m: &[u8]) -> (Vec<u8>, Vec<u8>) {
    by_kem!(spec, K => {
        type Public = <K as Kem>::EncapsulationKey;
        let key = Public::new_from_slice(public).unwrap();
        let (ciphertext, secret) = key.encapsulate_deterministic(m.try_into().unwrap());
        (ciphertext.to_vec(), secret.to_vec())
    })
}

pub(crate) fn decapsulate(spec: KeySpec, seed: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    by_kem!(spec, K => {
        let (key, _) = K::from_seed(seed.try_into().unwrap());
        key.decapsulate_slice(ciphertext).unwrap().to_vec()
    })
}

/// The expanded private key and the public key.
pub(crate) fn keys(spec: KeySpec, seed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    by_kem!(spec, K => {
        let (private, public) = K::from_seed(seed.try_into().unwrap());
        (private.to_expanded_bytes().to_vec(), public.to_bytes().to_vec())
    })
}
