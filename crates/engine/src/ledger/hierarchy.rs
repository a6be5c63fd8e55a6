//! The upper end of the key hierarchy: domain keys and the mark of the root key, changed by commits
//! like any other.

use super::open::set_key;
use super::rekeying::Rekeying;
use super::{Changes, CommitFailure, CommitterJob, Ledger, SealedChange};
use crate::audit::AuditRecord;
use crate::ports::Versioned;
use crate::slot::Slot;
use crate::vault::VaultError;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use strongroom_keys::{DomainKey, DomainName, SegmentHeader};
use tokio::sync::oneshot;

/// What shall become of a place that is not sealed under a domain key.
pub(crate) struct BareChange {
    pub(crate) place: Vec<u8>,
    /// The version it must have; `None`: absent.
    pub(crate) before: Option<u64>,
    /// What it shall hold; `None`: absent.
    pub(crate) value: Option<Vec<u8>>,
}

impl BareChange {
    /// INVARIANT: the new version is greater than the one before; that of the root key's mark is
    /// counted up by each start, too.
    fn sealed(self, sequence: u64) -> SealedChange {
        let Self { place, before, value } = self;
        let version = before.map_or(sequence, |before| sequence.max(before.saturating_add(1)));
        let after = value.map(|value| Versioned { version, value });
        SealedChange { place, before, after }
    }
}

impl Ledger {
    /// The key of `name`'s domain; made, and committed like any change, at the domain's first use.
    pub(crate) async fn domain(&self, name: DomainName) -> Result<Arc<DomainKey>, VaultError> {
        if let Some(key) = self.vault.current(name).await? {
            return Ok(key);
        }
        // A root key that is replaced meanwhile would leave this one behind.
        let _turn = self.hierarchy.lock().await;
        if let Some(key) = self.vault.current(name).await? {
            return Ok(key);
        }
        let (place, value) = self.vault.fresh_domain(name)?;
        let change = BareChange { place, before: None, value: Some(value) };
        let written = self.change_bare(vec![change], Changes::default(), None).await;
        let unrecorded = || VaultError(format!("the domain key of {name} could not be recorded"));
        written.map_err(|_| unrecorded())?;
        self.vault.current(name).await?.ok_or_else(unrecorded)
    }

    /// Makes changes to bare places durable, with others and the audit record, if there is one.
    pub(crate) async fn change_bare(
        &self,
        bare: Vec<BareChange>,
        changes: Changes,
        record: Option<&AuditRecord>,
    ) -> Result<(), CommitFailure> {
        let stopped = CommitFailure::Unrecorded;
        if self.health.has_stopped() {
            return Err(stopped);
        }
        let sequence = self.sequence.fetch_add(1, Ordering::SeqCst);
        let mut changes = changes;
        if let Some(record) = record {
            changes.put(Slot::audit(sequence), None, record);
        }
        let (done, written) = oneshot::channel();
        let mut job = self.seal(changes, sequence, done).await.map_err(|_| stopped)?;
        job.changes.extend(bare.into_iter().map(|change| change.sealed(sequence)));
        self.send(job).await?;
        written.await.map_err(|_| stopped)?
    }

    /// Has the journal go on in another segment, under the newest domain key.
    pub(crate) fn renew_segment(&self) {
        self.health.renew_segment();
    }

    /// The least number of a global domain key that a segment of the journal is sealed under; `None`
    /// if there is no segment.
    pub(crate) fn oldest_segment_domain(&self) -> Result<Option<u32>, VaultError> {
        let failed = |why: crate::ports::LogError| VaultError(why.to_string());
        let mut log = self.segments.lock().unwrap_or_else(PoisonError::into_inner);
        let mut oldest = None;
        for number in log.segments().map_err(failed)? {
            let beginning = log.read_at(number, 0, SegmentHeader::LEN).map_err(failed)?;
            let Some(header) = SegmentHeader::parse(&beginning) else { continue };
            oldest = Some(oldest.map_or(header.domain, |least: u32| least.min(header.domain)));
        }
        Ok(oldest)
    }

    /// Keeps the set digest under a key of the global domain key `number` from now on.
    pub(crate) async fn rekey_digest(&self, number: u32) -> Result<(), VaultError> {
        let unfinished = || VaultError("the store's digest could not be made anew".to_owned());
        let (rekeying, told) = Rekeying::new(set_key(&self.vault, number).await?, number);
        let sent = self.commits.send(CommitterJob::Rekey(Box::new(rekeying))).await;
        sent.map_err(|_| unfinished())?;
        told.await.map_err(|_| unfinished())
    }
}
