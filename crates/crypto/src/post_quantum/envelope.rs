//! The envelopes of post-quantum keys: PKCS#8 (RFC 5958) and `SubjectPublicKeyInfo` (RFC 5280),
//! with the contents of RFC 9881 for ML-DSA and RFC 9935 for ML-KEM, which have the same form.

use crate::SecretBytes;
use crate::asymmetric::KeyError;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{Choice, Decode as _, Encode, Sequence};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};

/// The longest envelope that is read, in bytes. Our choice: an ML-DSA-87 key in all its forms, with
/// its public key, takes 7,600.
const MAX_LEN: usize = 8192;

/// OCTET STRING, in one word because the derivation reads the tag of a variant from its type's name.
type Octets<'a> = &'a OctetStringRef;

/// A private key, as RFC 9881 and RFC 9935 write it inside PKCS#8.
#[derive(Choice)]
enum PrivateKey<'a> {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Seed(Octets<'a>),
    Expanded(Octets<'a>),
    Both(Both<'a>),
}

/// The form that has the key twice.
#[derive(Sequence)]
struct Both<'a> {
    seed: Octets<'a>,
    expanded: Octets<'a>,
}

/// What a PKCS#8 holds. Whether the members belong together is for the reader to find out.
pub(super) struct Private<'a> {
    /// What the key is made from. No form of a fixed length is known here.
    pub(super) seed: &'a [u8],
    /// What the seed expands to.
    pub(super) expanded: Option<&'a [u8]>,
    /// The public key, as it stands in a `SubjectPublicKeyInfo`.
    pub(super) public: Option<&'a [u8]>,
}

/// The PKCS#8 of the key that `seed` makes, as the seed alone: the form both RFCs recommend.
///
/// # Errors
/// [`KeyError::Failed`], for seeds of absurd length.
pub(super) fn private_from_seed(
    algorithm: ObjectIdentifier,
    seed: &SecretBytes,
) -> Result<SecretBytes, KeyError> {
    let seed = OctetStringRef::new(seed.expose()).map_err(|_| KeyError::Failed)?;
    let inner = encode(&PrivateKey::Seed(seed))?;
    let inner = OctetStringRef::new(inner.expose()).map_err(|_| KeyError::Failed)?;
    encode(&PrivateKeyInfoRef::new(identifier(algorithm), inner))
}

/// Opens the PKCS#8 `der` of a key of `algorithm`.
///
/// # Errors
/// [`KeyError::Malformed`]; [`KeyError::OtherSpec`] for keys of other algorithms;
/// [`KeyError::Unsupported`] for a key that comes in its expanded form only. Such a key cannot be
/// checked against its seed, and the libraries disagree about what is left to check.
pub(super) fn private(algorithm: ObjectIdentifier, der: &[u8]) -> Result<Private<'_>, KeyError> {
    let info = PrivateKeyInfoRef::from_der(bounded(der)?).map_err(|_| KeyError::Malformed)?;
    check(algorithm, &info.algorithm)?;
    let public = match info.public_key {
        Some(bits) => Some(whole_bytes(bits)?),
        None => None,
    };
    let key = PrivateKey::from_der(info.private_key.as_bytes()).map_err(|_| KeyError::Malformed)?;
    match key {
        PrivateKey::Seed(seed) => Ok(Private { seed: seed.as_bytes(), expanded: None, public }),
        PrivateKey::Both(Both { seed, expanded }) => {
            Ok(Private { seed: seed.as_bytes(), expanded: Some(expanded.as_bytes()), public })
        }
        PrivateKey::Expanded(_) => Err(KeyError::Unsupported),
    }
}

/// The `SubjectPublicKeyInfo` of a public key of `algorithm`.
///
/// # Errors
/// [`KeyError::Failed`], for keys of absurd length.
pub(super) fn public_to_der(algorithm: ObjectIdentifier, key: &[u8]) -> Result<Vec<u8>, KeyError> {
    let subject_public_key = BitStringRef::from_bytes(key).map_err(|_| KeyError::Failed)?;
    SubjectPublicKeyInfoRef { algorithm: identifier(algorithm), subject_public_key }
        .to_der()
        .map_err(|_| KeyError::Failed)
}

/// The public key in the `SubjectPublicKeyInfo` `der` of a key of `algorithm`.
///
/// # Errors
/// [`KeyError::Malformed`]; [`KeyError::OtherSpec`] for keys of other algorithms.
pub(super) fn public(algorithm: ObjectIdentifier, der: &[u8]) -> Result<&[u8], KeyError> {
    let info = SubjectPublicKeyInfoRef::from_der(bounded(der)?).map_err(|_| KeyError::Malformed)?;
    check(algorithm, &info.algorithm)?;
    whole_bytes(info.subject_public_key)
}

/// RFC 9881 and RFC 9935: the parameters MUST be absent.
fn check(wanted: ObjectIdentifier, found: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyError> {
    match (found.oid == wanted, found.parameters) {
        (true, None) => Ok(()),
        (true, Some(_)) => Err(KeyError::Malformed),
        (false, _) => Err(KeyError::OtherSpec),
    }
}

fn identifier(algorithm: ObjectIdentifier) -> AlgorithmIdentifierRef<'static> {
    AlgorithmIdentifierRef { oid: algorithm, parameters: None }
}

/// Encodes into memory that is wiped.
fn encode(value: &impl Encode) -> Result<SecretBytes, KeyError> {
    let length = value.encoded_len().and_then(usize::try_from).map_err(|_| KeyError::Failed)?;
    let mut out = SecretBytes::zeroed(length);
    value.encode_to_slice(out.expose_mut()).map_err(|_| KeyError::Failed)?;
    Ok(out)
}

fn whole_bytes(bits: BitStringRef<'_>) -> Result<&[u8], KeyError> {
    bits.as_bytes().ok_or(KeyError::Malformed)
}

fn bounded(der: &[u8]) -> Result<&[u8], KeyError> {
    if der.len() > MAX_LEN { Err(KeyError::Malformed) } else { Ok(der) }
}
