//! The ledger: changes and audit records become durable here, and only here, before anybody sees
//! their reply.
//!
//! A change and its audit record are one commit to the store; a use that changes nothing appends
//! its record to the journal. Both are grouped: while one group is being written, the next
//! gathers.

mod committer;
mod damage;
mod digest;
mod durability;
mod head;
mod hierarchy;
mod journal;
mod open;
mod recovery;
mod rekeying;
mod tail;
mod timeline;
mod verify;

pub use committer::Committer;
pub(crate) use digest::SetDigest;
pub use durability::Durability;
pub use head::{Head, Position};
pub(crate) use hierarchy::BareChange;
pub(crate) use journal::EncodedRecord;
pub use journal::{Frame, JournalWriter};
pub(crate) use open::set_key;
pub use open::{OpenError, Opened, open};
pub(crate) use recovery::{MOST_TORN, never_begun, reader, recover};
pub use recovery::{Recovered, RecoveryError, read_segment};
pub use tail::{JournalTail, Most, Stretch};
pub use timeline::Restored;
pub(crate) use timeline::begin_timeline;
pub(crate) use verify::is_counted;

use crate::meters::LedgerMeters;
use crate::ports::{LogReader, Versioned};
use crate::refusal::Refusal;
use crate::slot::{Slot, Subject};
use crate::vault::{Vault, VaultError};
use durability::Waiting;
use rekeying::Rekeying;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use strongroom_crypto::SecretBytes;
use strongroom_keys::codec;
use tokio::sync::{mpsc, oneshot};

/// Changes that one operation has staged, in the clear. Nothing is changed without saying what it
/// was taken for, so that a change which lost a race is noticed.
#[derive(Default)]
pub(crate) struct Changes {
    changes: Vec<Change>,
    /// What must be as it was read, and stays so.
    expected: Vec<(Slot, Option<u64>)>,
}

/// What shall become of one slot.
struct Change {
    slot: Slot,
    /// The version it must have; `None`: absent.
    before: Option<u64>,
    /// The record it shall have; `None`: absent. Wiped, since a credential is one.
    after: Option<SecretBytes>,
}

impl Changes {
    /// Stages that `slot`, now at version `before`, shall hold `record`.
    pub(crate) fn put<T: minicbor::Encode<()>>(
        &mut self,
        slot: Slot,
        before: Option<u64>,
        record: &T,
    ) {
        let after = Some(SecretBytes::new(codec::encode_exact(record)));
        self.changes.push(Change { slot, before, after });
    }

    /// Stages that `record` is kept as the one of this number.
    fn tell(&mut self, sequence: u64, record: &EncodedRecord) {
        let after = Some(SecretBytes::new(record.bytes().to_vec()));
        self.changes.push(Change { slot: Slot::audit(sequence), before: None, after });
    }

    /// Stages that `slot`, now at version `before`, shall hold the encoded record `plain`.
    pub(crate) fn replace(&mut self, slot: Slot, before: u64, plain: SecretBytes) {
        self.changes.push(Change { slot, before: Some(before), after: Some(plain) });
    }

    /// Stages that `slot`, now at version `before`, shall be absent.
    pub(crate) fn delete(&mut self, slot: Slot, before: Option<u64>) {
        self.changes.push(Change { slot, before, after: None });
    }

    /// Stages that `slot` must be at version `before` when the rest happens, and stays as it is.
    pub(crate) fn expect(&mut self, slot: Slot, before: Option<u64>) {
        self.expected.push((slot, before));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Proof that changes and audit record are durable; of a use that changed nothing, where the operator
/// chose [`Durability::Buffered`], that its record will be. Only the ledger makes one, and the wire
/// formats take nothing else. The refusal of a request beyond a quota is one, too: nothing was done
/// for it, and there is a bound to its records.
#[derive(Debug)]
pub struct Recorded<T> {
    value: T,
}

impl<T> Recorded<T> {
    /// What was recorded.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What was recorded.
    pub fn get(&self) -> &T {
        &self.value
    }
}

/// Nothing was recorded, so nothing may be answered but a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrecorded;

impl fmt::Display for Unrecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request could not be recorded")
    }
}

impl std::error::Error for Unrecorded {}

/// Why a commit did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFailure {
    /// Somebody else changed what this change builds on; it may be tried again.
    Conflict,
    /// The medium failed, or the ledger has stopped.
    Unrecorded,
}

/// What the committer is asked for.
pub(crate) enum CommitterJob {
    /// Changes.
    Commit(CommitJob),
    /// To keep the set digest under another key.
    Rekey(Box<Rekeying>),
}

/// Sealed changes on their way to the committer.
pub(crate) struct CommitJob {
    pub(crate) changes: Vec<SealedChange>,
    /// Places that stay as they are, and the versions that they must have.
    pub(crate) expected: Vec<(Vec<u8>, Option<u64>)>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) sequence: u64,
    pub(crate) done: oneshot::Sender<Result<(), CommitFailure>>,
}

/// What shall become of one place in the store.
pub(crate) struct SealedChange {
    pub(crate) place: Vec<u8>,
    /// The version it must have; `None`: absent.
    pub(crate) before: Option<u64>,
    /// What it shall hold; `None`: absent.
    pub(crate) after: Option<Versioned>,
}

/// A record on its way to the journal.
pub(crate) struct JournalJob {
    pub(crate) frame: Vec<u8>,
    /// For an anchor: the number of commit groups it tells of.
    pub(crate) anchor: Option<u64>,
    /// `None` if nobody waits for it: an anchor, or a record whose request was answered already. The
    /// latter is written again if it could not be.
    pub(crate) done: Option<oneshot::Sender<Result<(), Unrecorded>>>,
}

/// What the ledger's parts share: whether it works.
#[derive(Default)]
pub(crate) struct Health {
    stopped: AtomicBool,
    /// Why, once that is known.
    fatal: OnceLock<String>,
    journal: Mutex<Option<String>>,
    /// Whether the latest write of the journal failed.
    journal_fails: AtomicBool,
    store: Mutex<Option<String>>,
    /// Why nothing more is taken on until the trail is delivered, if so.
    trail: Mutex<Option<String>>,
    holds_back: AtomicBool,
    /// Whether the journal is to go on in another segment.
    renews_segment: AtomicBool,
    /// What its writers count.
    pub(crate) meters: LedgerMeters,
}

/// A part of the ledger that writes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Journal,
    Store,
}

impl Health {
    /// Stops the ledger for good: nothing more is recorded, so nothing more is answered.
    pub(crate) fn fail(&self, why: String) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = self.fatal.set(why);
    }

    /// Stops it at once, before it is known what is to be told: finding that out takes a while.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Notes how the latest write of a part went; it is tried again with the next request.
    pub(crate) fn note(&self, part: Part, failure: Option<String>) {
        if matches!(part, Part::Journal) {
            self.journal_fails.store(failure.is_some(), Ordering::SeqCst);
        }
        *self.last(part) = failure;
    }

    /// Whether the latest write of the journal failed.
    fn journal_fails(&self) -> bool {
        self.journal_fails.load(Ordering::SeqCst)
    }

    /// Notes that nothing more is recorded until the trail is delivered, or that it is.
    pub(crate) fn hold_back(&self, why: Option<String>) {
        self.holds_back.store(why.is_some(), Ordering::SeqCst);
        *self.trail.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Has the journal go on in another segment, under the newest domain key, from the next record on.
    pub(crate) fn renew_segment(&self) {
        self.renews_segment.store(true, Ordering::SeqCst);
    }

    /// Whether the journal is to go on in another segment; asked once.
    pub(crate) fn takes_renewal(&self) -> bool {
        self.renews_segment.swap(false, Ordering::SeqCst)
    }

    /// Whether nothing more is recorded now.
    pub(crate) fn holds_back(&self) -> bool {
        self.holds_back.load(Ordering::SeqCst)
    }

    /// Why requests fail now, if they do.
    pub(crate) fn failure(&self) -> Option<String> {
        let fatal = self.fatal.get().cloned();
        let altered = || "the store is not what its head says; what is damaged is looked for";
        fatal
            .or_else(|| self.has_stopped().then(|| altered().to_owned()))
            .or_else(|| self.last(Part::Journal).clone())
            .or_else(|| self.last(Part::Store).clone())
            .or_else(|| self.trail.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn last(&self, part: Part) -> MutexGuard<'_, Option<String>> {
        let last = match part {
            Part::Journal => &self.journal,
            Part::Store => &self.store,
        };
        last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The handle by which the pipeline records.
pub struct Ledger {
    pub(crate) vault: Arc<Vault>,
    pub(crate) commits: mpsc::Sender<CommitterJob>,
    pub(crate) journal: mpsc::Sender<JournalJob>,
    pub(crate) sequence: AtomicU64,
    pub(crate) health: Arc<Health>,
    /// The journal's segments, to see under which domain key each is.
    pub(crate) segments: Mutex<Box<dyn LogReader>>,
    /// Held by whoever makes domain keys, wraps them anew or destroys them.
    pub(crate) hierarchy: tokio::sync::Mutex<()>,
    pub(crate) copying: Copying,
    waiting: Waiting,
}

/// What a copy of the ledger is made with while it is written.
pub(crate) struct Copying {
    /// Reads the journal; whoever copies has it to the end, one after another.
    pub(crate) log: tokio::sync::Mutex<Box<dyn LogReader>>,
    /// How far the journal is durable.
    pub(crate) position: Arc<Mutex<Position>>,
    /// Held, for reading, while no segment of the journal may be removed.
    pub(crate) kept: Arc<tokio::sync::RwLock<()>>,
}

impl Ledger {
    /// Why nothing can be recorded now, if nothing can.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let ended = self.commits.is_closed() || self.journal.is_closed();
        self.health
            .failure()
            .or_else(|| ended.then(|| "the ledger's threads have ended".to_owned()))
    }

    /// What its writers have counted.
    pub(crate) fn meters(&self) -> &LedgerMeters {
        &self.health.meters
    }

    /// How much waits for the journal's writer, and for the committer.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let journal = self.journal.max_capacity().saturating_sub(self.journal.capacity());
        (journal, self.commits.max_capacity().saturating_sub(self.commits.capacity()))
    }

    /// Takes nothing more on until the trail is delivered, for the reason given; or goes on.
    pub(crate) fn hold_back(&self, why: Option<String>) {
        self.health.hold_back(why);
    }

    /// Makes `changes` (if any) and `record` durable, then hands `value` out as recorded.
    pub(crate) async fn commit<T>(
        &self,
        changes: Changes,
        record: EncodedRecord,
        value: T,
    ) -> Result<Recorded<T>, (CommitFailure, T)> {
        let written = if self.health.has_stopped() || self.health.holds_back() {
            Err(CommitFailure::Unrecorded)
        } else if changes.is_empty() {
            self.append(record).await
        } else {
            Box::pin(self.change(changes, record)).await
        };
        match written {
            Ok(()) => Ok(Recorded { value }),
            Err(failure) => Err((failure, value)),
        }
    }

    /// Makes `changes` durable that only repeat what audit records have told; there is no record of
    /// their own.
    pub(crate) async fn derive(&self, changes: Changes) -> Result<(), CommitFailure> {
        if self.health.has_stopped() {
            return Err(CommitFailure::Unrecorded);
        }
        let sequence = self.sequence.fetch_add(1, Ordering::SeqCst);
        self.write(changes, sequence).await
    }

    /// The answer to a request for which nothing was done, since a quota was used up: of such there
    /// are records within a bound. Only a refusal comes out of here.
    pub(crate) fn turned_away<T>(&self, refusal: Refusal) -> Recorded<Result<T, Refusal>> {
        let throttled = refusal.is_throttled();
        Recorded { value: Err(if throttled { refusal } else { Refusal::Internal }) }
    }

    async fn append(&self, record: EncodedRecord) -> Result<(), CommitFailure> {
        let stopped = CommitFailure::Unrecorded;
        let frame = record.into_frame();
        // While it cannot be written each waits for its own, and is refused.
        if !self.health.journal_fails() && self.waiting.takes(frame.len()) {
            let job = JournalJob { frame, anchor: None, done: None };
            return self.journal.send(job).await.map_err(|_| stopped);
        }
        let (done, written) = oneshot::channel();
        let job = JournalJob { frame, anchor: None, done: Some(done) };
        self.journal.send(job).await.map_err(|_| stopped)?;
        self.waiting.hurry();
        written.await.map_err(|_| stopped)?.map_err(|Unrecorded| stopped)
    }

    /// Puts `record` on its way to the journal, without waiting until it is durable. Returns whether
    /// there was room for it.
    pub(crate) fn note(&self, record: EncodedRecord) -> bool {
        // Nobody waits on the other end.
        let (done, _) = oneshot::channel();
        let frame = record.into_frame();
        let job = JournalJob { frame, anchor: None, done: Some(done) };
        !self.health.has_stopped() && self.journal.try_send(job).is_ok()
    }

    async fn change(&self, changes: Changes, record: EncodedRecord) -> Result<(), CommitFailure> {
        // Versions come from one counter and are never used twice, so a version stands for exactly
        // one content of one slot, also across deletion.
        let sequence = self.sequence.fetch_add(1, Ordering::SeqCst);
        let mut changes = changes;
        changes.tell(sequence, &record);
        self.write(changes, sequence).await
    }

    async fn write(&self, changes: Changes, sequence: u64) -> Result<(), CommitFailure> {
        let stopped = CommitFailure::Unrecorded;
        let (done, written) = oneshot::channel();
        let job = self.seal(changes, sequence, done).await.map_err(|why| {
            self.health.note(Part::Store, Some(why.to_string()));
            stopped
        })?;
        self.send(job).await?;
        written.await.map_err(|_| stopped)?
    }

    async fn send(&self, job: CommitJob) -> Result<(), CommitFailure> {
        let sent = self.commits.send(CommitterJob::Commit(job)).await;
        sent.map_err(|_| CommitFailure::Unrecorded)
    }

    async fn seal(
        &self,
        changes: Changes,
        sequence: u64,
        done: oneshot::Sender<Result<(), CommitFailure>>,
    ) -> Result<CommitJob, VaultError> {
        let mut sealed = Vec::with_capacity(changes.changes.len());
        let mut subjects = Vec::with_capacity(changes.changes.len());
        for Change { slot, before, after } in &changes.changes {
            let after = match after {
                Some(plain) => Some(self.vault.seal(slot, sequence, plain.expose()).await?),
                None => None,
            };
            let place = slot.bytes().to_vec();
            sealed.push(SealedChange { place, before: *before, after });
            subjects.push(slot.subject().clone());
        }
        // INVARIANT: a place is named once; the digest is kept by that, and a mistake of ours in an
        // operation must not reach it.
        let places: HashSet<&[u8]> = sealed.iter().map(|change| change.place.as_slice()).collect();
        if places.len() < sealed.len() {
            return Err(VaultError("a change names a place twice".to_owned()));
        }
        let expected = changes.expected.into_iter();
        let expected = expected.map(|(slot, before)| (slot.bytes().to_vec(), before)).collect();
        Ok(CommitJob { changes: sealed, expected, subjects, sequence, done })
    }
}
