//! The last use of each user's access key: noted in memory, written to the store now and then, as
//! the last uses of keys are.

use crate::engine::Engine;
use crate::ledger::Changes;
use crate::noted::{Noted, Use};
use crate::slot::Slot;
use crate::vault::{Vault, VaultError};
use strongroom_keys::identity::AccessKeyUse;
use strongroom_types::Timestamp;

/// Access keys written in one commit.
const BATCH: usize = 500;

/// By access key id, the uses that are not yet in the store.
pub(crate) type AccessKeyUses = Noted<String, AccessKeyUse>;

impl Use for AccessKeyUse {
    fn time(&self) -> Timestamp {
        self.time
    }
}

/// The last use of the access key, if there was any.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn access_key_use(
    access_key: &str,
    noted: &AccessKeyUses,
    vault: &Vault,
) -> Result<Option<AccessKeyUse>, VaultError> {
    if let Some(used) = noted.of(access_key) {
        return Ok(Some(used));
    }
    let found = vault.read(&Slot::access_key_use(access_key)).await?;
    // It may have been used between the two looks.
    Ok(noted.of(access_key).or(found.map(|read| read.record)))
}

impl Engine {
    /// Writes the last uses of access keys to the store.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails; what is not written stays noted.
    pub(crate) async fn write_access_key_uses(&self) -> Result<(), VaultError> {
        let noted = self.access_key_uses().all();
        for batch in noted.chunks(BATCH) {
            let mut changes = Changes::default();
            for (access_key, used) in batch {
                // An access key that is gone has no last use any more.
                let Some(found) = self.vault().credential(access_key).await? else { continue };
                let Some(credential) = Slot::credential(access_key) else { continue };
                changes.expect(credential, Some(found.version));
                let slot = Slot::access_key_use(access_key);
                let found = self.vault().store().read(slot.bytes()).await?;
                changes.put(slot, found.map(|found| found.version), used);
            }
            let written =
                if changes.is_empty() { Ok(()) } else { self.ledger().derive(changes).await };
            self.access_key_uses().settle(batch, written)?;
        }
        Ok(())
    }
}
