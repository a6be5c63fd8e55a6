//! ML-DSA and ML-KEM against Project Wycheproof's vectors (among them NIST's for the paths that are
//! hard to reach), against the library that does not do the work, and with hostile keys.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod agreement;
mod keys;
mod rust_crypto;
mod vectors;

use der::asn1::{BitStringRef, ContextSpecific, OctetStringRef};
use der::{Decode as _, Encode as _, Sequence, TagMode, TagNumber};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use shake::{ExtendableOutput as _, Shake256, Update as _, XofReader as _};
use strongroom_crypto::asymmetric::KeyError;
use strongroom_crypto::post_quantum::{MU_LEN, MlDsaKey, MlKemKey};
use strongroom_types::KeySpec::{self, MlDsa44, MlDsa65, MlDsa87, MlKem512, MlKem768, MlKem1024};

const ML_DSA: [KeySpec; 3] = [MlDsa44, MlDsa65, MlDsa87];
const ML_KEM: [KeySpec; 3] = [MlKem512, MlKem768, MlKem1024];

/// What the two kinds of key have in common.
enum Key {
    Dsa(MlDsaKey),
    Kem(MlKemKey),
}

impl Key {
    fn generate(spec: KeySpec) -> Vec<u8> {
        let der = if ML_DSA.contains(&spec) {
            MlDsaKey::generate(spec).unwrap()
        } else {
            MlKemKey::generate(spec).unwrap()
        };
        der.expose().to_vec()
    }

    fn parse(spec: KeySpec, der: &[u8]) -> Result<Self, KeyError> {
        if ML_DSA.contains(&spec) {
            MlDsaKey::parse(spec, der).map(Self::Dsa)
        } else {
            MlKemKey::parse(spec, der).map(Self::Kem)
        }
    }

    fn public_key(&self) -> &[u8] {
        match self {
            Self::Dsa(key) => key.public_key(),
            Self::Kem(key) => key.public_key(),
        }
    }
}

fn algorithm(spec: KeySpec) -> AlgorithmIdentifierRef<'static> {
    let oid = match spec {
        MlDsa44 => "2.16.840.1.101.3.4.3.17",
        MlDsa65 => "2.16.840.1.101.3.4.3.18",
        MlDsa87 => "2.16.840.1.101.3.4.3.19",
        MlKem512 => "2.16.840.1.101.3.4.4.1",
        MlKem768 => "2.16.840.1.101.3.4.4.2",
        MlKem1024 => "2.16.840.1.101.3.4.4.3",
        _ => panic!("{spec:?}"),
    };
    AlgorithmIdentifierRef { oid: ObjectIdentifier::new_unwrap(oid), parameters: None }
}

fn octets(bytes: &[u8]) -> &OctetStringRef {
    OctetStringRef::new(bytes).unwrap()
}

fn seed_form(seed: &[u8]) -> Vec<u8> {
    let value = octets(seed);
    let tagged = ContextSpecific { tag_number: TagNumber(0), tag_mode: TagMode::Implicit, value };
    tagged.to_der().unwrap()
}

fn expanded_form(expanded: &[u8]) -> Vec<u8> {
    octets(expanded).to_der().unwrap()
}

fn both_forms(seed: &[u8], expanded: &[u8]) -> Vec<u8> {
    #[derive(Sequence)]
    struct Both<'a> {
        seed: &'a OctetStringRef,
        expanded: &'a OctetStringRef,
    }
    Both { seed: octets(seed), expanded: octets(expanded) }.to_der().unwrap()
}

fn pkcs8(spec: KeySpec, form: &[u8]) -> Vec<u8> {
    PrivateKeyInfoRef::new(algorithm(spec), octets(form)).to_der().unwrap()
}

fn pkcs8_with_public(spec: KeySpec, form: &[u8], public: &[u8]) -> Vec<u8> {
    let mut info = PrivateKeyInfoRef::new(algorithm(spec), octets(form));
    info.public_key = Some(BitStringRef::from_bytes(public).unwrap());
    info.to_der().unwrap()
}

fn spki(spec: KeySpec, raw: &[u8]) -> Vec<u8> {
    let subject_public_key = BitStringRef::from_bytes(raw).unwrap();
    SubjectPublicKeyInfoRef { algorithm: algorithm(spec), subject_public_key }.to_der().unwrap()
}

fn raw(spki: &[u8]) -> Vec<u8> {
    SubjectPublicKeyInfoRef::from_der(spki).unwrap().subject_public_key.raw_bytes().to_vec()
}

/// FIPS 204, algorithm 7, line 6, with the message of algorithm 2, line 10.
fn representative(public: &[u8], context: &[u8], message: &[u8]) -> [u8; MU_LEN] {
    let shake = |parts: &[&[u8]]| {
        let mut hasher = Shake256::default();
        parts.iter().for_each(|part| hasher.update(part));
        let mut out = [0; MU_LEN];
        hasher.finalize_xof().read(&mut out);
        out
    };
    let length = u8::try_from(context.len()).unwrap();
    shake(&[&shake(&[public]), &[0, length], context, message])
}
