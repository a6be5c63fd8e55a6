//! The last use of each key.
//!
//! A use is noted in memory once its audit record is durable, and written to the store now and
//! then: a use shall cost no write to the store. What a crash takes from here is in the audit trail,
//! of which this is an extract.

use crate::engine::Engine;
use crate::ledger::{Changes, CommitFailure};
use crate::slot::Slot;
use crate::vault::{Vault, VaultError};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use strongroom_keys::LastUse;
use strongroom_types::KeyArn;

/// Keys written in one commit.
const BATCH: usize = 500;
/// Keys noted before they are written by the next request that comes, some 10 MB.
const CROWDED: usize = 65_536;

/// The uses that are not yet in the store.
#[derive(Default)]
pub(crate) struct LastUses(Mutex<HashMap<KeyArn, LastUse>>);

impl LastUses {
    /// Notes a use of `keys`. Returns whether it is time to write.
    pub(crate) fn note(&self, keys: &[KeyArn], used: &LastUse) -> bool {
        let mut noted = self.noted();
        for key in keys {
            match noted.get_mut(key) {
                // Requests end in another order than they began in.
                Some(last) if last.time > used.time => {}
                Some(last) => last.clone_from(used),
                None => drop(noted.insert(*key, used.clone())),
            }
        }
        noted.len() >= CROWDED
    }

    fn noted(&self) -> MutexGuard<'_, HashMap<KeyArn, LastUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, key: &KeyArn) -> Option<LastUse> {
        self.noted().get(key).cloned()
    }

    /// Forgets what was written, unless the key was used again meanwhile.
    fn written(&self, batch: &[(KeyArn, LastUse)]) {
        let mut noted = self.noted();
        for (key, used) in batch {
            if noted.get(key) == Some(used) {
                noted.remove(key);
            }
        }
    }
}

/// The last use of `key`, if there was any.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn last_use(
    key: &KeyArn,
    noted: &LastUses,
    vault: &Vault,
) -> Result<Option<LastUse>, VaultError> {
    if let Some(used) = noted.of(key) {
        return Ok(Some(used));
    }
    let found = vault.read(&Slot::last_use(key)).await?;
    // It may have been written between the two looks, and used again.
    Ok(noted.of(key).or(found.map(|read| read.record)))
}

impl Engine {
    /// Writes the last uses that are noted to the store, those of access keys, too. Returns of how
    /// many keys.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails; what is not written stays noted.
    pub async fn write_last_uses(&self) -> Result<usize, VaultError> {
        let noted: Vec<(KeyArn, LastUse)> =
            self.last_uses().noted().iter().map(|(key, used)| (*key, used.clone())).collect();
        let mut count = 0;
        for batch in noted.chunks(BATCH) {
            count += self.write_batch(batch).await?;
        }
        self.write_access_key_uses().await?;
        Ok(count)
    }

    async fn write_batch(&self, batch: &[(KeyArn, LastUse)]) -> Result<usize, VaultError> {
        let mut changes = Changes::default();
        let mut count = 0;
        for (key, used) in batch {
            // A key that is gone has no last use any more.
            if self.vault().key(key).await?.is_none() {
                continue;
            }
            let slot = Slot::last_use(key);
            let found = self.vault().store().read(slot.bytes()).await?;
            changes.put(slot, found.map(|found| found.version), used);
            count += 1;
        }
        if count > 0 {
            match self.ledger().derive(changes).await {
                Ok(()) => {}
                // A key was deleted just now; the next time tells.
                Err(CommitFailure::Conflict) => return Ok(0),
                Err(CommitFailure::Unrecorded) => {
                    return Err(VaultError("last uses could not be written".to_owned()));
                }
            }
        }
        self.last_uses().written(batch);
        Ok(count)
    }
}
