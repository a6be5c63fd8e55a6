//! The envelopes of keys: PKCS#8 (RFC 5208, RFC 5958) and `SubjectPublicKeyInfo` (RFC 5280).
//!
//! What is inside, AWS-LC reads. The envelope is read before it, because AWS-LC ignores what
//! follows the structure, takes curves by their parameters and has more names for one algorithm.
//! Here there is one form of a key: strict DER to the last byte, algorithms and curves by name.

use super::KeyError;
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::BitStringRef;
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use strongroom_types::KeySpec;

/// The longest envelope that is read, in bytes. Our choice: an RSA key of 4,096 bits takes 2,400.
const MAX_LEN: usize = 8192;

/// RFC 8017, appendix C.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480, section 2.1.1.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 8410, section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480, section 2.1.1.1.
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// RFC 5480, section 2.1.1.1.
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// RFC 5480, section 2.1.1.1.
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
/// SEC 2, section A.2.1.
const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");

/// What the algorithm identifier of a key says. The size of an RSA key is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// RSA of any size.
    Rsa,
    /// A curve of Weierstrass form, by the spec of its keys.
    Ecc(KeySpec),
    /// Ed25519.
    Edwards,
}

impl Family {
    fn read(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<Self, KeyError> {
        match algorithm.oid {
            RSA_ENCRYPTION => match algorithm.parameters {
                Some(parameters) if parameters.is_null() => Ok(Self::Rsa),
                _ => Err(KeyError::Malformed),
            },
            EC_PUBLIC_KEY => curve(algorithm).map(Self::Ecc),
            ED25519 if algorithm.parameters.is_none() => Ok(Self::Edwards),
            ED25519 => Err(KeyError::Malformed),
            _ => Err(KeyError::OtherSpec),
        }
    }
}

fn curve(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<KeySpec, KeyError> {
    match algorithm.parameters_oid().map_err(|_| KeyError::Malformed)? {
        SECP256R1 => Ok(KeySpec::EccNistP256),
        SECP384R1 => Ok(KeySpec::EccNistP384),
        SECP521R1 => Ok(KeySpec::EccNistP521),
        SECP256K1 => Ok(KeySpec::EccSecgP256k1),
        _ => Err(KeyError::OtherSpec),
    }
}

/// The private key inside the PKCS#8 envelope `der`, in the form of its algorithm.
///
/// # Errors
/// [`KeyError::Malformed`], and [`KeyError::OtherSpec`] when it is not of `family`.
pub(super) fn private(family: Family, der: &[u8]) -> Result<&[u8], KeyError> {
    let info = PrivateKeyInfoRef::from_der(bounded(der)?).map_err(|_| KeyError::Malformed)?;
    if Family::read(&info.algorithm)? != family {
        return Err(KeyError::OtherSpec);
    }
    Ok(info.private_key.as_bytes())
}

/// The family of the `SubjectPublicKeyInfo` `der`, and the public key inside it.
///
/// # Errors
/// [`KeyError::Malformed`], and [`KeyError::OtherSpec`] when it is of no family of ours.
pub(super) fn public(der: &[u8]) -> Result<(Family, &[u8]), KeyError> {
    let info = SubjectPublicKeyInfoRef::from_der(bounded(der)?).map_err(|_| KeyError::Malformed)?;
    let family = Family::read(&info.algorithm)?;
    let key = whole_bytes(info.subject_public_key).ok_or(KeyError::Malformed)?;
    match (family, key.first()) {
        // Uncompressed or compressed. RFC 5480, section 2.2: any other first octet MUST be
        // rejected. AWS-LC takes the hybrid form, too.
        (Family::Ecc(_), Some(2..=4)) | (Family::Rsa | Family::Edwards, Some(_)) => {
            Ok((family, key))
        }
        _ => Err(KeyError::Malformed),
    }
}

fn whole_bytes(bits: BitStringRef<'_>) -> Option<&[u8]> {
    (bits.unused_bits() == 0).then(|| bits.raw_bytes())
}

fn bounded(der: &[u8]) -> Result<&[u8], KeyError> {
    if der.len() > MAX_LEN { Err(KeyError::Malformed) } else { Ok(der) }
}
