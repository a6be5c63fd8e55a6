//! What a private key of an admitted key does, and what its public key is.

use super::Work;
use super::offload::{is_slow, making};
use crate::gate::AdmittedKey;
use crate::ports::Effort;
use crate::refusal::{Invalid, Refusal};
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_crypto::asymmetric::{Message, PrivateKey, UseError};
use strongroom_types::{EncryptionAlgorithm, KeySpec, MessageType, SigningAlgorithm};

/// A message to be signed, or the signature of one to be verified.
pub struct Signed {
    /// The algorithm, one of the key's.
    pub algorithm: SigningAlgorithm,
    /// What the message is.
    pub kind: MessageType,
    /// The message, its digest or its representative.
    pub message: Arc<SecretBytes>,
}

impl Signed {
    fn message(&self) -> Message<'_> {
        let bytes = self.message.expose();
        match self.kind {
            MessageType::Raw => Message::Raw(bytes),
            MessageType::Digest => Message::Digest(bytes),
            MessageType::ExternalMu => Message::ExternalMu(bytes),
        }
    }
}

impl Work<'_> {
    /// The public key: SubjectPublicKeyInfo (RFC 5280), DER.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the key is no pair.
    pub async fn public_key(&mut self, key: &AdmittedKey) -> Result<Vec<u8>, Refusal> {
        let pair = self.current(key).await?.private().ok_or(Refusal::Internal)?;
        Ok(pair.public_key().to_vec())
    }

    /// Signs. Returns the signature in the algorithm's usual form; of ECDSA and SM2DSA in DER.
    ///
    /// # Errors
    /// The refusal of a message that does not fit, or [`Refusal::Internal`].
    pub async fn sign(&mut self, key: &AdmittedKey, signed: Signed) -> Result<Vec<u8>, Refusal> {
        let (algorithm, spec) = (signed.algorithm, key.record().spec);
        let made = self.with_pair(key, move |pair| pair.sign(algorithm, signed.message()));
        made.await?.map_err(|why| self.not_signed(why, algorithm, spec))
    }

    /// Verifies `signature`.
    ///
    /// # Errors
    /// [`Refusal::InvalidSignature`] when it is not the signature, else as [`Work::sign`].
    pub async fn verify(
        &mut self,
        key: &AdmittedKey,
        signed: Signed,
        signature: Arc<SecretBytes>,
    ) -> Result<(), Refusal> {
        let (algorithm, spec) = (signed.algorithm, key.record().spec);
        let verified = self.with_pair(key, move |pair| {
            pair.verify(algorithm, signed.message(), signature.expose())
        });
        verified.await?.map_err(|why| self.not_signed(why, algorithm, spec))
    }

    fn not_signed(&self, why: UseError, algorithm: SigningAlgorithm, spec: KeySpec) -> Refusal {
        match why {
            UseError::BadSignature => Refusal::InvalidSignature,
            UseError::DigestLength => Refusal::Validation(Invalid::DigestLength(algorithm)),
            UseError::Unsupported => {
                Refusal::IncompatibleAlgorithm { algorithm: algorithm.name(), spec }
            }
            why => self.failed(&why),
        }
    }

    pub(super) async fn encrypt_with_pair(
        &self,
        key: &AdmittedKey,
        algorithm: EncryptionAlgorithm,
        plaintext: &SecretBytes,
    ) -> Result<Vec<u8>, Refusal> {
        // The public key's work takes no longer than handing it over does.
        let pair = self.current(key).await?.private().ok_or(Refusal::Internal)?;
        let spec = key.record().spec;
        pair.encrypt(algorithm, plaintext.expose()).map_err(|why| match why {
            UseError::TooLong { max } => {
                Refusal::Validation(Invalid::PlaintextLength { algorithm, spec, max })
            }
            why => self.failed(&why),
        })
    }

    /// Decrypts what the key's public key encrypted with `algorithm`.
    ///
    /// # Errors
    /// [`Refusal::InvalidCiphertext`].
    pub async fn decrypt_with_pair(
        &mut self,
        key: &AdmittedKey,
        algorithm: EncryptionAlgorithm,
        ciphertext: Arc<SecretBytes>,
    ) -> Result<SecretBytes, Refusal> {
        let opened = self.with_pair(key, move |pair| pair.decrypt(algorithm, ciphertext.expose()));
        opened.await?.map_err(|_| Refusal::InvalidCiphertext)
    }

    /// The secret that the key shares with the owner of `public_key` (SubjectPublicKeyInfo, DER):
    /// the X coordinate of ECDH (NIST SP 800-56A, section 5.7.1.2).
    ///
    /// # Errors
    /// [`Refusal::InvalidPublicKey`].
    pub async fn agree(
        &mut self,
        key: &AdmittedKey,
        public_key: Arc<SecretBytes>,
    ) -> Result<SecretBytes, Refusal> {
        let agreed = self.with_pair(key, move |pair| pair.agree(public_key.expose()));
        agreed.await?.map_err(|why| match why {
            UseError::BadPublicKey => Refusal::InvalidPublicKey,
            why => self.failed(&why),
        })
    }

    /// A fresh shared secret and its encapsulation (FIPS 203).
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn encapsulate(
        &mut self,
        key: &AdmittedKey,
    ) -> Result<(Vec<u8>, SecretBytes), Refusal> {
        let made = self.with_pair(key, PrivateKey::encapsulate).await?;
        made.map_err(|why| self.failed(&why))
    }

    /// The shared secret of `ciphertext`. One that was made for another key gives a pseudo-random
    /// secret (implicit rejection, FIPS 203).
    ///
    /// # Errors
    /// [`Refusal::InvalidCiphertext`] for the wrong length.
    pub async fn decapsulate(
        &mut self,
        key: &AdmittedKey,
        ciphertext: Arc<SecretBytes>,
    ) -> Result<SecretBytes, Refusal> {
        let opened = self.with_pair(key, move |pair| pair.decapsulate(ciphertext.expose()));
        opened.await?.map_err(|_| Refusal::InvalidCiphertext)
    }

    /// A fresh key pair that belongs to no key: PKCS #8 and SubjectPublicKeyInfo, both DER.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn fresh_pair(&mut self, spec: KeySpec) -> Result<(SecretBytes, Vec<u8>), Refusal> {
        let make = move || {
            let private = PrivateKey::generate(spec)?;
            let public = PrivateKey::parse(spec, private.expose())?.public_key().to_vec();
            Ok::<_, strongroom_crypto::asymmetric::KeyError>((private, public))
        };
        let made = if is_slow(spec) { self.offload(making(spec), make).await? } else { make() };
        made.map_err(|why| self.failed(&why))
    }

    /// What `task` makes of the key's current private key.
    async fn with_pair<T: Send + 'static>(
        &self,
        key: &AdmittedKey,
        task: impl FnOnce(&PrivateKey) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let current = self.current(key).await?;
        if !is_slow(key.record().spec) {
            return current.private().map(task).ok_or(Refusal::Internal);
        }
        let (entry, id) = (Arc::clone(key.entry()), current.id());
        let done = self.offload(Effort::Short, move || {
            let opened = entry.opened().iter().find(|backing| backing.id() == id);
            opened.and_then(|backing| backing.private()).map(task)
        });
        done.await?.ok_or(Refusal::Internal)
    }
}
