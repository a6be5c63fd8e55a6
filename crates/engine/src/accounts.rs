//! Accounts and their root users' access keys, for the operator of the server: what has to be there
//! before anybody can sign a request. Each change is recorded as an event of the service.

use crate::credential::{AccountRecord, CredentialRecord, Owner};
use crate::engine::Engine;
use crate::ledger::Changes;
use crate::slot::{Slot, SlotRange};
use crate::vault::{Read, VaultError};
use strongroom_crypto::SecretBytes;
use strongroom_types::{AccountId, Region};

/// Credentials looked at in one step.
const PAGE: usize = 1000;

impl Engine {
    /// Whether the account exists.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails.
    pub async fn has_account(&self, id: AccountId) -> Result<bool, VaultError> {
        let found = self.vault().read::<AccountRecord>(&Slot::account(id)).await?;
        Ok(found.is_some())
    }

    /// Creates an account with its root user's access key, for the operator of the server.
    ///
    /// # Errors
    /// [`VaultError`] when the account exists or the store fails.
    pub async fn create_account(
        &self,
        id: AccountId,
        region: Region,
        access_key: &str,
        secret: SecretBytes,
    ) -> Result<(), VaultError> {
        let mut changes = Changes::default();
        let account = AccountRecord { id, created: self.now(), name: None, alias: None };
        changes.put(Slot::account(id), None, &account);
        self.put_root_key(&mut changes, id, access_key, secret)?;
        let event = self.event("iam", "CreateAccount", id, region, String::new());
        let written = self.ledger().commit(changes, &event, ()).await;
        written.map(drop).map_err(|_| VaultError(format!("account {id} could not be created")))
    }

    /// Gives the account's root user another access key; those it had are good no more.
    ///
    /// # Errors
    /// [`VaultError`] when there is no such account or the store fails.
    pub async fn reset_access_key(
        &self,
        id: AccountId,
        region: Region,
        access_key: &str,
        secret: SecretBytes,
    ) -> Result<(), VaultError> {
        if !self.has_account(id).await? {
            return Err(VaultError(format!("there is no account {id}")));
        }
        let mut changes = self.without_root_keys(id).await?;
        self.put_root_key(&mut changes, id, access_key, secret)?;
        let event = self.event("iam", "ResetRootAccessKey", id, region, String::new());
        let written = self.ledger().commit(changes, &event, ()).await;
        written.map(drop).map_err(|_| VaultError("the access key could not be reset".to_owned()))
    }

    /// Stages a new access key of the account's root user.
    fn put_root_key(
        &self,
        changes: &mut Changes,
        id: AccountId,
        access_key: &str,
        secret: SecretBytes,
    ) -> Result<(), VaultError> {
        let slot = Slot::credential(access_key)
            .ok_or_else(|| VaultError("not an access key id".to_owned()))?;
        let created = self.now();
        let record =
            CredentialRecord { account: id, owner: Owner::Root, secret, created, status: None };
        changes.put(slot, None, &record);
        Ok(())
    }

    /// Takes every access key of the account's root user away.
    async fn without_root_keys(&self, id: AccountId) -> Result<Changes, VaultError> {
        let (range, mut changes) = (SlotRange::credentials(), Changes::default());
        let mut after: Option<Vec<u8>> = None;
        loop {
            let places = self.vault().places(&range, after.as_deref(), PAGE).await?;
            for place in &places {
                let access_key = place.get(range.prefix().len()..).unwrap_or_default();
                let access_key = std::str::from_utf8(access_key).unwrap_or_default();
                let Some(slot) = Slot::credential(access_key) else { continue };
                let found = self.vault().read::<CredentialRecord>(&slot).await?;
                let Some(Read { record, version }) = found else { continue };
                if record.account == id && record.owner == Owner::Root {
                    changes.delete(slot, Some(version));
                }
            }
            after = places.last().cloned();
            if places.len() < PAGE {
                return Ok(changes);
            }
        }
    }
}
