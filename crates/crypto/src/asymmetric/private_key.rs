//! A private key of any spec that has key pairs.

use super::ecc::EccKey;
use super::edwards::EdwardsKey;
use super::rsa::RsaKey;
use super::{KeyError, Message, UseError};
use crate::SecretBytes;
use crate::post_quantum::{MlDsaKey, MlKemKey};
use crate::sm2::Sm2Key;
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
    MlDsa(MlDsaKey),
    MlKem(MlKemKey),
    Sm2(Sm2Key),
}

impl PrivateKey {
    /// A fresh key of `spec` in the form that is stored and handed out: PKCS#8 (RFC 5208, RFC 5958)
    /// DER.
    ///
    /// The libraries make key pairs from AWS-LC's random source, most of them without a way to give
    /// them another.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for specs without key pairs, [`KeyError::Failed`].
    pub fn generate(spec: KeySpec) -> Result<SecretBytes, KeyError> {
        use KeySpec as S;
        match spec {
            S::Rsa2048 | S::Rsa3072 | S::Rsa4096 => RsaKey::generate(spec),
            S::EccNistP256 | S::EccNistP384 | S::EccNistP521 | S::EccSecgP256k1 => {
                EccKey::generate(spec)
            }
            S::EccNistEdwards25519 => EdwardsKey::generate(),
            S::MlDsa44 | S::MlDsa65 | S::MlDsa87 => MlDsaKey::generate(spec),
            S::MlKem512 | S::MlKem768 | S::MlKem1024 => MlKemKey::generate(spec),
            S::Sm2 => Sm2Key::generate(),
            S::SymmetricDefault | S::Hmac224 | S::Hmac256 | S::Hmac384 | S::Hmac512 => {
                Err(KeyError::Unsupported)
            }
        }
    }

    /// Parses PKCS#8 (RFC 5208, RFC 5958) DER of exactly `spec`: algorithm, curve and size. What
    /// comes from outside comes through here, so nothing is taken on trust: no byte may follow,
    /// and a public key inside must be the private key's.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::OtherSpec`]; [`KeyError::Unsupported`] for specs
    /// without key pairs, and for forms of a key that are not read.
    pub fn parse(spec: KeySpec, pkcs8: &[u8]) -> Result<Self, KeyError> {
        use KeySpec as S;
        let kind = match spec {
            S::Rsa2048 | S::Rsa3072 | S::Rsa4096 => Kind::Rsa(RsaKey::parse(spec, pkcs8)?),
            S::EccNistP256 | S::EccNistP384 | S::EccNistP521 | S::EccSecgP256k1 => {
                Kind::Ecc(EccKey::parse(spec, pkcs8)?)
            }
            S::EccNistEdwards25519 => Kind::Edwards(EdwardsKey::parse(pkcs8)?),
            S::MlDsa44 | S::MlDsa65 | S::MlDsa87 => Kind::MlDsa(MlDsaKey::parse(spec, pkcs8)?),
            S::MlKem512 | S::MlKem768 | S::MlKem1024 => Kind::MlKem(MlKemKey::parse(spec, pkcs8)?),
            S::Sm2 => Kind::Sm2(Sm2Key::parse(pkcs8)?),
            S::SymmetricDefault | S::Hmac224 | S::Hmac256 | S::Hmac384 | S::Hmac512 => {
                return Err(KeyError::Unsupported);
            }
        };
        Ok(Self { spec, kind })
    }

    /// The key in the form in which [`PrivateKey::generate`] makes one, whatever the form that it
    /// was parsed from: PKCS#8 has room for attributes, and for the public key in several ways.
    ///
    /// # Errors
    /// [`KeyError::Failed`]; [`KeyError::Unsupported`] for keys that nobody brings (ML-DSA,
    /// ML-KEM).
    pub fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        match &self.kind {
            Kind::Rsa(key) => key.to_pkcs8(),
            Kind::Ecc(key) => key.to_pkcs8(),
            Kind::Edwards(key) => key.to_pkcs8(),
            Kind::Sm2(key) => key.to_pkcs8(),
            Kind::MlDsa(_) | Kind::MlKem(_) => Err(KeyError::Unsupported),
        }
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
            Kind::MlDsa(key) => key.public_key(),
            Kind::MlKem(key) => key.public_key(),
            Kind::Sm2(key) => key.public_key(),
        }
    }

    /// Signs `message`. RSA signatures have the length of the modulus, ECDSA's and SM2DSA's are
    /// DER, Ed25519's and ML-DSA's of the length that their standards say.
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
            Kind::MlDsa(key) => match ForMlDsa::of(algorithm, message)? {
                ForMlDsa::Message(message) => key.sign_raw(message),
                ForMlDsa::Mu(mu) => key.sign_external_mu(mu),
            },
            Kind::Sm2(key) if algorithm == SigningAlgorithm::Sm2Dsa => key.sign(message),
            Kind::Sm2(_) | Kind::MlKem(_) => Err(UseError::Unsupported),
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
            Kind::MlDsa(key) => match ForMlDsa::of(algorithm, message)? {
                ForMlDsa::Message(message) => key.verify_raw(message, signature),
                ForMlDsa::Mu(mu) => key.verify_external_mu(mu, signature),
            },
            Kind::Sm2(key) if algorithm == SigningAlgorithm::Sm2Dsa => {
                key.verify(message, signature)
            }
            Kind::Sm2(_) | Kind::MlKem(_) => Err(UseError::Unsupported),
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
            Kind::Sm2(key) if algorithm == EncryptionAlgorithm::Sm2Pke => key.encrypt(plaintext),
            _ => Err(UseError::Unsupported),
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
            Kind::Sm2(key) if algorithm == EncryptionAlgorithm::Sm2Pke => key.decrypt(ciphertext),
            _ => Err(UseError::Unsupported),
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
            Kind::Sm2(key) => key.agree(peer),
            _ => Err(UseError::Unsupported),
        }
    }

    /// A fresh shared secret of 32 bytes, and what carries it to the holder of this key.
    ///
    /// # Errors
    /// [`UseError::Unsupported`], [`UseError::Failed`].
    pub fn encapsulate(&self) -> Result<(Vec<u8>, SecretBytes), UseError> {
        match &self.kind {
            Kind::MlKem(key) => key.encapsulate(),
            _ => Err(UseError::Unsupported),
        }
    }

    /// The secret that `ciphertext` carries.
    ///
    /// # Errors
    /// [`UseError::BadCiphertext`] for a wrong length: another fault gives another secret, not an
    /// error (FIPS 203, implicit rejection). [`UseError::Unsupported`].
    pub fn decapsulate(&self, ciphertext: &[u8]) -> Result<SecretBytes, UseError> {
        match &self.kind {
            Kind::MlKem(key) => key.decapsulate(ciphertext),
            _ => Err(UseError::Unsupported),
        }
    }
}

/// What ML-DSA signs.
enum ForMlDsa<'a> {
    Message(&'a [u8]),
    Mu(&'a [u8; 64]),
}

impl<'a> ForMlDsa<'a> {
    fn of(algorithm: SigningAlgorithm, message: Message<'a>) -> Result<Self, UseError> {
        match (algorithm, message) {
            (SigningAlgorithm::MlDsaShake256, Message::Raw(message)) => Ok(Self::Message(message)),
            (SigningAlgorithm::MlDsaShake256, Message::ExternalMu(mu)) => {
                mu.try_into().map(Self::Mu).map_err(|_| UseError::DigestLength)
            }
            _ => Err(UseError::Unsupported),
        }
    }
}
