//! Access keys of users.

use super::Work;
use crate::credential::{CredentialRecord, Owner};
use crate::identity::access_key_use::access_key_use;
use crate::identity::{fresh_access_key, quota};
use crate::refusal::{IdentityDefect, Quota, Refusal};
use crate::slot::Slot;
use crate::target::AdmittedIdentity;
use crate::vault::Read;
use std::sync::Arc;
use strongroom_crypto::SecretBytes;
use strongroom_keys::identity::{AccessKeyUse, IdentityRecord};
use strongroom_types::{AccessKeyStatus, Timestamp};

/// An access key, as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKeyEntry {
    /// `AKIA…`.
    pub id: String,
    /// Whether it signs.
    pub status: AccessKeyStatus,
    /// When it was created.
    pub created: Timestamp,
}

impl Work<'_> {
    /// Stages a new access key of the user. Its secret is told this once.
    ///
    /// # Errors
    /// [`Quota::AccessKeys`], [`Refusal::Internal`].
    pub fn create_access_key(
        &mut self,
        user: &AdmittedIdentity,
    ) -> Result<(AccessKeyEntry, SecretBytes), Refusal> {
        let record = user.record();
        if record.access_keys.len() >= quota::ACCESS_KEYS {
            return Err(Refusal::Identity(IdentityDefect::Quota(Quota::AccessKeys)));
        }
        let made = fresh_access_key("AKIA", record.account, self.desk.vault.entropy());
        let (id, secret) = made.map_err(|why| self.failed(&why))?;
        let entry =
            AccessKeyEntry { id: id.clone(), status: AccessKeyStatus::Active, created: self.now() };
        let credential = CredentialRecord {
            account: record.account,
            owner: Owner::User(record.name.clone(), record.id.clone()),
            secret,
            created: entry.created,
            status: None,
        };
        let slot = Slot::credential(&id).ok_or(Refusal::Internal)?;
        self.changes.put(slot, None, &credential);
        self.update_identity(user, |user| user.access_keys.push(id));
        Ok((entry, credential.secret))
    }

    /// The access keys of the user, oldest first.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn access_keys(
        &self,
        user: &AdmittedIdentity,
    ) -> Result<Vec<AccessKeyEntry>, Refusal> {
        let mut entries = Vec::with_capacity(user.record().access_keys.len());
        for id in &user.record().access_keys {
            if let Some(read) = self.credential(id).await? {
                let (status, created) = (read.record.status(), read.record.created);
                entries.push(AccessKeyEntry { id: id.clone(), status, created });
            }
        }
        Ok(entries)
    }

    /// Stages that an access key of the user signs, or does not.
    ///
    /// # Errors
    /// [`IdentityDefect::NoAccessKey`].
    pub async fn set_access_key_status(
        &mut self,
        user: &AdmittedIdentity,
        id: &str,
        status: AccessKeyStatus,
    ) -> Result<(), Refusal> {
        let (slot, read) = self.own_access_key(user.record(), id).await?;
        let mut record = read.record;
        record.status = Some(status);
        self.changes.put(slot, Some(read.version), &record);
        Ok(())
    }

    /// Stages the end of an access key of the user.
    ///
    /// # Errors
    /// [`IdentityDefect::NoAccessKey`].
    pub async fn delete_access_key(
        &mut self,
        user: &AdmittedIdentity,
        id: &str,
    ) -> Result<(), Refusal> {
        let (slot, read) = self.own_access_key(user.record(), id).await?;
        self.changes.delete(slot, Some(read.version));
        let used = Slot::access_key_use(id);
        let found = self.desk.vault.store().read(used.bytes()).await;
        if let Some(found) = found.map_err(|why| self.desk.internal(&why.into()))? {
            self.changes.delete(used, Some(found.version));
        }
        self.update_identity(user, |user| user.access_keys.retain(|own| own != id));
        Ok(())
    }

    /// The last use of an access key of the user.
    ///
    /// # Errors
    /// [`IdentityDefect::NoAccessKey`] for one that it does not have.
    pub async fn access_key_use(
        &self,
        user: &AdmittedIdentity,
        id: &str,
    ) -> Result<Option<AccessKeyUse>, Refusal> {
        if !user.record().access_keys.iter().any(|own| own == id) {
            return Err(Refusal::Identity(IdentityDefect::NoAccessKey(id.to_owned())));
        }
        let used = access_key_use(id, self.desk.access_key_uses, self.desk.vault).await;
        used.map_err(|why| self.desk.internal(&why))
    }

    /// A user's access keys know it by name.
    pub(super) async fn rename_in_credentials(
        &mut self,
        user: &IdentityRecord,
    ) -> Result<(), Refusal> {
        for id in &user.access_keys {
            let (slot, read) = self.own_access_key(user, id).await?;
            let mut record = read.record;
            record.owner = Owner::User(user.name.clone(), user.id.clone());
            self.changes.put(slot, Some(read.version), &record);
        }
        Ok(())
    }

    async fn own_access_key(
        &self,
        user: &IdentityRecord,
        id: &str,
    ) -> Result<(Slot, Read<CredentialRecord>), Refusal> {
        let missing = || Refusal::Identity(IdentityDefect::NoAccessKey(id.to_owned()));
        if !user.access_keys.iter().any(|own| own == id) {
            return Err(missing());
        }
        let slot = Slot::credential(id).ok_or_else(missing)?;
        // Past the cache: secrets are not copied, and this one is to be written again.
        let read = self.desk.vault.read(&slot).await.map_err(|why| self.desk.internal(&why))?;
        Ok((slot, read.ok_or_else(missing)?))
    }

    async fn credential(&self, id: &str) -> Result<Option<Arc<Read<CredentialRecord>>>, Refusal> {
        self.desk.vault.credential(id).await.map_err(|why| self.desk.internal(&why))
    }
}
