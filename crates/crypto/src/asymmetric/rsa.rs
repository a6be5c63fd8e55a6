//! RSA keys: RSASSA-PSS, RSASSA-PKCS1-v1_5 and RSAES-OAEP (RFC 8017).
//!
//! AWS-LC blinds every private operation and checks its result with the public exponent before
//! it lets it out. The private key is in AWS-LC's memory, which AWS-LC wipes when it frees it.

use super::envelope::{self, Family};
use super::{KeyError, Message, UseError, oaep};
use crate::SecretBytes;
use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, KeyPair as _, RsaKeyPair, RsaParameters, RsaSignatureEncoding};
use std::sync::OnceLock;
use strongroom_types::{EncryptionAlgorithm, KeySpec, SigningAlgorithm};

/// A private key of 2,048, 3,072 or 4,096 bits.
pub(super) struct RsaKey {
    signing: RsaKeyPair,
    /// The same key in the type that decrypts, made when it first does: few keys do both.
    decrypting: OnceLock<OaepPrivateDecryptingKey>,
    public: RsaPublicKey,
}

impl RsaKey {
    /// A fresh key with the public exponent 65,537, as PKCS#8.
    pub(super) fn generate(spec: KeySpec) -> Result<SecretBytes, KeyError> {
        let size = match spec {
            KeySpec::Rsa2048 => KeySize::Rsa2048,
            KeySpec::Rsa3072 => KeySize::Rsa3072,
            KeySpec::Rsa4096 => KeySize::Rsa4096,
            _ => return Err(KeyError::Unsupported),
        };
        pkcs8(&RsaKeyPair::generate(size).map_err(|_| KeyError::Failed)?)
    }

    /// The key as PKCS#8.
    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        pkcs8(&self.signing)
    }

    /// Parses PKCS#8 of exactly `spec`. The members must agree with each other; that the factors
    /// are prime is not tested. The public exponent is odd, at least 3 and at most 33 bits long.
    pub(super) fn parse(spec: KeySpec, pkcs8: &[u8]) -> Result<Self, KeyError> {
        envelope::private(Family::Rsa, pkcs8)?;
        let signing = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Malformed)?;
        let der: PublicKeyX509Der<'_> =
            signing.public_key().as_der().map_err(|_| KeyError::Failed)?;
        let public = RsaPublicKey::parse(der.as_ref())?;
        if public.spec != spec {
            return Err(KeyError::OtherSpec);
        }
        Ok(Self { signing, decrypting: OnceLock::new(), public })
    }

    pub(super) fn public(&self) -> &RsaPublicKey {
        &self.public
    }

    /// The signature, of the length of the modulus.
    pub(super) fn sign(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, UseError> {
        let scheme = Scheme::of(algorithm)?;
        let digest = message.digest(scheme.hash)?;
        let mut out = vec![0; self.signing.public_modulus_len()];
        self.signing.sign_digest(scheme.sign, &digest, &mut out).map_err(|_| UseError::Failed)?;
        Ok(out)
    }

    /// Decrypts with RSAES-OAEP. That something is wrong is all an error tells, in constant time.
    pub(super) fn decrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, UseError> {
        let scheme = oaep::scheme(algorithm)?;
        let key = self.decrypting()?;
        let mut whole = SecretBytes::zeroed(key.min_output_size());
        let plain = key
            .decrypt(scheme, ciphertext, whole.expose_mut(), None)
            .map_err(|_| UseError::BadCiphertext)?;
        Ok(SecretBytes::new(plain.to_vec()))
    }

    fn decrypting(&self) -> Result<&OaepPrivateDecryptingKey, UseError> {
        if let Some(key) = self.decrypting.get() {
            return Ok(key);
        }
        let der: Pkcs8V1Der<'_> = self.signing.as_der().map_err(|_| UseError::Failed)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref())
            .map_err(|_| UseError::Failed)
            .and_then(|key| OaepPrivateDecryptingKey::new(key).map_err(|_| UseError::Failed))?;
        Ok(self.decrypting.get_or_init(|| key))
    }
}

fn pkcs8(pair: &RsaKeyPair) -> Result<SecretBytes, KeyError> {
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Failed)?;
    Ok(SecretBytes::new(der.as_ref().to_vec()))
}

/// A public key of 2,048, 3,072 or 4,096 bits.
pub(super) struct RsaPublicKey {
    spec: KeySpec,
    der: Vec<u8>,
    encrypting: OaepPublicEncryptingKey,
}

impl RsaPublicKey {
    /// Parses a `SubjectPublicKeyInfo` whose envelope is known to be RSA's.
    pub(super) fn parse(spki: &[u8]) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(spki).map_err(|_| KeyError::Malformed)?;
        let spec = match key.key_size_bits() {
            2048 => KeySpec::Rsa2048,
            3072 => KeySpec::Rsa3072,
            4096 => KeySpec::Rsa4096,
            _ => return Err(KeyError::OtherSpec),
        };
        let encrypting = OaepPublicEncryptingKey::new(key).map_err(|_| KeyError::Failed)?;
        Ok(Self { spec, der: spki.to_vec(), encrypting })
    }

    pub(super) fn spec(&self) -> KeySpec {
        self.spec
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn verify(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), UseError> {
        let scheme = Scheme::of(algorithm)?;
        let digest = message.digest(scheme.hash)?;
        signature::UnparsedPublicKey::new(scheme.verify, &self.der)
            .verify_digest(&digest, signature)
            .map_err(|_| UseError::BadSignature)
    }

    /// Encrypts with RSAES-OAEP; the ciphertext has the length of the modulus.
    pub(super) fn encrypt(
        &self,
        algorithm: EncryptionAlgorithm,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, UseError> {
        let scheme = oaep::scheme(algorithm)?;
        let max = oaep::oaep_capacity(self.spec, algorithm).ok_or(UseError::Unsupported)?;
        if plaintext.len() > max {
            return Err(UseError::TooLong { max });
        }
        let mut out = vec![0; self.encrypting.ciphertext_size()];
        self.encrypting.encrypt(scheme, plaintext, &mut out, None).map_err(|_| UseError::Failed)?;
        Ok(out)
    }
}

/// A signature scheme by AWS-LC's names. In PSS, MGF1 has the same hash and the salt the digest's
/// length; AWS-LC verifies no other length either.
struct Scheme {
    hash: &'static digest::Algorithm,
    sign: &'static RsaSignatureEncoding,
    verify: &'static RsaParameters,
}

impl Scheme {
    fn of(algorithm: SigningAlgorithm) -> Result<Self, UseError> {
        let (hash, sign, verify) = match algorithm {
            SigningAlgorithm::RsassaPssSha256 => {
                (&SHA256, &signature::RSA_PSS_SHA256, &signature::RSA_PSS_2048_8192_SHA256)
            }
            SigningAlgorithm::RsassaPssSha384 => {
                (&SHA384, &signature::RSA_PSS_SHA384, &signature::RSA_PSS_2048_8192_SHA384)
            }
            SigningAlgorithm::RsassaPssSha512 => {
                (&SHA512, &signature::RSA_PSS_SHA512, &signature::RSA_PSS_2048_8192_SHA512)
            }
            SigningAlgorithm::RsassaPkcs1Sha256 => {
                (&SHA256, &signature::RSA_PKCS1_SHA256, &signature::RSA_PKCS1_2048_8192_SHA256)
            }
            SigningAlgorithm::RsassaPkcs1Sha384 => {
                (&SHA384, &signature::RSA_PKCS1_SHA384, &signature::RSA_PKCS1_2048_8192_SHA384)
            }
            SigningAlgorithm::RsassaPkcs1Sha512 => {
                (&SHA512, &signature::RSA_PKCS1_SHA512, &signature::RSA_PKCS1_2048_8192_SHA512)
            }
            _ => return Err(UseError::Unsupported),
        };
        Ok(Self { hash, sign, verify })
    }
}
