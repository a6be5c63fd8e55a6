//! Accounts, their root users' access keys and service control policies, for the operator of the
//! server: what has to be there before anybody can sign a request. Each change is recorded as an
//! event of the service.

use crate::credential::{AccountRecord, CredentialRecord, Owner, RootKeysRecord};
use crate::engine::Engine;
use crate::identity::quota;
use crate::ledger::{Changes, EncodedRecord};
use crate::slot::{Slot, SlotRange};
use crate::vault::{Read, VaultError};
use strongroom_crypto::SecretBytes;
use strongroom_keys::identity::ControlRecord;
use strongroom_policy::Policy;
use strongroom_types::{AccountId, Region, Timestamp};

/// The service control policy that every level has from the beginning.
const FULL_ACCESS: &str = "FullAWSAccess";

/// An account, as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEntry {
    /// Its number.
    pub id: AccountId,
    /// What the operator calls it.
    pub name: Option<String>,
    /// Its alias.
    pub alias: Option<String>,
    /// When it was created.
    pub created: Timestamp,
}

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
        name: Option<String>,
        region: Region,
        (access_key, secret): (&str, SecretBytes),
    ) -> Result<(), VaultError> {
        if self.has_account(id).await? {
            return Err(VaultError(format!("account {id} is there already")));
        }
        let mut changes = Changes::default();
        let account =
            AccountRecord { id, created: self.now(), name, alias: None, sessions_since: None };
        changes.put(Slot::account(id), None, &account);
        let access_keys = vec![access_key.to_owned()];
        let root = RootKeysRecord { access_keys, sessions_since: None };
        changes.put(Slot::root_keys(id), None, &root);
        self.put_root_key(&mut changes, id, access_key, secret)?;
        let event = self.event("iam", "CreateAccount", id, region, String::new());
        let written = self.ledger().commit(changes, EncodedRecord::of(&event), ()).await;
        written.map(drop).map_err(|_| VaultError(format!("account {id} could not be created")))
    }

    /// Gives the account's root user another access key; those it had, and the temporary credentials
    /// that were made with them, are good no more.
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
        let mut changes = Changes::default();
        let place = Slot::root_keys(id);
        // INVARIANT: nothing that this expects is changed by any request, so that none of the root
        // user's can stand in its way.
        let before = self.vault().read::<RootKeysRecord>(&place).await?;
        match &before {
            Some(known) => self.take_root_keys(&mut changes, &known.record.access_keys).await?,
            None => self.take_unlisted_root_keys(&mut changes, id).await?,
        }
        let (access_keys, sessions_since) = (vec![access_key.to_owned()], Some(self.now()));
        let record = RootKeysRecord { access_keys, sessions_since };
        changes.put(place, before.map(|read| read.version), &record);
        self.put_root_key(&mut changes, id, access_key, secret)?;
        let event = self.event("iam", "ResetRootAccessKey", id, region, String::new());
        let written = self.ledger().commit(changes, EncodedRecord::of(&event), ()).await;
        written.map(drop).map_err(|_| VaultError("the access key could not be reset".to_owned()))
    }

    /// All accounts, by number.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn accounts(&self) -> Result<Vec<AccountEntry>, VaultError> {
        let (range, mut all) = (SlotRange::accounts(), Vec::new());
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = self.vault().scan::<AccountRecord>(&range, after.as_deref(), PAGE).await?;
            let count = found.len();
            after = found.last().map(|(place, _)| place.clone());
            all.extend(found.into_iter().map(|(_, record)| {
                let AccountRecord { id, created, name, alias, .. } = record;
                AccountEntry { id, name, alias, created }
            }));
            if count < PAGE {
                return Ok(all);
            }
        }
    }

    /// The service control policies of an account, or of all, as names and documents.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn service_control(
        &self,
        account: Option<AccountId>,
    ) -> Result<Vec<(String, String)>, VaultError> {
        let level = self.vault().controls(account).await?;
        let mut policies = level.record.policies.clone();
        if !level.record.without_full_access {
            let text = crate::identity::aws_managed::FULL_ACCESS_DOCUMENT.to_owned();
            policies.insert(0, (FULL_ACCESS.to_owned(), text));
        }
        Ok(policies)
    }

    /// Puts a service control policy on an account, or on all, in the place of the one of its name.
    ///
    /// # Errors
    /// [`VaultError`] with what is wrong with it, or when there is no such account.
    pub async fn put_service_control(
        &self,
        account: Option<AccountId>,
        region: Region,
        (name, document): (&str, &str),
    ) -> Result<(), VaultError> {
        if name != FULL_ACCESS {
            if quota::size(document) > quota::CONTROL_POLICY {
                let most = quota::CONTROL_POLICY;
                return Err(VaultError(format!("the policy is longer than {most} characters")));
            }
            let parsed = Policy::identity_policy(document);
            parsed.map_err(|why| VaultError(format!("the policy is malformed: {why}")))?;
        }
        self.change_service_control(account, region, "PutServiceControlPolicy", |record| {
            if name == FULL_ACCESS {
                record.without_full_access = false;
                return Ok(());
            }
            if let Some((_, text)) = record.policies.iter_mut().find(|(known, _)| known == name) {
                document.clone_into(text);
            } else if record.policies.len() < quota::CONTROL_POLICIES {
                record.policies.push((name.to_owned(), document.to_owned()));
            } else {
                let most = quota::CONTROL_POLICIES;
                return Err(VaultError(format!("there are {most} policies already")));
            }
            Ok(())
        })
        .await
    }

    /// Takes a service control policy from an account, or from all.
    ///
    /// # Errors
    /// [`VaultError`] when it is not there.
    pub async fn delete_service_control(
        &self,
        account: Option<AccountId>,
        region: Region,
        name: &str,
    ) -> Result<(), VaultError> {
        self.change_service_control(account, region, "DeleteServiceControlPolicy", |record| {
            let before = record.policies.len();
            record.policies.retain(|(known, _)| known != name);
            let was_full = name == FULL_ACCESS && !record.without_full_access;
            record.without_full_access |= was_full;
            if record.policies.len() < before || was_full {
                Ok(())
            } else {
                Err(VaultError(format!("there is no service control policy {name}")))
            }
        })
        .await
    }

    async fn change_service_control(
        &self,
        account: Option<AccountId>,
        region: Region,
        event: &'static str,
        edit: impl FnOnce(&mut ControlRecord) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        if let Some(id) = account
            && !self.has_account(id).await?
        {
            return Err(VaultError(format!("there is no account {id}")));
        }
        let level = self.vault().controls(account).await?;
        let mut record = level.record.clone();
        edit(&mut record)?;
        let mut changes = Changes::default();
        changes.put(Slot::controls(account), level.version, &record);
        let owner = account.unwrap_or(AccountId::INITIAL);
        let event = self.event("organizations", event, owner, region, String::new());
        let written = self.ledger().commit(changes, EncodedRecord::of(&event), ()).await;
        let failed = |_| VaultError("the policies could not be recorded; try again".to_owned());
        written.map(drop).map_err(failed)
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

    /// Takes these access keys away.
    async fn take_root_keys(
        &self,
        changes: &mut Changes,
        ids: &[String],
    ) -> Result<(), VaultError> {
        for slot in ids.iter().filter_map(|id| Slot::credential(id)) {
            if let Some(read) = self.vault().read::<CredentialRecord>(&slot).await? {
                changes.delete(slot, Some(read.version));
            }
        }
        Ok(())
    }

    /// Takes every access key of the root user away, of an account that was made before they were
    /// listed.
    async fn take_unlisted_root_keys(
        &self,
        changes: &mut Changes,
        id: AccountId,
    ) -> Result<(), VaultError> {
        let range = SlotRange::credentials();
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
                return Ok(());
            }
        }
    }

    /// Up to when the root user's temporary credentials are good no more, if they do not say by
    /// which access key they were made.
    pub(crate) async fn root_sessions_since(
        &self,
        id: AccountId,
    ) -> Result<Option<Timestamp>, VaultError> {
        let own = self.vault().read::<RootKeysRecord>(&Slot::root_keys(id)).await?;
        let own = own.and_then(|read| read.record.sessions_since);
        let before = self.vault().account(id).await?.and_then(|account| account.sessions_since);
        Ok(own.max(before))
    }
}
