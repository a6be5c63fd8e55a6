//! A private key of any spec that has key pairs.

use super::ecc::EccKey;
use super::edwards::EdwardsKey;
use super::envelope::Family;
use super::rsa::RsaKey;
use super::{KeyError, Message, UseError};
use crate::SecretBytes;
use strongroom_types::{EncryptionAlgorithm, KeySpec, SigningAlgorithm};

/// A private key, parsed once and ready for any number of uses, by many threads at a time.
///
/// What it holds is wiped when it is dropped, by the libraries that hold it.
pub struct PrivateKey {
    spec: KeySpec,
    kind: Kind,
}

enum Kind {
    Rsa(RsaKey),
    Ecc(EccKey),
    Edwards(EdwardsKey),
}

impl PrivateKey {
    /// A fresh key of `spec` in the form that is stored and handed out: PKCS#8 (RFC 5208) DER.
    ///
    /// The libraries make key pairs from AWS-LC's random source themselves; they take no other.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for specs without key pairs, [`KeyError::Failed`].
    pub fn generate(spec: KeySpec) -> Result<SecretBytes, KeyError> {
        match Family::of(spec) {
            Some(Family::Rsa) => RsaKey::generate(spec),
            Some(Family::Ecc(spec)) => EccKey::generate(spec),
            Some(Family::Edwards) => EdwardsKey::generate(),
            None => Err(KeyError::Unsupported),
        }
    }

    /// Parses PKCS#8 (RFC 5208, RFC 5958) DER of exactly `spec`: algorithm, curve and size. What
    /// comes from outside comes through here, so nothing is taken on trust: no byte may follow,
    /// and a public key inside must be the private key's.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::OtherSpec`]; [`KeyError::Unsupported`] for specs
    /// without key pairs.
    pub fn parse(spec: KeySpec, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let kind = match Family::of(spec) {
            Some(Family::Rsa) => Kind::Rsa(RsaKey::parse(spec, pkcs8)?),
            Some(Family::Ecc(spec)) => Kind::Ecc(EccKey::parse(spec, pkcs8)?),
            Some(Family::Edwards) => Kind::Edwards(EdwardsKey::parse(pkcs8)?),
            None => return Err(KeyError::Unsupported),
        };
        Ok(Self { spec, kind })
    }

    /// What it is a key of.
    #[must_use]
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The public key: `SubjectPublicKeyInfo` (RFC 5280) DER, points uncompressed.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        match &self.kind {
            Kind::Rsa(key) => key.public().der(),
            Kind::Ecc(key) => key.public().der(),
            Kind::Edwards(key) => key.public().der(),
        }
    }

    /// Signs `message`. RSA signatures have the length of the modulus, ECDSA's are DER, Ed25519's
    /// 64 bytes.
    ///
    /// # Errors
    /// [`UseError::Unsupported`], [`UseError::DigestLength`], [`UseError::Failed`].
    pub fn sign(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, UseError> {
        match &self.kind {
            Kind::Rsa(key) => key.sign(algorithm, message),
            Kind::Ecc(key) => key.sign(algorithm, message),
            Kind::Edwards(key) => key.sign(algorithm, message),
        }
    }

    /// Verifies `signature` by the public key.
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
        match &self.kind {
            Kind::Rsa(key) => key.public().verify(algorithm, message, signature),
            Kind::Ecc(key) => key.public().verify(algorithm, message, signature),
            Kind::Edwards(key) => key.public().verify(algorithm, message, signature),
        }
    }

    /// Encrypts `plaintext` to the public key. RSAES-OAEP's ciphertext has the length of the
    /// modulus.
    ///
    /// # Errors
    /// [`UseError::Unsupported`], [`UseError::TooLong`], [`UseError::Failed`].
    pub fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, UseError> {
        match &self.kind {
            Kind::Rsa(key) => key.public().encrypt(algorithm, plaintext),
            Kind::Ecc(_) | Kind::Edwards(_) => Err(UseError::Unsupported),
        }
    }

    /// Decrypts what [`PrivateKey::encrypt`] or another implementation made.
    ///
    /// # Errors
    /// [`UseError::BadCiphertext`] for all that is wrong with it, [`UseError::Unsupported`].
    pub fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, UseError> {
        match &self.kind {
            Kind::Rsa(key) => key.decrypt(algorithm, ciphertext),
            Kind::Ecc(_) | Kind::Edwards(_) => Err(UseError::Unsupported),
        }
    }

    /// The secret shared with the owner of `peer`, a `SubjectPublicKeyInfo` in DER: the raw X
    /// coordinate, as long as a coordinate of the curve.
    ///
    /// # Errors
    /// [`UseError::BadPublicKey`] for what is malformed, of another curve, off the curve or at
    /// infinity; [`UseError::Unsupported`].
    pub fn agree(&self, peer: &[u8]) -> Result<SecretBytes, UseError> {
        match &self.kind {
            Kind::Ecc(key) => key.agree(peer),
            Kind::Rsa(_) | Kind::Edwards(_) => Err(UseError::Unsupported),
        }
    }
}
