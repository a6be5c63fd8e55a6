//! Encrypting, decrypting and authenticating, with the material of an admitted key.

use super::Work;
use crate::gate::AdmittedKey;
use crate::last_use::last_use;
use crate::refusal::Refusal;
use strongroom_crypto::{SecretBytes, mac};
use strongroom_keys::blob::BlobHeader;
use strongroom_keys::{BackingKey, LastUse, MaterialId};
use strongroom_types::{EncryptionAlgorithm, EncryptionContext, MacAlgorithm};

/// What encrypting made.
pub struct Encrypted {
    /// A ciphertext blob, or what the algorithm alone makes for an asymmetric key.
    pub blob: Vec<u8>,
    /// The material that encrypted; only symmetric keys tell.
    pub material: Option<MaterialId>,
}

impl Work<'_> {
    /// Encrypts under the key's current material.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store, the entropy source or AWS-LC fails.
    pub async fn encrypt(
        &mut self,
        key: &AdmittedKey,
        algorithm: EncryptionAlgorithm,
        context: &EncryptionContext,
        plaintext: &SecretBytes,
    ) -> Result<Encrypted, Refusal> {
        if algorithm != EncryptionAlgorithm::SymmetricDefault {
            let blob = Box::pin(self.encrypt_with_pair(key, algorithm, plaintext)).await?;
            return Ok(Encrypted { blob, material: None });
        }
        let current = self.current(key).await?;
        let (arn, entropy) = (key.arn(), self.desk.vault.entropy());
        let blob = if key.store().is_some() {
            let inside = current.encrypt_inside(&arn, context, plaintext.expose(), entropy);
            let inside = inside.map_err(|why| self.failed(&why))?;
            Box::pin(self.encrypt_outside(key, context, &inside)).await?
        } else {
            let blob = current.encrypt(&arn, context, plaintext.expose(), entropy);
            blob.map_err(|why| self.failed(&why))?
        };
        self.note.material(current.id());
        Ok(Encrypted { blob, material: Some(current.id()) })
    }

    /// Decrypts `blob`, which begins with `header`.
    ///
    /// # Errors
    /// [`Refusal::InvalidCiphertext`] when blob or context differ from what was encrypted.
    pub async fn decrypt(
        &mut self,
        key: &AdmittedKey,
        header: &BlobHeader,
        context: &EncryptionContext,
        blob: &SecretBytes,
    ) -> Result<SecretBytes, Refusal> {
        let keys = self.backing_keys(key).await?;
        let made_it = keys.iter().find(|backing| backing.id() == header.material);
        let made_it = made_it.ok_or(Refusal::InvalidCiphertext)?;
        if header.twice != key.store().is_some() {
            return Err(Refusal::InvalidCiphertext);
        }
        let plain = if header.twice {
            let inside = Box::pin(self.decrypt_outside(key, context, blob.expose())).await?;
            let plain = made_it.decrypt(header, context, inside.expose());
            plain.map_err(|_| self.not_opened(key))?
        } else {
            let plain = made_it.decrypt(header, context, blob.expose());
            plain.map_err(|_| Refusal::InvalidCiphertext)?
        };
        self.note.material(header.material);
        Ok(plain)
    }

    /// The MAC of `message` (at most 4,096 bytes).
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the key is no HMAC key.
    pub async fn generate_mac(
        &mut self,
        key: &AdmittedKey,
        algorithm: MacAlgorithm,
        message: &SecretBytes,
    ) -> Result<Vec<u8>, Refusal> {
        let secret = self.current(key).await?.mac().ok_or(Refusal::Internal)?;
        Ok(mac::authenticate(algorithm, secret.expose(), message.expose()))
    }

    /// Whether `tag` is the MAC of `message`, compared in constant time.
    ///
    /// # Errors
    /// [`Refusal::InvalidMac`] when it is not.
    pub async fn verify_mac(
        &mut self,
        key: &AdmittedKey,
        algorithm: MacAlgorithm,
        message: &SecretBytes,
        tag: &SecretBytes,
    ) -> Result<(), Refusal> {
        let secret = self.current(key).await?.mac().ok_or(Refusal::Internal)?;
        if mac::verify(algorithm, secret.expose(), message.expose(), tag.expose()) {
            Ok(())
        } else {
            Err(Refusal::InvalidMac)
        }
    }

    /// The last successful use of the key's material, if there was any.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store fails.
    pub async fn last_use(&self, key: &AdmittedKey) -> Result<Option<LastUse>, Refusal> {
        let used = last_use(&key.arn(), self.desk.last_uses, self.desk.vault).await;
        used.map_err(|why| self.desk.internal(&why))
    }

    /// The backing key that encrypts, signs and authenticates.
    pub(super) async fn current<'k>(
        &self,
        key: &'k AdmittedKey,
    ) -> Result<&'k BackingKey, Refusal> {
        let keys = self.backing_keys(key).await?;
        let current = key.record().current().map(|material| MaterialId::new(material.id));
        let current = keys.iter().find(|backing| Some(backing.id()) == current);
        current.ok_or_else(|| self.failed(&format!("{} has no current material", key.arn())))
    }

    pub(super) async fn backing_keys<'k>(
        &self,
        key: &'k AdmittedKey,
    ) -> Result<&'k [BackingKey], Refusal> {
        let keys = self.desk.vault.backing_keys(key.entry()).await;
        keys.map_err(|why| self.desk.internal(&why))
    }
}
