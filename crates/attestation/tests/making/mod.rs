//! Makes attestation documents as the hypervisor does, and all kinds of others.
#![allow(dead_code, reason = "each test uses what it needs")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, date_time_ymd,
};
use strongroom_attestation::Roots;
use strongroom_types::Timestamp;

/// The time of the tests; certificates are valid in November of that year.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse_basic("20261122T063705Z").unwrap()
}

/// A root, two authorities below it, and a key that signs documents.
pub(crate) struct Pki {
    pub(crate) root: Vec<u8>,
    pub(crate) root_pem: String,
    pub(crate) authorities: Vec<Vec<u8>>,
    pub(crate) leaf: Vec<u8>,
    pub(crate) leaf_pem: String,
    pub(crate) leaf_key: KeyPair,
}

/// What is told of a certificate before it is made.
pub(crate) type Change<'a> = &'a dyn Fn(&mut CertificateParams);

impl Pki {
    pub(crate) fn new() -> Self {
        Self::with([&|_| {}, &|_| {}, &|_| {}, &|_| {}])
    }

    /// With changes to the root, to the two authorities from above, and to the leaf.
    pub(crate) fn with([root, upper, lower, leaf]: [Change<'_>; 4]) -> Self {
        Self::of(generate(), root, [upper, lower], leaf)
    }

    pub(crate) fn of(
        leaf_key: KeyPair,
        root: Change<'_>,
        below: [Change<'_>; 2],
        leaf: Change<'_>,
    ) -> Self {
        let root = CertifiedIssuer::self_signed(authority("root", root), generate()).unwrap();
        let upper = authority("zone", below[0]);
        let upper = CertifiedIssuer::signed_by(upper, generate(), &root).unwrap();
        let lower = authority("instance", below[1]);
        let lower = CertifiedIssuer::signed_by(lower, generate(), &upper).unwrap();
        let mut params = params("enclave");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf(&mut params);
        let leaf = params.signed_by(&leaf_key, &lower).unwrap();
        Self {
            root: root.der().to_vec(),
            root_pem: root.pem(),
            authorities: vec![upper.der().to_vec(), lower.der().to_vec()],
            leaf: leaf.der().to_vec(),
            leaf_pem: leaf.pem(),
            leaf_key,
        }
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::parse(&self.root).unwrap()
    }

    /// The members of a document of an enclave.
    pub(crate) fn members(&self) -> Members {
        let pcrs = (0..16).map(|n| (uint(n), bytes(&[n as u8; 48]))).collect();
        let bundle = std::iter::once(&self.root).chain(&self.authorities);
        Members(vec![
            ("module_id".to_owned(), text("i-0123456789abcdef0-enc0123456789abcdef")),
            ("digest".to_owned(), text("SHA384")),
            ("timestamp".to_owned(), uint(now().millis() as u64)),
            ("pcrs".to_owned(), Value::Map(pcrs)),
            ("certificate".to_owned(), bytes(&self.leaf)),
            ("cabundle".to_owned(), Value::Array(bundle.map(|der| bytes(der)).collect())),
            ("public_key".to_owned(), bytes(b"a key")),
            ("user_data".to_owned(), Value::Null),
            ("nonce".to_owned(), Value::Null),
        ])
    }

    /// A document with these members, signed.
    pub(crate) fn document(&self, members: &Members) -> Vec<u8> {
        self.sign(&members.encode())
    }

    pub(crate) fn sign(&self, payload: &[u8]) -> Vec<u8> {
        sign1(PROTECTED, payload, &self.signature(PROTECTED, payload))
    }

    pub(crate) fn signature(&self, protected: &[u8], payload: &[u8]) -> Vec<u8> {
        let structure =
            Value::Array(vec![text("Signature1"), bytes(protected), bytes(b""), bytes(payload)]);
        let pkcs8 = self.leaf_key.serialize_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &pkcs8).unwrap();
        key.sign(&SystemRandom::new(), &structure.encode()).unwrap().as_ref().to_vec()
    }
}

/// {1: -35}
pub(crate) const PROTECTED: &[u8] = &[0xa1, 0x01, 0x38, 0x22];

/// A `COSE_Sign1` without its tag.
pub(crate) fn sign1(protected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let parts = vec![bytes(protected), Value::Map(vec![]), bytes(payload), bytes(signature)];
    Value::Array(parts).encode()
}

pub(crate) fn generate() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 11, 1);
    params.not_after = date_time_ymd(2026, 12, 1);
    params
}

fn authority(name: &str, change: Change<'_>) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    change(&mut params);
    params
}

/// A change that no test of refusals is about.
pub(crate) fn for_servers(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

/// The members of a payload, in order.
#[derive(Clone)]
pub(crate) struct Members(pub(crate) Vec<(String, Value)>);

impl Members {
    pub(crate) fn set(mut self, name: &str, value: Value) -> Self {
        match self.0.iter_mut().find(|(of, _)| of == name) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name.to_owned(), value)),
        }
        self
    }

    pub(crate) fn rename(mut self, name: &str, to: &str) -> Self {
        self.0.iter_mut().filter(|(of, _)| of == name).for_each(|(of, _)| *of = to.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(of, _)| of != name);
        self
    }

    pub(crate) fn get(&self, name: &str) -> Value {
        self.0.iter().find(|(of, _)| of == name).unwrap().1.clone()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let pairs = self.0.iter().map(|(name, value)| (text(name), value.clone()));
        Value::Map(pairs.collect()).encode()
    }
}

/// A CBOR item.
#[derive(Clone)]
pub(crate) enum Value {
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Null,
    /// As it is.
    Raw(Vec<u8>),
}

pub(crate) fn uint(value: u64) -> Value {
    Value::Uint(value)
}

pub(crate) fn bytes(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

impl Value {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Uint(value) => head(0, *value, out),
            Self::Bytes(value) => {
                head(2, value.len() as u64, out);
                out.extend_from_slice(value);
            }
            Self::Text(value) => {
                head(3, value.len() as u64, out);
                out.extend_from_slice(value.as_bytes());
            }
            Self::Array(items) => {
                head(4, items.len() as u64, out);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(pairs) => {
                head(5, pairs.len() as u64, out);
                for (key, value) in pairs {
                    key.write(out);
                    value.write(out);
                }
            }
            Self::Null => out.push(0xf6),
            Self::Raw(value) => out.extend_from_slice(value),
        }
    }
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    match argument {
        0..24 => out.push(major | argument as u8),
        24..0x100 => out.extend_from_slice(&[major | 24, argument as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend_from_slice(&(argument as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend_from_slice(&(argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&argument.to_be_bytes());
        }
    }
}
