//! Rotation of key material, whoever asks for it: the scheduler or a caller.

use crate::family::{relatives, wrap_for};
use crate::ledger::Ledger;
use crate::vault::{KeyEntry, Vault, VaultError};
use std::sync::Arc;
use strongroom_keys::{KeyMaterial, KeyRecord, Rotation};

/// A key's record as it was read, and as it shall be.
pub(crate) type Rewritten = (Arc<KeyEntry>, KeyRecord);

/// Fresh key material for the key and all that share its material: their records with it.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn with_fresh_material(
    key: &Arc<KeyEntry>,
    rotation: Rotation,
    vault: &Vault,
    ledger: &Ledger,
) -> Result<Vec<Rewritten>, VaultError> {
    let record = &key.record;
    let made = KeyMaterial::generate(record.spec, &record.arn(), vault.entropy());
    let made = made.map_err(|why| VaultError(format!("{}: {why}", record.arn())))?;
    let mut rewritten = Vec::new();
    for entry in with_relatives(key, vault).await? {
        let arn = entry.record.arn();
        let wrapped = wrap_for(&arn, &made, rotation.time, vault, ledger).await?;
        let mut record = entry.record.clone();
        record.rotate(wrapped, rotation);
        rewritten.push((entry, record));
    }
    Ok(rewritten)
}

/// The imported key material `id`, which has waited in the key and in all that are related to it:
/// their records with it as the current one.
///
/// # Errors
/// [`VaultError`] when one of them does not have it.
pub(crate) async fn with_waiting_material(
    key: &Arc<KeyEntry>,
    id: &[u8; 32],
    rotation: Rotation,
    vault: &Vault,
) -> Result<Vec<Rewritten>, VaultError> {
    let mut rewritten = Vec::new();
    for entry in with_relatives(key, vault).await? {
        let mut record = entry.record.clone();
        if !record.rotate_to(id, rotation) {
            return Err(VaultError(format!("{} lacks its new key material", record.arn())));
        }
        rewritten.push((entry, record));
    }
    Ok(rewritten)
}

async fn with_relatives(
    key: &Arc<KeyEntry>,
    vault: &Vault,
) -> Result<Vec<Arc<KeyEntry>>, VaultError> {
    let mut all = vec![Arc::clone(key)];
    all.extend(relatives(vault, &key.record).await?);
    Ok(all)
}
