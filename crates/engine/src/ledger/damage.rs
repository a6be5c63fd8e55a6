//! Which records are damaged, for the operator who is told that something is.

use super::open::OpenError;
use super::verify::is_counted;
use crate::ports::Entry;
use crate::slot::Slot;
use crate::vault::{Vault, VaultError};

/// Records looked at in one step.
const PAGE: usize = 1000;
/// Most records that are named. Our choice: enough to see what they have in common.
const NAMED: usize = 5;

/// What is told of a store that is not what its head says: the records that do not open at their
/// places and versions, or, if all do, that some are missing or others than they should be.
pub(super) async fn altered(vault: &Vault) -> OpenError {
    match damaged(vault).await {
        Ok(records) if !records.is_empty() => OpenError::Damaged { records },
        _ => OpenError::Altered,
    }
}

/// The first records, in the order of their keys, that are not authentic. A domain key is looked at
/// with the records under it.
async fn damaged(vault: &Vault) -> Result<Vec<String>, VaultError> {
    let (mut from, mut found) = (Vec::new(), Vec::new());
    loop {
        let entries = vault.store().scan(&from, &[0xff], PAGE).await?;
        let last = entries.len() < PAGE;
        for entry in entries {
            let name = String::from_utf8_lossy(&entry.key).into_owned();
            let looked_at = is_counted(&entry.key) && !name.starts_with("d/");
            if looked_at && !opens(vault, &entry).await {
                found.push(name);
            }
            // Where the order is damaged, too, what is behind is not looked at twice.
            let ends = found.len() == NAMED || entry.key < from;
            from = [entry.key.as_slice(), &[0]].concat();
            if ends {
                return Ok(found);
            }
        }
        if last {
            return Ok(found);
        }
    }
}

/// Whether the record is at a place of one, and opens there.
async fn opens(vault: &Vault, entry: &Entry) -> bool {
    match Slot::of_place(&entry.key) {
        Some(slot) => vault.unseal(&entry.key, slot.domain(), &entry.found).await.is_ok(),
        None => false,
    }
}
