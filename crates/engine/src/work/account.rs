//! The account itself: its alias, and what an access key id tells.

use super::Work;
use crate::credential::AccountRecord;
use crate::identity::unique_id::account_of;
use crate::pages::{Page, PageRequest};
use crate::refusal::{IdentityDefect, Quota, Refusal};
use crate::slot::{Slot, SlotRange};
use crate::target::{AdmittedIam, AdmittedProvider};
use crate::vault::Read;
use strongroom_keys::identity::ProviderRecord;
use strongroom_types::AccountId;

impl Work<'_> {
    /// The account's alias, if it has one.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn account_alias(&self, account: &AdmittedIam) -> Result<Option<String>, Refusal> {
        Ok(self.account_record(account).await?.record.alias)
    }

    async fn account_record(&self, account: &AdmittedIam) -> Result<Read<AccountRecord>, Refusal> {
        let found = self.desk.vault.read(&Slot::account(account.account())).await;
        found.map_err(|why| self.desk.internal(&why))?.ok_or(Refusal::Internal)
    }

    /// Stages that the account has this alias. One that it had is free again.
    ///
    /// # Errors
    /// [`IdentityDefect::AccountAliasExists`].
    pub async fn put_account_alias(
        &mut self,
        account: &AdmittedIam,
        alias: String,
    ) -> Result<(), Refusal> {
        let Read { mut record, version } = self.account_record(account).await?;
        if record.alias.as_deref() == Some(alias.as_str()) {
            return Ok(());
        }
        let place = Slot::account_alias(&alias);
        let taken = self.desk.vault.read::<String>(&place).await;
        if taken.map_err(|why| self.desk.internal(&why))?.is_some() {
            return Err(Refusal::Identity(IdentityDefect::AccountAliasExists(alias)));
        }
        if let Some(before) = record.alias.take() {
            self.remove(Slot::account_alias(&before)).await?;
        }
        self.changes.put(place, None, &account.account().to_string());
        record.alias = Some(alias);
        self.changes.put(Slot::account(account.account()), Some(version), &record);
        Ok(())
    }

    /// Stages that the account does not have this alias any more.
    ///
    /// # Errors
    /// [`IdentityDefect::NoAccountAlias`].
    pub async fn delete_account_alias(
        &mut self,
        account: &AdmittedIam,
        alias: &str,
    ) -> Result<(), Refusal> {
        let Read { mut record, version } = self.account_record(account).await?;
        if record.alias.as_deref() != Some(alias) {
            return Err(Refusal::Identity(IdentityDefect::NoAccountAlias(alias.to_owned())));
        }
        record.alias = None;
        self.remove(Slot::account_alias(alias)).await?;
        self.changes.put(Slot::account(account.account()), Some(version), &record);
        Ok(())
    }

    /// The account that an access key is of.
    ///
    /// # Errors
    /// [`IdentityDefect::NoSuchAccessKeyInfo`].
    pub async fn account_of_access_key(&self, id: &str) -> Result<AccountId, Refusal> {
        let unknown = Refusal::Identity(IdentityDefect::NoSuchAccessKeyInfo);
        let found = self.desk.vault.credential(id).await;
        if let Some(read) = found.map_err(|why| self.desk.internal(&why))? {
            return Ok(read.record.account);
        }
        let Some(account) = account_of(id).filter(|_| id.starts_with("ASIA")) else {
            return Err(unknown);
        };
        let there = self.desk.vault.has_account(account).await;
        if there.map_err(|why| self.desk.internal(&why))? { Ok(account) } else { Err(unknown) }
    }

    /// Stages a new identity provider.
    ///
    /// # Errors
    /// [`IdentityDefect::ProviderExists`].
    pub async fn create_provider(
        &mut self,
        account: &AdmittedIam,
        mut record: ProviderRecord,
    ) -> Result<ProviderRecord, Refusal> {
        record.account = account.account();
        record.created = self.now();
        let slot = Slot::provider(record.account, &record.url);
        let taken = self.desk.vault.read::<ProviderRecord>(&slot).await;
        if taken.map_err(|why| self.desk.internal(&why))?.is_some() {
            let url = format!("https://{}", record.url);
            return Err(Refusal::Identity(IdentityDefect::ProviderExists(url)));
        }
        self.changes.put(slot, None, &record);
        Ok(record)
    }

    /// Stages a change to an identity provider.
    ///
    /// # Errors
    /// [`Quota::Clients`].
    pub fn update_provider(
        &mut self,
        provider: &AdmittedProvider,
        edit: impl FnOnce(&mut ProviderRecord),
    ) -> Result<(), Refusal> {
        let mut record = provider.record().clone();
        edit(&mut record);
        if record.clients.len() > crate::identity::quota::CLIENTS {
            return Err(Refusal::Identity(IdentityDefect::Quota(Quota::Clients)));
        }
        let slot = Slot::provider(record.account, &record.url);
        self.changes.put(slot, Some(provider.version()), &record);
        Ok(())
    }

    /// Stages the end of an identity provider.
    pub fn delete_provider(&mut self, provider: &AdmittedProvider) {
        let slot = Slot::provider(provider.record().account, &provider.record().url);
        self.changes.delete(slot, Some(provider.version()));
    }

    /// A page of the account's identity providers.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn providers(
        &self,
        account: &AdmittedIam,
        page: PageRequest,
    ) -> Result<Page<ProviderRecord>, Refusal> {
        self.chosen_page(&SlotRange::providers(account.account()), "", page, |_| true).await
    }
}
