//! Keys on curves of Weierstrass form: ECDSA (FIPS 186-5) and ECDH (SP 800-56A).
//!
//! The private key is in AWS-LC's memory, which AWS-LC wipes when it frees it.

use super::envelope::{self, Family};
use super::{KeyError, Message, UseError};
use crate::SecretBytes;
use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521};
use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _, EcPrivateKeyBin, PublicKeyX509Der};
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair as _,
    ParsedPublicKey,
};
use std::sync::OnceLock;
use strongroom_types::{KeySpec, SigningAlgorithm};

/// A private key on a NIST curve or secp256k1.
pub(super) struct EccKey {
    signing: EcdsaKeyPair,
    /// The same key in the type that agrees, made when it first does: no key does both.
    agreeing: OnceLock<agreement::PrivateKey>,
    public: EccPublicKey,
}

impl EccKey {
    /// A fresh key, as PKCS#8 with the public key in it.
    pub(super) fn generate(spec: KeySpec) -> Result<SecretBytes, KeyError> {
        let curve = Curve::of(spec)?;
        pkcs8(&EcdsaKeyPair::generate(curve.sign).map_err(|_| KeyError::Failed)?)
    }

    /// The key as PKCS#8 with the public key in it. AWS-LC writes a key that it has read without
    /// the public key, or with a compressed one, so again; one put together of its parts not.
    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        let failed = |_| KeyError::Failed;
        let private: EcPrivateKeyBin<'_> =
            self.signing.private_key().as_be_bytes().map_err(failed)?;
        let point = self.signing.public_key().as_ref();
        let curve = self.public.curve.sign;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, private.as_ref(), point);
        pkcs8(&pair.map_err(|_| KeyError::Failed)?)
    }

    /// Parses PKCS#8 of exactly `spec`. A public key inside must be the private key's.
    pub(super) fn parse(spec: KeySpec, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let curve = Curve::of(spec)?;
        envelope::private(Family::Ecc(spec), pkcs8)?;
        let signing =
            EcdsaKeyPair::from_pkcs8(curve.sign, pkcs8).map_err(|_| KeyError::Malformed)?;
        let der: PublicKeyX509Der<'_> =
            signing.public_key().as_der().map_err(|_| KeyError::Failed)?;
        let public = EccPublicKey::parse(spec, der.as_ref())?;
        Ok(Self { signing, agreeing: OnceLock::new(), public })
    }

    pub(super) fn public(&self) -> &EccPublicKey {
        &self.public
    }

    /// The signature, in DER.
    pub(super) fn sign(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, UseError> {
        let digest = message.digest(self.public.curve.hash_of(algorithm)?)?;
        let signature = self.signing.sign_digest(&digest).map_err(|_| UseError::Failed)?;
        Ok(signature.as_ref().to_vec())
    }

    /// The X coordinate that this key and the `SubjectPublicKeyInfo` `peer` share, as long as a
    /// coordinate of the curve.
    pub(super) fn agree(&self, peer: &[u8]) -> Result<SecretBytes, UseError> {
        let algorithm = self.public.curve.agree.ok_or(UseError::Unsupported)?;
        let (family, _) = envelope::public(peer).map_err(|_| UseError::BadPublicKey)?;
        if family != Family::Ecc(self.public.spec) {
            return Err(UseError::BadPublicKey);
        }
        // AWS-LC refuses points off the curve and at infinity when it parses them.
        let peer = agreement::UnparsedPublicKey::new(algorithm, peer);
        let own = self.agreeing(algorithm)?;
        agreement::agree(own, peer, UseError::BadPublicKey, |secret| {
            Ok(SecretBytes::new(secret.to_vec()))
        })
    }

    fn agreeing(
        &self,
        algorithm: &'static agreement::Algorithm,
    ) -> Result<&agreement::PrivateKey, UseError> {
        if let Some(key) = self.agreeing.get() {
            return Ok(key);
        }
        let der = self.signing.to_pkcs8v1().map_err(|_| UseError::Failed)?;
        let key = agreement::PrivateKey::from_private_key_der(algorithm, der.as_ref())
            .map_err(|_| UseError::Failed)?;
        Ok(self.agreeing.get_or_init(|| key))
    }
}

fn pkcs8(pair: &EcdsaKeyPair) -> Result<SecretBytes, KeyError> {
    let der = pair.to_pkcs8v1().map_err(|_| KeyError::Failed)?;
    Ok(SecretBytes::new(der.as_ref().to_vec()))
}

/// A public key on a NIST curve or secp256k1.
pub(super) struct EccPublicKey {
    spec: KeySpec,
    curve: Curve,
    key: ParsedPublicKey,
}

impl EccPublicKey {
    /// Parses a `SubjectPublicKeyInfo` whose envelope is known to be that of `spec`.
    pub(super) fn parse(spec: KeySpec, spki: &[u8]) -> Result<Self, KeyError> {
        let curve = Curve::of(spec)?;
        let key = ParsedPublicKey::new(curve.verify, spki).map_err(|_| KeyError::Malformed)?;
        Ok(Self { spec, curve, key })
    }

    pub(super) fn spec(&self) -> KeySpec {
        self.spec
    }

    pub(super) fn der(&self) -> &[u8] {
        self.key.as_ref()
    }

    pub(super) fn verify(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
        signature: &[u8],
    ) -> Result<(), UseError> {
        let digest = message.digest(self.curve.hash_of(algorithm)?)?;
        self.key.verify_digest_sig(&digest, signature).map_err(|_| UseError::BadSignature)
    }
}

/// A curve by AWS-LC's names.
#[derive(Clone, Copy)]
struct Curve {
    /// The one algorithm that keys on it sign with, and its hash.
    algorithm: SigningAlgorithm,
    hash: &'static digest::Algorithm,
    sign: &'static EcdsaSigningAlgorithm,
    verify: &'static EcdsaVerificationAlgorithm,
    /// None where keys do not agree on secrets.
    agree: Option<&'static agreement::Algorithm>,
}

impl Curve {
    const P256: Self = Self {
        algorithm: SigningAlgorithm::EcdsaSha256,
        hash: &SHA256,
        sign: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        verify: &signature::ECDSA_P256_SHA256_ASN1,
        agree: Some(&ECDH_P256),
    };
    const P384: Self = Self {
        algorithm: SigningAlgorithm::EcdsaSha384,
        hash: &SHA384,
        sign: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        verify: &signature::ECDSA_P384_SHA384_ASN1,
        agree: Some(&ECDH_P384),
    };
    const P521: Self = Self {
        algorithm: SigningAlgorithm::EcdsaSha512,
        hash: &SHA512,
        sign: &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
        verify: &signature::ECDSA_P521_SHA512_ASN1,
        agree: Some(&ECDH_P521),
    };
    const SECP256K1: Self = Self {
        algorithm: SigningAlgorithm::EcdsaSha256,
        hash: &SHA256,
        sign: &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
        verify: &signature::ECDSA_P256K1_SHA256_ASN1,
        agree: None,
    };

    const fn of(spec: KeySpec) -> Result<Self, KeyError> {
        match spec {
            KeySpec::EccNistP256 => Ok(Self::P256),
            KeySpec::EccNistP384 => Ok(Self::P384),
            KeySpec::EccNistP521 => Ok(Self::P521),
            KeySpec::EccSecgP256k1 => Ok(Self::SECP256K1),
            _ => Err(KeyError::Unsupported),
        }
    }

    fn hash_of(self, algorithm: SigningAlgorithm) -> Result<&'static digest::Algorithm, UseError> {
        if algorithm == self.algorithm { Ok(self.hash) } else { Err(UseError::Unsupported) }
    }
}
