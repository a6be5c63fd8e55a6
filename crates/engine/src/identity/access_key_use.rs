//! The last use of each user's access key: noted in memory, written to the store now and then, as
//! the last uses of keys are.

use crate::engine::Engine;
use crate::ledger::{Changes, CommitFailure};
use crate::slot::Slot;
use crate::vault::{Vault, VaultError};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use strongroom_keys::identity::AccessKeyUse;

/// Access keys written in one commit.
const BATCH: usize = 500;
/// The most access keys that are noted between two writings; uses of others are then not.
const MOST: usize = 65_536;

/// The uses that are not yet in the store.
#[derive(Default)]
pub(crate) struct AccessKeyUses(Mutex<HashMap<String, AccessKeyUse>>);

impl AccessKeyUses {
    pub(crate) fn note(&self, access_key: &str, used: AccessKeyUse) {
        let mut noted = self.noted();
        if let Some(last) = noted.get_mut(access_key) {
            *last = used;
        } else if noted.len() < MOST {
            noted.insert(access_key.to_owned(), used);
        }
    }

    /// The last use of the access key, if there was any.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn of(
        &self,
        access_key: &str,
        vault: &Vault,
    ) -> Result<Option<AccessKeyUse>, VaultError> {
        let noted = self.noted().get(access_key).cloned();
        if noted.is_some() {
            return Ok(noted);
        }
        let found = vault.read(&Slot::access_key_use(access_key)).await?;
        Ok(found.map(|read| read.record))
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<String, AccessKeyUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Writes the last uses of access keys to the store.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails; what is not written stays noted.
    pub(crate) async fn write_access_key_uses(&self) -> Result<usize, VaultError> {
        let uses = self.access_key_uses();
        let noted: Vec<(String, AccessKeyUse)> =
            uses.noted().iter().map(|(key, used)| (key.clone(), used.clone())).collect();
        for batch in noted.chunks(BATCH) {
            let mut changes = Changes::default();
            for (access_key, used) in batch {
                // An access key that is gone has no last use any more.
                if self.vault().credential(access_key).await?.is_none() {
                    continue;
                }
                let slot = Slot::access_key_use(access_key);
                let found = self.vault().store().read(slot.bytes()).await?;
                changes.put(slot, found.map(|found| found.version), used);
            }
            if !changes.is_empty()
                && let Err(CommitFailure::Unrecorded) = self.ledger().derive(changes).await
            {
                return Err(VaultError("last uses of access keys could not be written".into()));
            }
            let mut now = uses.noted();
            for (access_key, used) in batch {
                if now.get(access_key) == Some(used) {
                    now.remove(access_key);
                }
            }
        }
        Ok(noted.len())
    }
}
