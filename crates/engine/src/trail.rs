//! Reading the audit trail back, for the operator: every record that the store and the journal
//! still hold. What was delivered is taken from them. It opens nothing for writing.

use crate::audit::AuditRecord;
use crate::ledger::{Frame, RecoveryError, read_segment};
use crate::ports::{Log, Store};
use crate::slot::{Slot, SlotRange};
use crate::vault::{CacheSizes, Vault, VaultError};
use std::sync::Arc;
use strongroom_crypto::SystemEntropy;
use strongroom_keys::{RootKey, SegmentHeader, ShippingRecord};

/// Records read in one step.
const PAGE: usize = 1000;

/// Calls `each` with every audit record: those of changes in the order of their commits, then
/// those of uses in the order of the journal.
///
/// # Errors
/// [`RecoveryError`] at the first record that is not authentic, or at the first segment of the
/// journal that does not continue the one before it.
pub async fn read(
    store: Arc<dyn Store>,
    log: &mut dyn Log,
    root: Arc<dyn RootKey>,
    mut each: impl FnMut(&AuditRecord),
) -> Result<(), RecoveryError> {
    let entropy = Arc::new(SystemEntropy);
    let vault = Vault::new(store, root, entropy, CacheSizes::default());
    changes(&vault, &mut each).await?;
    let segments = log.segments()?;
    let mut chain = before(&vault, log, segments.first().copied()).await?;
    for segment in segments {
        for frame in read_segment(&vault, log, segment, &mut chain).await? {
            if let Frame::Record(record) = frame {
                each(&record);
            }
        }
    }
    Ok(())
}

/// The tag of the last frame before the first segment that is there: what was delivered is removed.
async fn before(
    vault: &Vault,
    log: &mut dyn Log,
    first: Option<u64>,
) -> Result<[u8; 16], RecoveryError> {
    let shipping = vault.read::<ShippingRecord>(&Slot::shipping()).await?;
    let delivered = shipping.map_or(0, |read| read.record.cursor.segment);
    let Some(first) = first.filter(|first| *first <= delivered) else { return Ok([0; 16]) };
    let header = SegmentHeader::parse(&log.read(first)?);
    Ok(header.map_or([0; 16], |header| header.previous))
}

async fn changes(vault: &Vault, each: &mut impl FnMut(&AuditRecord)) -> Result<(), VaultError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = vault.scan::<AuditRecord>(&SlotRange::audit(), after.as_deref(), PAGE).await?;
        for (place, record) in &page {
            each(record);
            after = Some(place.clone());
        }
        if page.len() < PAGE {
            return Ok(());
        }
    }
}
