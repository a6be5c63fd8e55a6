//! ECDSA (FIPS 186-5) over data that comes in parts, with keys in the compressed form of SEC 1.
//!
//! Signatures are DER (`ECDSA-Sig-Value`, SEC 1 version 2, section C.5).

use crate::asymmetric::{KeyError, UseError};
use aws_lc_rs::digest::{Context, SHA256, SHA384};
use aws_lc_rs::encoding::{AsBigEndian as _, EcPublicKeyCompressedBin};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
};
use std::sync::Arc;

/// How often a signature is made anew to get one of the wanted length. About every second has the
/// most frequent length, so that failing by chance is out of the question.
const ATTEMPTS: usize = 128;

/// A curve with its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCurve {
    /// P-256 with SHA-256.
    P256,
    /// P-384 with SHA-384.
    P384,
}

impl SignatureCurve {
    /// Bytes of a compressed point: the sign of y, and x.
    #[must_use]
    pub const fn point_len(self) -> usize {
        match self {
            Self::P256 => 33,
            Self::P384 => 49,
        }
    }

    /// Bytes of the longest signature: two integers of the order's length with a sign byte each.
    #[must_use]
    pub const fn max_signature_len(self) -> usize {
        match self {
            Self::P256 => 72,
            Self::P384 => 104,
        }
    }

    fn hasher(self) -> Context {
        Context::new(match self {
            Self::P256 => &SHA256,
            Self::P384 => &SHA384,
        })
    }
}

/// A private key. Clones are the same key.
#[derive(Clone)]
pub struct StreamSigningKey {
    curve: SignatureCurve,
    pair: Arc<EcdsaKeyPair>,
}

impl StreamSigningKey {
    /// A fresh key, from AWS-LC's random source.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn generate(curve: SignatureCurve) -> Result<Self, KeyError> {
        let algorithm = match curve {
            SignatureCurve::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            SignatureCurve::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        };
        let pair = EcdsaKeyPair::generate(algorithm).map_err(|_| KeyError::Failed)?;
        Ok(Self { curve, pair: Arc::new(pair) })
    }

    /// The public key as a compressed point (SEC 1 version 2, section 2.3.3).
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub fn public_point(&self) -> Result<Vec<u8>, KeyError> {
        let point: EcPublicKeyCompressedBin<'_> =
            self.pair.public_key().as_be_bytes().map_err(|_| KeyError::Failed)?;
        Ok(point.as_ref().to_vec())
    }

    /// Begins a signature.
    #[must_use]
    pub fn begin(&self) -> StreamSigner {
        StreamSigner { key: self.clone(), hasher: self.curve.hasher() }
    }
}

/// A signature that is being made.
pub struct StreamSigner {
    key: StreamSigningKey,
    hasher: Context,
}

impl StreamSigner {
    /// Adds `data` to what is signed.
    pub fn update(&mut self, data: &[u8]) {
        self.hasher.update(data);
    }

    /// The signature, of exactly `length` bytes: it is made until one is that long, so that the length
    /// of what holds it can be told beforehand.
    ///
    /// # Errors
    /// [`UseError::Failed`], also for a length that signatures do not have.
    pub fn finish(self, length: usize) -> Result<Vec<u8>, UseError> {
        let digest = self.hasher.finish();
        for _ in 0..ATTEMPTS {
            let signature = self.key.pair.sign_digest(&digest).map_err(|_| UseError::Failed)?;
            if signature.as_ref().len() == length {
                return Ok(signature.as_ref().to_vec());
            }
        }
        Err(UseError::Failed)
    }
}

/// A signature that is being verified.
pub struct StreamVerifier {
    key: ParsedPublicKey,
    hasher: Context,
}

impl StreamVerifier {
    /// Begins with the public key `point`, a compressed point.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for what is not one on the curve.
    pub fn new(curve: SignatureCurve, point: &[u8]) -> Result<Self, KeyError> {
        // AWS-LC takes other forms of a key, too.
        if point.len() != curve.point_len() || !matches!(point.first(), Some(2 | 3)) {
            return Err(KeyError::Malformed);
        }
        let algorithm = match curve {
            SignatureCurve::P256 => &ECDSA_P256_SHA256_ASN1,
            SignatureCurve::P384 => &ECDSA_P384_SHA384_ASN1,
        };
        let key = ParsedPublicKey::new(algorithm, point).map_err(|_| KeyError::Malformed)?;
        Ok(Self { key, hasher: curve.hasher() })
    }

    /// Adds `data` to what was signed.
    pub fn update(&mut self, data: &[u8]) {
        self.hasher.update(data);
    }

    /// Whether `signature` is that of all data added.
    ///
    /// # Errors
    /// [`UseError::BadSignature`].
    pub fn finish(self, signature: &[u8]) -> Result<(), UseError> {
        let digest = self.hasher.finish();
        self.key.verify_digest_sig(&digest, signature).map_err(|_| UseError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_in_parts_verifies_in_others_and_nothing_else_does() {
        for (curve, length) in [(SignatureCurve::P256, 71), (SignatureCurve::P384, 103)] {
            let key = StreamSigningKey::generate(curve).unwrap();
            let point = key.public_point().unwrap();
            assert_eq!(point.len(), curve.point_len());
            let mut signer = key.begin();
            signer.update(b"one ");
            signer.update(b"two");
            let signature = signer.finish(length).unwrap();
            assert_eq!(signature.len(), length);
            let verify = |point: &[u8], data: &[u8], signature: &[u8]| {
                let mut verifier = StreamVerifier::new(curve, point).ok()?;
                verifier.update(data);
                verifier.finish(signature).ok()
            };
            assert!(verify(&point, b"one two", &signature).is_some());
            assert!(verify(&point, b"one tw", &signature).is_none());
            for at in 0..signature.len() {
                let mut other = signature.clone();
                other[at] ^= 1;
                assert!(verify(&point, b"one two", &other).is_none(), "{at}");
            }
            assert!(verify(&point, b"one two", &[]).is_none());
            let other = StreamSigningKey::generate(curve).unwrap().public_point().unwrap();
            assert!(verify(&other, b"one two", &signature).is_none());
            assert!(key.begin().finish(5).is_err());
        }
    }

    #[test]
    fn only_compressed_points_of_the_curve_are_keys() {
        let point =
            StreamSigningKey::generate(SignatureCurve::P384).unwrap().public_point().unwrap();
        assert!(StreamVerifier::new(SignatureCurve::P384, &point).is_ok());
        assert!(StreamVerifier::new(SignatureCurve::P256, &point).is_err());
        assert!(StreamVerifier::new(SignatureCurve::P384, &point[..48]).is_err());
        assert!(StreamVerifier::new(SignatureCurve::P384, &[]).is_err());
        let mut other = point.clone();
        other[0] = 4;
        assert!(StreamVerifier::new(SignatureCurve::P384, &other).is_err());
        let mut off = vec![2];
        off.extend_from_slice(&[0xff; 48]);
        assert!(StreamVerifier::new(SignatureCurve::P384, &off).is_err());
    }
}
