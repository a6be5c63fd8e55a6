//! The set digest under another key: the store is walked once, beside the commits, and what they
//! change behind the walk is followed. It is counted under the key before, too: were the store not
//! what the head says, the new digest would cover it up.

use super::verify::Verification;
use crate::ports::{Store, StoreError};
use strongroom_crypto::mac::HmacKey;
use tokio::sync::oneshot;

/// A digest in the making.
pub(crate) struct Rekeying {
    /// Under the key before.
    pub(super) before: Verification,
    /// Under the other key.
    pub(super) after: Verification,
    pub(super) key: HmacKey,
    /// Number of the global domain key that the key is derived from.
    pub(super) domain: u32,
    pub(super) done: oneshot::Sender<()>,
}

impl Rekeying {
    /// One that has not begun, and what tells of its end.
    pub(super) fn new(key: HmacKey, domain: u32) -> (Self, oneshot::Receiver<()>) {
        let (done, told) = oneshot::channel();
        let (before, after) = (Verification::default(), Verification::default());
        (Self { before, after, key, domain, done }, told)
    }

    /// Counts the next page under each. Returns whether that was the last. One that has come to the end
    /// before the other finds there what was added since.
    pub(super) async fn page(
        &mut self,
        store: &dyn Store,
        before: &HmacKey,
    ) -> Result<bool, StoreError> {
        let ends = self.before.page(store, before).await?;
        Ok(self.after.page(store, &self.key).await? && ends)
    }

    /// Takes over a change to a record that may be counted already.
    pub(super) fn follow(
        &mut self,
        key: &HmacKey,
        place: &[u8],
        before: Option<u64>,
        after: Option<u64>,
    ) {
        self.before.follow(key, place, before, after);
        self.after.follow(&self.key, place, before, after);
    }
}
