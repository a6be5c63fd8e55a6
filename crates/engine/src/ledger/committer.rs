//! The only writer of the store: gathers commits into groups, checks what each expects, and
//! writes them with the new head.

use super::digest::SetDigest;
use super::head::{Head, Position};
use super::journal::anchor_frame;
use super::rekeying::Rekeying;
use super::verify::{Verification, is_counted};
use super::{CommitFailure, CommitJob, CommitterJob, Health, JournalJob, Part, SealedChange};
use crate::ports::{Batch, CommitError, Versioned};
use crate::slot::Slot;
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
}

/// A group in the making: what the store will hold, and who waits for it.
#[derive(Default)]
struct Group {
    changes: BTreeMap<Vec<u8>, Option<Versioned>>,
    before: BTreeMap<Vec<u8>, Option<u64>>,
    digest: SetDigest,
    sequence: u64,
    accepted: Vec<CommitJob>,
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
            let mut group = Group { digest: SetDigest(self.head.digest), ..Group::default() };
            for job in jobs.drain(..) {
                match job {
                    CommitterJob::Commit(job) => self.consider(job, &mut group).await,
                    // Whoever asked for another key before waits no more.
                    CommitterJob::Rekey(rekeying) => self.rekeying = Some(rekeying),
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
            Err(why) => Err(CommitError::Failed(crate::ports::StoreError(why.to_string()))),
        };
        let outcome = match written {
            Ok(()) => {
                self.vault.forget(group.accepted.iter().flat_map(|job| &job.subjects));
                self.follow(&group);
                self.head = head;
                self.health.note(Part::Store, None);
                self.anchor().await;
                Ok(())
            }
            Err(CommitError::Conflict) => {
                self.health.fail("the store was changed by another writer".to_owned());
                Err(CommitFailure::Unrecorded)
            }
            // Nothing of the group is visible; the next one may succeed (a full disk was cleared).
            Err(CommitError::Failed(why)) => {
                self.health.note(Part::Store, Some(why.to_string()));
                Err(CommitFailure::Unrecorded)
            }
        };
        for job in group.accepted {
            let _ = job.done.send(outcome);
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
                rekeying.follow(place, before, after);
            }
        }
    }

    /// Goes on with the digest under another key. At its end that one is kept.
    async fn rekey_page(&mut self) -> bool {
        if self.health.has_stopped() {
            self.rekeying = None;
        }
        // Were the store not what the head says, the new digest would cover it up.
        if self.verification.is_some() {
            return true;
        }
        let Some(mut rekeying) = self.rekeying.take() else { return true };
        match rekeying.page(self.vault.store()).await {
            Ok(false) => self.rekeying = Some(rekeying),
            Ok(true) => self.adopt(rekeying),
            Err(why) => {
                self.health.note(Part::Store, Some(why.to_string()));
                self.rekeying = Some(rekeying);
                return false;
            }
        }
        true
    }

    /// Counts with another key from now on; the next commit makes that durable.
    fn adopt(&mut self, rekeying: Rekeying) {
        let Rekeying { walk, key, domain, done } = rekeying;
        self.head.set(walk.digest());
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
        let Some(verification) = &mut self.verification else { return true };
        let page = verification.page(self.vault.store(), &self.set_key).await;
        self.health.note(Part::Store, page.as_ref().err().map(ToString::to_string));
        if page == Ok(true) {
            if verification.digest() != SetDigest(self.head.digest) {
                self.health.fail(super::open::OpenError::Altered.to_string());
            }
            self.verification = None;
        }
        page.is_ok()
    }
}
