//! Ed25519 keys: pure Ed25519 over the message and Ed25519ph over its SHA-512 (RFC 8032).
//!
//! AWS-LC signs the pure form. The prehashed form is not in its safe interface, so it is
//! ed25519-dalek's.

use super::envelope::{self, Family};
use super::{KeyError, Message, UseError};
use crate::{SecretBytes, SecretKey};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{self, Ed25519KeyPair, KeyPair as _, ParsedPublicKey};
use digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U64};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::OctetStringRef;
use strongroom_types::SigningAlgorithm;

/// A private key.
pub(super) struct EdwardsKey {
    signing: Ed25519KeyPair,
    /// What the key is derived from, for the prehashed form.
    seed: SecretKey,
    public: EdwardsPublicKey,
}

impl EdwardsKey {
    /// A fresh key, as PKCS#8 of version 1, which every reader knows: without the public key.
    pub(super) fn generate() -> Result<SecretBytes, KeyError> {
        pkcs8(&Ed25519KeyPair::generate().map_err(|_| KeyError::Failed)?)
    }

    /// The key as PKCS#8 of version 1.
    pub(super) fn to_pkcs8(&self) -> Result<SecretBytes, KeyError> {
        pkcs8(&self.signing)
    }

    /// Parses PKCS#8. A public key in it must be the private key's.
    pub(super) fn parse(pkcs8: &[u8]) -> Result<Self, KeyError> {
        // RFC 8410, section 7: the seed is an OCTET STRING inside the envelope's.
        let inner = envelope::private(Family::Edwards, pkcs8)?;
        let seed = <&OctetStringRef>::from_der(inner).map_err(|_| KeyError::Malformed)?;
        let seed = SecretKey::from_slice(seed.as_bytes()).ok_or(KeyError::Malformed)?;
        let signing = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Malformed)?;
        let point = signing.public_key().as_ref();
        let der: PublicKeyX509Der<'_> =
            signing.public_key().as_der().map_err(|_| KeyError::Failed)?;
        let public = EdwardsPublicKey::parse(der.as_ref(), point)?;
        Ok(Self { signing, seed, public })
    }

    pub(super) fn public(&self) -> &EdwardsPublicKey {
        &self.public
    }

    /// The signature, 64 bytes.
    pub(super) fn sign(
        &self,
        algorithm: SigningAlgorithm,
        message: Message<'_>,
    ) -> Result<Vec<u8>, UseError> {
        match Signed::of(algorithm, message)? {
            Signed::Message(message) => {
                let signature = self.signing.try_sign(message).map_err(|_| UseError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Signed::Prehash(prehash) => {
                // Derived for each signature and wiped after it: kept, it would be copied by each
                // move of this key.
                let signing = SigningKey::from_bytes(self.seed.expose());
                let signature =
                    signing.sign_prehashed(prehash, None).map_err(|_| UseError::Failed)?;
                Ok(signature.to_bytes().to_vec())
            }
        }
    }
}

fn pkcs8(pair: &Ed25519KeyPair) -> Result<SecretBytes, KeyError> {
    let der = pair.to_pkcs8v1().map_err(|_| KeyError::Failed)?;
    Ok(SecretBytes::new(der.as_ref().to_vec()))
}

/// A public key.
pub(super) struct EdwardsPublicKey {
    key: ParsedPublicKey,
    prehashed: VerifyingKey,
}

impl EdwardsPublicKey {
    /// Parses a `SubjectPublicKeyInfo` whose envelope is known to be Ed25519's, with `point` in it.
    pub(super) fn parse(spki: &[u8], point: &[u8]) -> Result<Self, KeyError> {
        let key =
            ParsedPublicKey::new(&signature::ED25519, spki).map_err(|_| KeyError::Malformed)?;
        let prehashed = VerifyingKey::try_from(point).map_err(|_| KeyError::Malformed)?;
        Ok(Self { key, prehashed })
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
        match Signed::of(algorithm, message)? {
            Signed::Message(message) => {
                self.key.verify_sig(message, signature).map_err(|_| UseError::BadSignature)
            }
            Signed::Prehash(prehash) => {
                let signature =
                    Signature::from_slice(signature).map_err(|_| UseError::BadSignature)?;
                self.prehashed
                    .verify_prehashed_strict(prehash, None, &signature)
                    .map_err(|_| UseError::BadSignature)
            }
        }
    }
}

/// What is signed. The two forms are not signatures of one thing, so a message is never hashed
/// for the one that takes a digest.
enum Signed<'a> {
    Message(&'a [u8]),
    Prehash(Prehash),
}

impl<'a> Signed<'a> {
    fn of(algorithm: SigningAlgorithm, message: Message<'a>) -> Result<Self, UseError> {
        match (algorithm, message) {
            (SigningAlgorithm::Ed25519Sha512, Message::Raw(message)) => Ok(Self::Message(message)),
            (SigningAlgorithm::Ed25519PhSha512, Message::Digest(digest)) => {
                let digest = digest.try_into().map_err(|_| UseError::DigestLength)?;
                Ok(Self::Prehash(Prehash(digest)))
            }
            _ => Err(UseError::Unsupported),
        }
    }
}

/// A SHA-512 digest that was made before, where ed25519-dalek wants the hasher that makes it.
/// It is only ever asked for its result.
struct Prehash([u8; 64]);

impl Default for Prehash {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl OutputSizeUser for Prehash {
    type OutputSize = U64;
}

impl Update for Prehash {
    fn update(&mut self, _: &[u8]) {}
}

impl FixedOutput for Prehash {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(&self.0);
    }
}

impl HashMarker for Prehash {}
