//! A public key of any spec of this module.

use super::ecc::EccPublicKey;
use super::edwards::EdwardsPublicKey;
use super::envelope::{self, Family};
use super::rsa::RsaPublicKey;
use super::{KeyError, Message, UseError};
use strongroom_types::{EncryptionAlgorithm, KeySpec, SigningAlgorithm};

/// An RSA, ECDSA or Ed25519 public key that stands alone: a recipient's, or a test vector's.
pub struct PublicKey(Kind);

enum Kind {
    Rsa(RsaPublicKey),
    Ecc(EccPublicKey),
    Edwards(EdwardsPublicKey),
}

impl PublicKey {
    /// Parses a `SubjectPublicKeyInfo` (RFC 5280) in DER; its spec is what it says it is.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]; [`KeyError::OtherSpec`] for algorithms, curves and sizes that are
    /// none of the three families'.
    pub fn parse(spki: &[u8]) -> Result<Self, KeyError> {
        let (family, key) = envelope::public(spki)?;
        let kind = match family {
            Family::Rsa => Kind::Rsa(RsaPublicKey::parse(spki)?),
            Family::Ecc(spec) => Kind::Ecc(EccPublicKey::parse(spec, spki)?),
            Family::Edwards => Kind::Edwards(EdwardsPublicKey::parse(spki, key)?),
        };
        Ok(Self(kind))
    }

    /// What it is a key of.
    #[must_use]
    pub fn spec(&self) -> KeySpec {
        match &self.0 {
            Kind::Rsa(key) => key.spec(),
            Kind::Ecc(key) => key.spec(),
            Kind::Edwards(_) => KeySpec::EccNistEdwards25519,
        }
    }

    /// Verifies `signature`.
    ///
    /// # Errors
    /// [`UseError::BadSignature`]; [`UseError::Unsupported`] and [`UseError::DigestLength`] for
    /// what could not be signed either.
    pub fn verify(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), UseError> {
        match &self.0 {
            Kind::Rsa(key) => key.verify(algorithm, message, signature),
            Kind::Ecc(key) => key.verify(algorithm, message, signature),
            Kind::Edwards(key) => key.verify(algorithm, message, signature),
        }
    }

    /// Encrypts `plaintext` with RSAES-OAEP; the ciphertext has the length of the modulus.
    ///
    /// # Errors
    /// [`UseError::TooLong`]; [`UseError::Unsupported`] for other keys and algorithms.
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, UseError> {
        match &self.0 {
            Kind::Rsa(key) => key.encrypt(algorithm, plaintext),
            Kind::Ecc(_) | Kind::Edwards(_) => Err(UseError::Unsupported),
        }
    }
}
