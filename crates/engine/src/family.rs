//! The keys of one multi-Region key: they share their material and change together.

use crate::ledger::Ledger;
use crate::vault::{KeyEntry, Vault, VaultError};
use std::sync::Arc;
use strongroom_keys::{DomainName, KeyMaterial, KeyRecord, MaterialRecord};
use strongroom_types::{KeyArn, Region, Timestamp};

/// The other keys of the multi-Region key that `record` belongs to; none of a single-Region key.
///
/// # Errors
/// [`VaultError`] when one cannot be read, or is not there: then the store is not what was written.
pub(crate) async fn relatives(
    vault: &Vault,
    record: &KeyRecord,
) -> Result<Vec<Arc<KeyEntry>>, VaultError> {
    let mut found = Vec::new();
    for region in regions(record) {
        let arn = KeyArn { region, ..record.arn() };
        let entry = vault.key(&arn).await?;
        found.push(entry.ok_or_else(|| VaultError(format!("{arn}, a related key, is missing")))?);
    }
    Ok(found)
}

/// The Regions of the other keys, the primary key's first.
pub(crate) fn regions(record: &KeyRecord) -> Vec<Region> {
    let Some(family) = &record.multi_region else { return Vec::new() };
    let all = std::iter::once(family.primary).chain(family.replicas.iter().copied());
    all.filter(|region| *region != record.region).collect()
}

/// Wraps `material` for the record of the key at `arn`, under the domain key of its Region.
///
/// # Errors
/// [`VaultError`].
pub(crate) async fn wrap_for(
    arn: &KeyArn,
    material: &KeyMaterial,
    now: Timestamp,
    vault: &Vault,
    ledger: &Ledger,
) -> Result<MaterialRecord, VaultError> {
    let domain = ledger.domain(DomainName::region(arn.region)).await?;
    let wrapped = material.wrap(&domain, arn, now, vault.entropy());
    wrapped.map_err(|why| VaultError(format!("key material of {arn}: {why}")))
}
