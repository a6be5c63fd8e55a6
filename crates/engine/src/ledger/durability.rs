//! When the audit record of a use counts as recorded, and what waits in memory if that is early.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long records gather before they are written, where nobody waits for them. Our choice: with the
/// write itself well below the 100 ms that are promised.
pub(super) const GATHERED: Duration = Duration::from_millis(50);
/// How long a write may last before everybody waits for their own record, milliseconds: with the time
/// before it less than is promised.
const STALLED: u64 = 40;
/// The most bytes of records that wait in memory with nobody waiting for them; whoever comes then
/// waits until its own is durable. Our choice: what 50 ms bring at some 100,000 requests a second is
/// less than a third.
const MOST_WAITING: usize = 8 << 20;
/// As many are written at once, without waiting for more.
const ENOUGH: usize = 1 << 20;

/// When a request that changes nothing is answered. A change always waits until it is durable, with
/// its audit record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once its audit record is on the medium.
    #[default]
    Durable,
    /// Once its audit record is on its way there, which takes less than 100 ms. A crash loses the
    /// records of the uses that were answered in that time.
    Buffered,
}

/// What the ledger's handle and the journal's writer share of records that nobody waits for.
#[derive(Clone)]
pub(super) struct Waiting(Arc<Inner>);

struct Inner {
    durability: Durability,
    bytes: AtomicUsize,
    /// When the write that is under way began, in milliseconds from `start`, and one more; 0 without one.
    writing: AtomicU64,
    start: Instant,
    /// Told when records shall be written at once.
    write: Notify,
}

impl Waiting {
    pub(super) fn new(durability: Durability) -> Self {
        Self(Arc::new(Inner {
            durability,
            bytes: AtomicUsize::new(0),
            writing: AtomicU64::new(0),
            start: Instant::now(),
            write: Notify::new(),
        }))
    }

    pub(super) fn is_buffered(&self) -> bool {
        self.0.durability == Durability::Buffered
    }

    /// Whether a record of so many bytes may be left to the writer; it is counted then.
    pub(super) fn takes(&self, bytes: usize) -> bool {
        if !self.is_buffered() || self.is_stalled() {
            return false;
        }
        let before = self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > MOST_WAITING {
            self.written(bytes);
            return false;
        }
        if before < ENOUGH && before + bytes >= ENOUGH {
            self.hurry();
        }
        true
    }

    /// A write begins.
    pub(super) fn begin(&self) {
        if self.is_buffered() {
            self.0.writing.store(self.millis().saturating_add(1), Ordering::Relaxed);
        }
    }

    /// It has ended.
    pub(super) fn end(&self) {
        self.0.writing.store(0, Ordering::Relaxed);
    }

    /// Whether the medium takes its time: what is left to the writer now would be long on its way. The
    /// time is looked at only while a write is under way.
    fn is_stalled(&self) -> bool {
        let began = self.0.writing.load(Ordering::Relaxed);
        began > 0 && self.millis().saturating_add(1).saturating_sub(began) > STALLED
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// So many bytes wait no more.
    pub(super) fn written(&self, bytes: usize) {
        self.0.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Has what waits be written at once: somebody waits, too.
    pub(super) fn hurry(&self) {
        if self.is_buffered() {
            self.0.write.notify_one();
        }
    }

    /// Lets records gather.
    pub(super) async fn gather(&self) {
        // Nobody is told: time is over.
        let _ = tokio::time::timeout(GATHERED, self.0.write.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded() {
        let waiting = Waiting::new(Durability::Buffered);
        let taken = (0..).take_while(|_| waiting.takes(1 << 16)).count();
        assert_eq!(taken, MOST_WAITING >> 16);
        waiting.written(1 << 16);
        assert!(waiting.takes(1 << 16));
        assert!(!waiting.takes(1), "there is no room");
        assert!(!Waiting::new(Durability::Durable).takes(1), "each waits for its own");
    }

    #[test]
    fn nothing_is_left_to_a_writer_that_does_not_come_on() {
        let waiting = Waiting::new(Durability::Buffered);
        waiting.begin();
        assert!(waiting.takes(1));
        std::thread::sleep(Duration::from_millis(STALLED + 10));
        assert!(!waiting.takes(1));
        waiting.end();
        assert!(waiting.takes(1));
    }
}
