//! The only writer of the store: gathers commits into groups, checks what each expects, and
//! writes them with the new head.

use super::damage::altered;
use super::digest::SetDigest;
use super::head::{Head, Position};
use super::journal::anchor_frame;
use super::rekeying::Rekeying;
use super::verify::{Verification, is_counted};
use super::{CommitFailure, CommitJob, CommitterJob, Health, JournalJob, Part, SealedChange};
use crate::ports::{Batch, CommitError, StoreError, Versioned};
use crate::slot::{Slot, Subject};
use crate::vault::{Vault, VaultError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_crypto::mac::HmacKey;
use strongroom_keys::codec;
use tokio::sync::mpsc;

/// Most commits in one group.
const GROUP: usize = 256;

/// Commits, one group after another. It is run on a thread of its own until every handle of the
/// ledger is gone.
pub struct Committer {
    pub(super) vault: Arc<Vault>,
    pub(super) jobs: mpsc::Receiver<CommitterJob>,
    pub(super) journal: mpsc::WeakSender<JournalJob>,
    pub(super) position: Arc<Mutex<Position>>,
    pub(super) health: Arc<Health>,
    pub(super) set_key: HmacKey,
    pub(super) head: Head,
    pub(super) verification: Option<Verification>,
    /// The set digest under another key, while it is made.
    pub(super) rekeying: Option<Rekeying>,
    pub(super) doubt: Option<Doubt>,
}

/// A group that a failed commit may have written all the same, while the store cannot be asked.
pub(super) struct Doubt {
    group: Group,
    head: Head,
}

/// A group in the making: what the store will hold, and who waits for it.
#[derive(Default)]
struct Group {
    changes: BTreeMap<Vec<u8>, Option<Versioned>>,
    before: BTreeMap<Vec<u8>, Option<u64>>,
    digest: SetDigest,
    sequence: u64,
    accepted: Vec<CommitJob>,
    /// What caches must forget, of the jobs that were answered.
    subjects: Vec<Subject>,
}

impl Committer {
    /// Runs until the ledger's last handle is dropped, and all that was sent is written.
    pub async fn run(mut self) {
        let mut jobs = Vec::with_capacity(GROUP);
        let mut readable = true;
        loop {
            let idle = self.jobs.is_empty() && !self.jobs.is_closed();
            let walks = self.verification.is_some() || self.rekeying.is_some();
            if readable && idle && walks {
                readable = self.walk_on().await;
                continue;
            }
            if self.jobs.recv_many(&mut jobs, GROUP).await == 0 {
                return;
            }
            self.resolve().await;
            let mut group = Group { digest: SetDigest(self.head.digest), ..Group::default() };
            for job in jobs.drain(..) {
                match job {
                    CommitterJob::Commit(job) => self.consider(job, &mut group).await,
                    // Whoever asked for another key before waits no more.
                    CommitterJob::Rekey(rekeying) => self.rekeying = Some(*rekeying),
                }
            }
            if !group.accepted.is_empty() {
                self.write(group).await;
            }
            readable = self.walk_on().await;
        }
    }

    /// Goes on with the walks over the store that are under way, by a page each. Returns whether the
    /// store could be read.
    async fn walk_on(&mut self) -> bool {
        let verified = self.verify_page().await;
        self.rekey_page().await && verified
    }

    /// Takes `job` into the group if all it expects holds there.
    async fn consider(&self, job: CommitJob, group: &mut Group) {
        if self.doubt.is_some() {
            let _ = job.done.send(Err(CommitFailure::Unrecorded));
            return;
        }
        let changed = job.changes.iter().map(|change| (&change.place, change.before));
        let kept = job.expected.iter().map(|(place, before)| (place, *before));
        for (place, before) in changed.chain(kept) {
            let now = match self.version_in(group, place).await {
                Ok(now) => now,
                Err(why) => {
                    self.health.note(Part::Store, Some(why.to_string()));
                    let _ = job.done.send(Err(CommitFailure::Unrecorded));
                    return;
                }
            };
            if now != before {
                self.health.meters.conflicts.increment();
                let _ = job.done.send(Err(CommitFailure::Conflict));
                return;
            }
        }
        for SealedChange { place, before, after } in &job.changes {
            let versions = [*before, after.as_ref().map(|found| found.version)];
            let counted = versions.into_iter().flatten().filter(|_| is_counted(place));
            for version in counted {
                group.digest.toggle(&self.set_key, place, version);
            }
            group.changes.insert(place.clone(), after.clone());
        }
        group.sequence = group.sequence.max(job.sequence);
        group.accepted.push(job);
    }

    /// The version `place` has in the group, or in the store, whose answer the group remembers.
    async fn version_in(&self, group: &mut Group, place: &[u8]) -> Result<Option<u64>, VaultError> {
        if let Some(change) = group.changes.get(place) {
            return Ok(change.as_ref().map(|found| found.version));
        }
        if let Some(version) = group.before.get(place) {
            return Ok(*version);
        }
        let version = self.vault.store().read(place).await?.map(|found| found.version);
        group.before.insert(place.to_vec(), version);
        Ok(version)
    }

    async fn write(&mut self, group: Group) {
        let mut head = Head {
            sequence: self.head.sequence.max(group.sequence),
            digest: [0; 32],
            journal: *self.position.lock().unwrap_or_else(PoisonError::into_inner),
            commits: self.head.commits + 1,
            digest_domain: self.head.digest_domain,
        };
        head.set(group.digest);
        let written = match self.batch(&group, &head).await {
            Ok(batch) => self.vault.store().commit(&batch).await,
            Err(why) => Err(CommitError::Failed(StoreError(why.to_string()))),
        };
        let outcome = match written {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict) => {
                self.health.fail("the store was changed by another writer".to_owned());
                Ok(false)
            }
            // A store says so only of what is not visible; it is asked nevertheless, for a change
            // that is there and was told to be not would be a wrong answer.
            Err(CommitError::Failed(why)) => {
                self.health.note(Part::Store, Some(why.to_string()));
                self.is_at(&head).await
            }
        };
        self.settle(group, head, outcome).await;
    }

    /// Whether the store has `head`.
    async fn is_at(&self, head: &Head) -> Result<bool, StoreError> {
        let found = self.vault.store().read(Slot::head().bytes()).await?;
        Ok(found.is_some_and(|found| found.version == head.commits))
    }

    /// Ends a group that is written, or is not, or of which that is not known.
    async fn settle(&mut self, mut group: Group, head: Head, written: Result<bool, StoreError>) {
        let waiting = std::mem::take(&mut group.accepted);
        group.subjects.extend(waiting.iter().flat_map(|job| job.subjects.iter().cloned()));
        let outcome = if written == Ok(true) {
            self.health.meters.commit_groups.observe_len(waiting.len());
            self.take_over(&group, head).await;
            Ok(())
        } else {
            self.health.meters.commit_failures.increment();
            Err(CommitFailure::Unrecorded)
        };
        if written.is_err() {
            // Whatever is read of it from now on is read from the store.
            self.vault.forget(group.subjects.iter());
            self.doubt = Some(Doubt { group, head });
        }
        for job in waiting {
            let _ = job.done.send(outcome);
        }
    }

    /// Takes a group for written.
    async fn take_over(&mut self, group: &Group, head: Head) {
        self.vault.forget(group.subjects.iter());
        self.follow(group);
        self.head = head;
        self.health.note(Part::Store, None);
        self.anchor().await;
    }

    /// Asks the store again how a commit ended of which that is not known. Nothing is committed
    /// before it answers.
    async fn resolve(&mut self) {
        let Some(Doubt { group, head }) = self.doubt.take() else { return };
        match self.is_at(&head).await {
            Ok(true) => self.take_over(&group, head).await,
            Ok(false) => {}
            Err(why) => {
                self.health.note(Part::Store, Some(why.to_string()));
                self.doubt = Some(Doubt { group, head });
            }
        }
    }

    async fn batch(&self, group: &Group, head: &Head) -> Result<Batch, VaultError> {
        let slot = Slot::head();
        let before = (self.head.commits > 0).then_some(self.head.commits);
        let sealed = self.vault.seal(&slot, head.commits, &codec::encode(head)).await?;
        let mut batch = Batch {
            expect: group.before.iter().map(|(key, version)| (key.clone(), *version)).collect(),
            put: vec![(slot.bytes().to_vec(), sealed)],
            delete: Vec::new(),
        };
        batch.expect.push((slot.bytes().to_vec(), before));
        for (key, change) in &group.changes {
            match change {
                Some(found) => batch.put.push((key.clone(), found.clone())),
                None => batch.delete.push(key.clone()),
            }
        }
        Ok(batch)
    }

    /// Keeps a verification that is under way in step with the store.
    fn follow(&mut self, group: &Group) {
        for (place, change) in group.changes.iter().filter(|(place, _)| is_counted(place)) {
            let before = group.before.get(place).copied().flatten();
            let after = change.as_ref().map(|found| found.version);
            if let Some(verification) = &mut self.verification {
                verification.follow(&self.set_key, place, before, after);
            }
            if let Some(rekeying) = &mut self.rekeying {
                rekeying.follow(&self.set_key, place, before, after);
            }
        }
    }

    /// Goes on with the digest under another key. At its end that one is kept.
    async fn rekey_page(&mut self) -> bool {
        if self.health.has_stopped() {
            self.rekeying = None;
        }
        // As for the verification.
        if self.doubt.is_some() {
            return false;
        }
        // One walk at a time.
        if self.verification.is_some() {
            return true;
        }
        let Some(mut rekeying) = self.rekeying.take() else { return true };
        match rekeying.page(self.vault.store(), &self.set_key).await {
            Ok(false) => self.rekeying = Some(rekeying),
            Ok(true) => self.adopt(rekeying).await,
            Err(why) => {
                self.health.note(Part::Store, Some(why.to_string()));
                self.rekeying = Some(rekeying);
                return false;
            }
        }
        true
    }

    /// Counts with another key from now on, if the store is what the head says by the one before; the
    /// next commit makes that durable.
    async fn adopt(&mut self, rekeying: Rekeying) {
        let Rekeying { before, after, key, domain, done } = rekeying;
        if !before.agrees(self.head.digest) {
            self.health.stop();
            return self.health.fail(altered(&self.vault).await.to_string());
        }
        self.head.set(after.digest());
        self.head.digest_domain = Some(domain);
        self.set_key = key;
        let _ = done.send(());
    }

    /// Tells the journal how far the store has come, so that an older store is noticed later.
    async fn anchor(&self) {
        if let Some(journal) = self.journal.upgrade() {
            let frame = anchor_frame(self.head.commits);
            let anchor = Some(self.head.commits);
            let _ = journal.send(JournalJob { frame, anchor, done: None }).await;
        }
    }

    /// Goes on with the verification, if there is one. Returns whether the store could be read; if
    /// not, the walk goes on from where it is with the next group.
    async fn verify_page(&mut self) -> bool {
        // A walk keeps in step with what is written, which is not known while a group is in doubt.
        if self.doubt.is_some() {
            return false;
        }
        let Some(verification) = &mut self.verification else { return true };
        let page = verification.page(self.vault.store(), &self.set_key).await;
        self.health.note(Part::Store, page.as_ref().err().map(ToString::to_string));
        if page == Ok(true) {
            if !verification.agrees(self.head.digest) {
                self.health.stop();
                self.health.fail(altered(&self.vault).await.to_string());
            }
            self.verification = None;
        }
        page.is_ok()
    }
}
