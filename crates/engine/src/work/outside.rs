//! Keys outside: what was encrypted with a key's own material is encrypted again in the custom key
//! store that the key is in, and the reverse.

use super::Work;
use crate::gate::AdmittedKey;
use crate::ports::key_store::{KeyStoreError, Purpose};
use crate::refusal::{KeyStoreRefusal, Refusal};
use strongroom_crypto::SecretBytes;
use strongroom_keys::blob::{join, outer_associated_data, split};
use strongroom_keys::{KeyStoreRecord, StoreMembership};
use strongroom_types::{CustomKeyStoreType, EncryptionContext, KeyArn};

impl Work<'_> {
    /// The blob of `inside`, a header and what the key's own material encrypted.
    pub(super) async fn encrypt_outside(
        &self,
        key: &AdmittedKey,
        context: &EncryptionContext,
        inside: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let (store, member) = self.outside(key)?;
        let (header, body) = split(inside).map_err(|why| self.failed(&why))?;
        let (aad, purpose) =
            (outer_associated_data(header, context), self.purpose(Some(key.arn())));
        let stores = self.desk.key_stores;
        let made = stores.encrypt(&store.place, &member.name, &aad, body, &purpose).await;
        let package = made.map_err(|why| self.not_used(store, why))?;
        Ok([header, package.as_slice()].concat())
    }

    /// The reverse: header, and what the key's own material encrypted.
    pub(super) async fn decrypt_outside(
        &self,
        key: &AdmittedKey,
        context: &EncryptionContext,
        blob: &[u8],
    ) -> Result<SecretBytes, Refusal> {
        let (store, member) = self.outside(key)?;
        let (header, package) = split(blob).map_err(|_| Refusal::InvalidCiphertext)?;
        let (aad, purpose) =
            (outer_associated_data(header, context), self.purpose(Some(key.arn())));
        let stores = self.desk.key_stores;
        let opened = stores.decrypt(&store.place, &member.name, &aad, package, &purpose).await;
        let body = opened.map_err(|why| self.not_used(store, why))?;
        Ok(join(header, &body))
    }

    fn outside<'k>(
        &self,
        key: &'k AdmittedKey,
    ) -> Result<(&'k KeyStoreRecord, &'k StoreMembership), Refusal> {
        let found = key.store().zip(key.record().store.as_ref());
        found.ok_or_else(|| self.failed(&format!("{} is in no key store", key.arn())))
    }

    /// What a proxy is told of the request.
    pub(super) fn purpose(&self, key: Option<KeyArn>) -> Purpose {
        let call = self.desk.call;
        Purpose {
            region: call.caller.region,
            principal: call.caller.principal.arn(call.caller.partition).to_string(),
            key: key.map(|arn| arn.to_string()),
            operation: self.desk.demands.name,
            request: call.id.to_string(),
        }
    }

    /// The refusal of what a key outside has opened and the key's own material does not.
    pub(super) fn not_opened(&self, key: &AdmittedKey) -> Refusal {
        let Ok((store, _)) = self.outside(key) else { return Refusal::Internal };
        match store.kind() {
            CustomKeyStoreType::AwsCloudHsm => Refusal::InvalidCiphertext,
            CustomKeyStoreType::ExternalKeyStore => {
                let (id, arn) = (&store.id, key.arn());
                let what = "what its proxy decrypted does not open";
                self.desk.faults.note(format!("custom key store {id}: {what}: {arn}"));
                Refusal::KeyStore(KeyStoreRefusal::Opening)
            }
        }
    }

    /// The refusal of a use. AWS tells all that goes wrong in a custom key store as the key's state,
    /// but for what an HSM cannot open. An altered ciphertext is no news to the operator.
    fn not_used(&self, store: &KeyStoreRecord, why: KeyStoreError) -> Refusal {
        if why == KeyStoreError::Ciphertext {
            return match store.kind() {
                CustomKeyStoreType::AwsCloudHsm => Refusal::InvalidCiphertext,
                kind => Refusal::KeyStore(KeyStoreRefusal::Using(kind, why)),
            };
        }
        self.tell(store, &why);
        Refusal::KeyStore(KeyStoreRefusal::Using(store.kind(), why))
    }

    /// Tells the operator what a key store said; callers hear AWS's words only.
    pub(super) fn tell(&self, store: &KeyStoreRecord, why: &KeyStoreError) {
        self.desk.faults.note(format!("custom key store {}: {why}", store.id));
    }
}
