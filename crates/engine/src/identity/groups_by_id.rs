//! Users of the first versions have the names of their groups; since then they have the groups'
//! unique ids. When the server starts, what is left of the former is rewritten.

use crate::engine::Engine;
use crate::ledger::{Changes, CommitFailure};
use crate::slot::{Slot, SlotRange};
use crate::vault::VaultError;
use std::collections::BTreeMap;
use strongroom_keys::identity::IdentityRecord;
use strongroom_types::{AccountId, IdentityKind};

/// Records read in one step.
const PAGE: usize = 500;

/// Ids of groups by their names in lower case.
type Groups = BTreeMap<String, String>;

impl Engine {
    /// Gives users the unique ids of their groups in the place of the names, once for a store. What
    /// changes says the same as before, so it has no audit record.
    ///
    /// # Errors
    /// [`VaultError`]; it is begun again at the next start.
    pub async fn know_groups_by_id(&self) -> Result<(), VaultError> {
        let done = Slot::groups_known_by_id();
        if self.vault().read::<bool>(&done).await?.is_some() {
            return Ok(());
        }
        for account in self.accounts().await? {
            let groups = self.groups_known_by_name(account.id).await?;
            if groups.is_empty() {
                continue;
            }
            for user in self.all(account.id, IdentityKind::User).await? {
                self.rewrite_user(&user, &groups).await?;
            }
            // Whoever is stopped before this does the same again.
            for (name, id) in &groups {
                let mut changes = Changes::default();
                changes.put(Slot::group_name(account.id, id), None, name);
                self.derived(changes).await?;
            }
        }
        let mut changes = Changes::default();
        changes.put(done, None, &true);
        self.derived(changes).await
    }

    /// The groups of an account to which no unique id leads yet.
    async fn groups_known_by_name(&self, account: AccountId) -> Result<Groups, VaultError> {
        let mut groups = Groups::new();
        for group in self.all(account, IdentityKind::Group).await? {
            let place = Slot::group_name(account, &group.id);
            if self.vault().read::<String>(&place).await?.is_none() {
                groups.insert(group.name.to_ascii_lowercase(), group.id);
            }
        }
        Ok(groups)
    }

    async fn all(
        &self,
        account: AccountId,
        kind: IdentityKind,
    ) -> Result<Vec<IdentityRecord>, VaultError> {
        let range = SlotRange::identities(account, kind);
        let (mut all, mut after) = (Vec::new(), None::<Vec<u8>>);
        loop {
            let page = self.vault().scan::<IdentityRecord>(&range, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for (place, record) in page {
                all.push(record);
                after = Some(place);
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn rewrite_user(&self, user: &IdentityRecord, groups: &Groups) -> Result<(), VaultError> {
        let id_of = |name: &String| groups.get(&name.to_ascii_lowercase());
        if !user.groups.iter().any(|name| id_of(name).is_some()) {
            return Ok(());
        }
        let (account, mut changes) = (user.account, Changes::default());
        let place = Slot::identity(account, IdentityKind::User, &user.name);
        let Some(read) = self.vault().read::<IdentityRecord>(&place).await? else {
            return Ok(());
        };
        let mut record = read.record;
        for group in &mut record.groups {
            let Some(id) = id_of(group) else { continue };
            let former = Slot::membership(account, &group.to_ascii_lowercase(), &user.name);
            if let Some(found) = self.vault().store().read(former.bytes()).await? {
                changes.delete(former, Some(found.version));
            }
            changes.put(Slot::membership(account, id, &user.name), None, &user.name);
            group.clone_from(id);
        }
        changes.put(place, Some(read.version), &record);
        self.derived(changes).await
    }

    async fn derived(&self, changes: Changes) -> Result<(), VaultError> {
        let done = self.ledger().derive(changes).await;
        done.map_err(|why| {
            let text = match why {
                CommitFailure::Conflict => "somebody else has changed them",
                CommitFailure::Unrecorded => "the store failed",
            };
            VaultError(format!("users could not be given the ids of their groups: {text}"))
        })
    }
}
