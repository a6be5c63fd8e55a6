//! The key pairs that sign the trail's digests: RSA of 2,048 bits, one pair a Region.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail digest file structure".

use crate::vault::VaultError;
use strongroom_crypto::SecretBytes;
use strongroom_crypto::asymmetric::{Message, PrivateKey, rsa_public_key};
use strongroom_keys::TrailKeyRecord;
use strongroom_types::{KeySpec, Region, SigningAlgorithm, Timestamp};

/// A key that signs digests.
pub struct TrailSigner {
    public: Vec<u8>,
    private: PrivateKey,
}

impl TrailSigner {
    /// The public key: RSAPublicKey of PKCS #1, DER.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The signature of `message`: RSASSA-PKCS1-v1_5 with SHA-256, 256 bytes. The same message has
    /// the same signature.
    ///
    /// # Errors
    /// [`VaultError`] when AWS-LC fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, VaultError> {
        let signed = self.private.sign(SigningAlgorithm::RsassaPkcs1Sha256, Message::Raw(message));
        signed.map_err(|_| VaultError("a digest of the trail could not be signed".to_owned()))
    }

    /// The key of `record`.
    ///
    /// # Errors
    /// [`VaultError`] when the record holds none.
    pub(crate) fn open(record: &TrailKeyRecord) -> Result<Self, VaultError> {
        let private = PrivateKey::parse(KeySpec::Rsa2048, record.private.expose());
        let private = private.map_err(|why| VaultError(format!("a key of the trail: {why}")))?;
        Ok(Self { public: record.public.clone(), private })
    }

    /// A fresh key.
    ///
    /// # Errors
    /// [`VaultError`] when AWS-LC fails.
    pub(crate) fn generate(region: Region, now: Timestamp) -> Result<TrailKeyRecord, VaultError> {
        let failed = |why: &dyn std::fmt::Display| VaultError(format!("a key of the trail: {why}"));
        let private = PrivateKey::generate(KeySpec::Rsa2048).map_err(|why| failed(&why))?;
        let key = PrivateKey::parse(KeySpec::Rsa2048, private.expose());
        let key = key.map_err(|why| failed(&why))?;
        let public = rsa_public_key(key.public_key()).map_err(|why| failed(&why))?;
        Ok(TrailKeyRecord { region, public, private, created: now, retired: None })
    }

    /// The record of a key that signs no more: without its private key.
    pub(crate) fn retire(record: TrailKeyRecord, now: Timestamp) -> TrailKeyRecord {
        TrailKeyRecord { private: SecretBytes::new(Vec::new()), retired: Some(now), ..record }
    }
}
