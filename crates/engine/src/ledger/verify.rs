//! Checks that the store holds exactly the records that its head counts, page by page, while
//! commits go on.

use super::digest::SetDigest;
use crate::ports::{Store, StoreError};
use crate::slot::{Slot, bare};
use strongroom_crypto::mac::HmacKey;

/// Records looked at in one step.
const PAGE: usize = 1000;

/// A walk over all records in the order of their keys.
#[derive(Default)]
pub(crate) struct Verification {
    /// Everything up to and with this key is counted.
    seen: Option<Vec<u8>>,
    digest: SetDigest,
}

impl Verification {
    pub(crate) fn digest(&self) -> SetDigest {
        self.digest
    }

    /// Counts the next page. Returns whether that was the last.
    pub(crate) async fn page(
        &mut self,
        store: &dyn Store,
        key: &HmacKey,
    ) -> Result<bool, StoreError> {
        let from = self.seen.as_ref().map_or_else(Vec::new, |seen| [seen, &[0_u8][..]].concat());
        let entries = store.scan(&from, &[0xff], PAGE).await?;
        let last = entries.len() < PAGE;
        for entry in entries {
            if is_counted(&entry.key) {
                self.digest.toggle(key, &entry.key, entry.found.version);
            }
            self.seen = Some(entry.key);
        }
        Ok(last)
    }

    /// Takes over a change to a key that was counted already; later keys are still to be read.
    pub(crate) fn follow(
        &mut self,
        key: &HmacKey,
        place: &[u8],
        before: Option<u64>,
        after: Option<u64>,
    ) {
        if self.seen.as_deref().is_none_or(|seen| place > seen) {
            return;
        }
        for version in [before, after].into_iter().flatten() {
            self.digest.toggle(key, place, version);
        }
    }
}

/// Whether the head's digest covers the record at `place`. The head cannot count itself, and what
/// the first start makes before there is a head is missed at once when it is gone.
pub(crate) fn is_counted(place: &[u8]) -> bool {
    let before_all = place.starts_with(bare::GLOBAL_DOMAIN) || place == bare::ROOT;
    !(before_all || place == Slot::head().bytes())
}
