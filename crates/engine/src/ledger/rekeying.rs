//! The set digest under another key: the store is walked once, beside the commits, and what they
//! change behind the walk is followed.

use super::verify::Verification;
use crate::ports::{Store, StoreError};
use strongroom_crypto::mac::HmacKey;
use tokio::sync::oneshot;

/// A digest in the making.
pub(crate) struct Rekeying {
    pub(super) walk: Verification,
    pub(super) key: HmacKey,
    /// Number of the global domain key that the key is derived from.
    pub(super) domain: u32,
    pub(super) done: oneshot::Sender<()>,
}

impl Rekeying {
    /// One that has not begun, and what tells of its end.
    pub(super) fn new(key: HmacKey, domain: u32) -> (Self, oneshot::Receiver<()>) {
        let (done, told) = oneshot::channel();
        (Self { walk: Verification::default(), key, domain, done }, told)
    }

    /// Counts the next page. Returns whether that was the last.
    pub(super) async fn page(&mut self, store: &dyn Store) -> Result<bool, StoreError> {
        self.walk.page(store, &self.key).await
    }

    /// Takes over a change to a record that may be counted already.
    pub(super) fn follow(&mut self, place: &[u8], before: Option<u64>, after: Option<u64>) {
        self.walk.follow(&self.key, place, before, after);
    }
}
