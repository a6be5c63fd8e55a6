//! The last use of each key.
//!
//! A use is noted in memory once its audit record is durable, and written to the store now and
//! then: a use shall cost no write to the store. What a crash takes from here is in the audit trail,
//! of which this is an extract.

use crate::engine::Engine;
use crate::ledger::Changes;
use crate::noted::{Noted, Use};
use crate::slot::Slot;
use crate::vault::{Vault, VaultError};
use strongroom_keys::LastUse;
use strongroom_types::{KeyArn, Timestamp};

/// Keys written in one commit.
const BATCH: usize = 500;

/// The uses of keys that are not yet in the store.
pub(crate) type LastUses = Noted<KeyArn, LastUse>;

impl Use for LastUse {
    fn time(&self) -> Timestamp {
        self.time
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
    /// Writes the last uses that are noted to the store, those of access keys and roles, too. Returns
    /// of how many keys.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails; what is not written stays noted.
    pub async fn write_last_uses(&self) -> Result<usize, VaultError> {
        let noted = self.last_uses().all();
        let mut count = 0;
        for batch in noted.chunks(BATCH) {
            count += self.write_batch(batch).await?;
        }
        self.write_access_key_uses().await?;
        self.write_role_uses().await?;
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
        let written = if count > 0 { self.ledger().derive(changes).await } else { Ok(()) };
        Ok(if self.last_uses().settle(batch, written)? { count } else { 0 })
    }
}
