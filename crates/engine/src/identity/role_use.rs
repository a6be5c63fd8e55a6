//! The last use of each role, which is that of any of its sessions: noted in memory, written to the
//! store now and then, as the last uses of keys are.

use crate::engine::Engine;
use crate::ledger::Changes;
use crate::noted::{Noted, Use};
use crate::slot::Slot;
use crate::vault::{Vault, VaultError};
use strongroom_keys::identity::RoleUse;
use strongroom_types::{AccountId, IdentityKind, Timestamp};

/// Roles written in one commit.
const BATCH: usize = 500;

/// By unique id, the uses that are not yet in the store.
pub(crate) type RoleUses = Noted<String, NotedRole>;

/// A use, and the role by which it is found.
#[derive(Clone, PartialEq)]
pub(crate) struct NotedRole {
    pub(crate) account: AccountId,
    pub(crate) name: String,
    pub(crate) used: RoleUse,
}

impl Use for NotedRole {
    fn time(&self) -> Timestamp {
        self.used.time
    }
}

/// The last use of the role with this unique id, if there was any.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn role_use(
    id: &str,
    noted: &RoleUses,
    vault: &Vault,
) -> Result<Option<RoleUse>, VaultError> {
    if let Some(noted) = noted.of(id) {
        return Ok(Some(noted.used));
    }
    let found = vault.read(&Slot::role_use(id)).await?;
    // It may have been used between the two looks.
    Ok(noted.of(id).map(|noted| noted.used).or(found.map(|read| read.record)))
}

impl Engine {
    /// Writes the last uses of roles to the store.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails; what is not written stays noted.
    pub(crate) async fn write_role_uses(&self) -> Result<(), VaultError> {
        let noted = self.role_uses().all();
        for batch in noted.chunks(BATCH) {
            let mut changes = Changes::default();
            for (id, NotedRole { account, name, used }) in batch {
                // A role that is gone has no last use any more.
                let role = self.vault().identity(*account, IdentityKind::Role, name).await?;
                let Some(role) = role.filter(|role| role.record.id == *id) else { continue };
                let place = Slot::identity(*account, IdentityKind::Role, name);
                changes.expect(place, Some(role.version));
                let slot = Slot::role_use(id);
                let found = self.vault().store().read(slot.bytes()).await?;
                changes.put(slot, found.map(|found| found.version), used);
            }
            let written =
                if changes.is_empty() { Ok(()) } else { self.ledger().derive(changes).await };
            self.role_uses().settle(batch, written)?;
        }
        Ok(())
    }
}
