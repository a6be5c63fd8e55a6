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
    /// Whether a key came before one that it is behind: then the store's order is damaged, and the
    /// walk would begin again and again.
    disordered: bool,
}

impl Verification {
    /// Whether the store, counted whole, is what its head says.
    pub(crate) fn agrees(&self, digest: [u8; 32]) -> bool {
        !self.disordered && self.digest.0 == digest
    }

    /// What was counted.
    pub(crate) fn digest(&self) -> SetDigest {
        self.digest
    }

    /// Counts the next page. Returns whether that was the last, or nothing more can be learned.
    pub(crate) async fn page(
        &mut self,
        store: &dyn Store,
        key: &HmacKey,
    ) -> Result<bool, StoreError> {
        let from = self.seen.as_ref().map_or_else(Vec::new, |seen| [seen, &[0_u8][..]].concat());
        let entries = store.scan(&from, &[0xff], PAGE).await?;
        let last = entries.len() < PAGE;
        for entry in entries {
            if self.seen.as_ref().is_some_and(|seen| entry.key <= *seen) {
                self.disordered = true;
                return Ok(true);
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{Batch, Boxed, CommitError, Entry, Frozen, Versioned};

    /// A store whose index a flipped bit has put out of order: whoever asks for what is behind the
    /// last key of a page finds the page again.
    struct Disordered;

    impl Store for Disordered {
        fn read<'a>(&'a self, _: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>> {
            Box::pin(async { Ok(None) })
        }

        fn scan<'a>(
            &'a self,
            _: &'a [u8],
            _: &'a [u8],
            limit: usize,
        ) -> Boxed<'a, Result<Vec<Entry>, StoreError>> {
            let entry = move |number: usize| {
                let number = if number == limit { 0 } else { number };
                let found = Versioned { version: 1, value: Vec::new() };
                Entry { key: format!("u/{number:020}").into_bytes(), found }
            };
            Box::pin(async move { Ok((1..=limit).map(entry).collect()) })
        }

        fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
            Err(StoreError("nobody copies it".to_owned()))
        }

        fn commit<'a>(&'a self, _: &'a Batch) -> Boxed<'a, Result<(), CommitError>> {
            Box::pin(async { Err(CommitError::Conflict) })
        }
    }

    #[test]
    fn a_store_out_of_order_ends_the_walk_and_agrees_with_nothing() {
        let (mut walk, key) = (Verification::default(), HmacKey::new(&[7; 32]));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(walk.page(&Disordered, &key)), Ok(true));
        assert!(!walk.agrees(walk.digest.0));
    }
}
