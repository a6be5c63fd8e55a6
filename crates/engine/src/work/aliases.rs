//! Aliases of keys.

use super::Work;
use crate::refusal::{Limit, Refusal};
use crate::slot::{Slot, SlotRange};
use crate::target::AdmittedAlias;
use strongroom_keys::AliasRecord;
use strongroom_types::KeyId;

impl Work<'_> {
    /// Stages the alias with its new target.
    ///
    /// # Errors
    /// [`Refusal::LimitExceeded`] when the key has its aliases, [`Refusal::Internal`].
    pub async fn put_alias(&mut self, alias: &AdmittedAlias) -> Result<(), Refusal> {
        let target = alias.target().ok_or(Refusal::Internal)?;
        let (arn, key) = (alias.arn(), target.arn());
        if alias.existing().is_some_and(|existing| existing.target == key.key) {
            return self.stage_alias(alias, key.key);
        }
        let most = self.desk.settings.quotas.resources.of(key.account).aliases_per_key;
        let held = self.desk.vault.places(&SlotRange::aliases_of(&key), None, most).await;
        if held.map_err(|why| self.desk.internal(&why))?.len() >= most {
            return Err(Refusal::LimitExceeded(Limit::AliasesPerKey(most)));
        }
        if let Some(current) = alias.current() {
            self.remove(Slot::alias_of(&current.arn(), &arn.name)).await?;
        }
        self.changes.put(Slot::alias_of(&key, &arn.name), None, &arn.name.as_str());
        // The key's record is written unchanged: two aliases created at once meet there, so that
        // neither the quota nor a deletion of the key is overrun.
        self.changes.put(Slot::key(&key), Some(target.entry().version), target.record());
        self.stage_alias(alias, key.key)
    }

    fn stage_alias(&mut self, alias: &AdmittedAlias, target: KeyId) -> Result<(), Refusal> {
        let now = self.now();
        let created = alias.existing().map_or(now, |existing| existing.created);
        let record = AliasRecord { target, created, updated: now };
        self.changes.put(Slot::alias(alias.arn()), alias.version(), &record);
        Ok(())
    }

    /// Stages the end of the alias.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store fails.
    pub async fn delete_alias(&mut self, alias: &AdmittedAlias) -> Result<(), Refusal> {
        let current = alias.current().ok_or(Refusal::Internal)?;
        self.remove(Slot::alias_of(&current.arn(), &alias.arn().name)).await?;
        let slot = Slot::alias(alias.arn());
        self.changes.delete(slot, alias.version());
        Ok(())
    }
}
