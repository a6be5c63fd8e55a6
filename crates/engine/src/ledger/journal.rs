//! The journal's writer: seals frames in order, writes them in groups, and answers those who wait
//! once the group is durable.

use super::durability::Waiting;
use super::head::Position;
use super::{Health, JournalJob, Part, Unrecorded};
use crate::audit::AuditRecord;
use crate::ports::Log;
use crate::vault::Vault;
use minicbor::{Decode, Encode};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use strongroom_keys::{JournalKey, SegmentHeader, codec};
use tokio::sync::mpsc;

/// Most frames taken from the queue at once.
const GROUP: usize = 1024;
/// A group is written when it has grown to this many bytes. A frame is at most a request's body
/// and a little more, so what a crash leaves unfinished is well below `recovery::MOST_TORN`.
const GROUP_BYTES: usize = 1 << 20;
/// How long after a failure what is owed is tried again, if nothing else is to be written.
const OWED: Duration = Duration::from_secs(1);
/// A segment that has grown to this many bytes is followed by another.
const SEGMENT_BYTES: usize = 64 << 20;

/// What a frame of the journal holds.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Frame {
    /// First of a segment: the number of commit groups that the store had reached.
    #[n(0)]
    Open(#[n(0)] u64),
    /// The audit record of a use.
    #[n(1)]
    Record(#[n(0)] Box<AuditRecord>),
    /// The number of commit groups that the store has reached.
    #[n(2)]
    Anchor(#[n(0)] u64),
}

pub(super) fn anchor_frame(commits: u64) -> Vec<u8> {
    codec::encode(&Frame::Anchor(commits))
}

/// What the derived encoder of `Frame::Record` writes before the record: `[1, [record]]`.
const BEFORE_RECORD: [u8; 3] = [0x82, 0x01, 0x81];

/// An audit record as it is kept: beside a change in the store, or in a frame of the journal.
pub(crate) struct EncodedRecord(Vec<u8>);

impl EncodedRecord {
    /// The bytes of `record`, which is an [`AuditRecord`] or encoded as one.
    pub(crate) fn of(record: &impl Encode<()>) -> Self {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(&BEFORE_RECORD);
        let mut encoder = minicbor::Encoder::new(out);
        // Writing to a `Vec` cannot fail.
        let _ = encoder.encode(record);
        Self(encoder.into_writer())
    }

    /// The record alone.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.get(BEFORE_RECORD.len()..).unwrap_or_default()
    }

    /// The frame of the record, without copying it into a [`Frame`].
    pub(super) fn into_frame(self) -> Vec<u8> {
        self.0
    }
}

/// Writes the journal. It is run on a thread of its own until every handle of the ledger is gone.
pub struct JournalWriter {
    pub(super) vault: Arc<Vault>,
    pub(super) jobs: mpsc::Receiver<JournalJob>,
    pub(super) log: Box<dyn Log>,
    pub(super) health: Arc<Health>,
    pub(super) position: Arc<Mutex<Position>>,
    pub(super) segment: u64,
    pub(super) key: JournalKey,
    pub(super) length: usize,
    pub(super) chain: [u8; 16],
    pub(super) broken: bool,
    pub(super) commits: u64,
    pub(super) waiting: Waiting,
    /// Records that could not be written although their requests were answered: the next to be tried.
    pub(super) owed: Vec<JournalJob>,
}

impl JournalWriter {
    /// Runs until the ledger's last handle is dropped, and all that was sent is written. Returns how
    /// many records could not be written although their requests were answered.
    pub async fn run(mut self) -> usize {
        let mut jobs = Vec::with_capacity(GROUP);
        let mut buffer = Vec::new();
        while self.next(&mut jobs).await {
            self.gather(&mut jobs).await;
            self.write_all(&mut jobs, &mut buffer).await;
        }
        if !self.owed.is_empty() {
            self.write_all(&mut jobs, &mut buffer).await;
        }
        self.owed.len()
    }

    /// Waits for something to write: the next jobs, or, now and then, those that are owed. Returns whether
    /// more may come.
    async fn next(&mut self, jobs: &mut Vec<JournalJob>) -> bool {
        if self.owed.is_empty() {
            return self.jobs.recv_many(jobs, GROUP).await > 0;
        }
        let received = tokio::time::timeout(OWED, self.jobs.recv_many(jobs, GROUP)).await;
        received.is_err() || received.is_ok_and(|count| count > 0)
    }

    /// Lets more come, if nobody waits for what is there.
    async fn gather(&mut self, jobs: &mut Vec<JournalJob>) {
        let nobody_waits = jobs.iter().all(|job| job.done.is_none());
        if !self.waiting.is_buffered() || jobs.is_empty() || !nobody_waits {
            return;
        }
        self.waiting.gather().await;
        while let Ok(job) = self.jobs.try_recv() {
            jobs.push(job);
        }
    }

    /// Writes `jobs`, after those that are owed, and answers those who wait.
    async fn write_all(&mut self, jobs: &mut Vec<JournalJob>, buffer: &mut Vec<u8>) {
        // Asked in any case, or it would be renewed again.
        let renews = self.health.takes_renewal();
        if self.broken || renews || self.length >= SEGMENT_BYTES {
            self.roll().await;
        }
        if !self.owed.is_empty() {
            jobs.splice(..0, self.owed.drain(..));
        }
        // A ledger that has stopped answers nobody any more; what was answered is written all the same.
        if self.health.has_stopped() {
            let waiting = jobs.extract_if(.., |job| job.done.is_some());
            for waiting in waiting.filter_map(|job| job.done) {
                let _ = waiting.send(Err(Unrecorded));
            }
        }
        self.waiting.begin();
        while !jobs.is_empty() {
            let count = group(jobs);
            let written = self.write(jobs.get(..count).unwrap_or(jobs), buffer);
            for job in jobs.drain(..count) {
                match job.done {
                    Some(waiting) => drop(waiting.send(written)),
                    None if job.anchor.is_some() => {}
                    None if written.is_err() => self.owed.push(job),
                    None => self.waiting.written(job.frame.len()),
                }
            }
        }
        self.waiting.end();
    }

    /// After a failed write the segment's key has gone past frames that are not there. They must
    /// not be sealed again under the same nonces, so the segment is left and another one begun.
    fn write(&mut self, jobs: &[JournalJob], buffer: &mut Vec<u8>) -> Result<(), Unrecorded> {
        // The store has come so far whether or not this is written; if not, the next segment says so.
        self.commits = jobs.iter().filter_map(|job| job.anchor).fold(self.commits, u64::max);
        if self.broken {
            self.health.meters.journal_failures.increment();
            return Err(Unrecorded);
        }
        buffer.clear();
        let durable = self.key.frames();
        let sealed = jobs.iter().try_for_each(|job| self.key.seal(durable, &job.frame, buffer));
        let written = match sealed {
            Ok(()) => self.log.append(buffer).map_err(|why| why.to_string()),
            Err(_) => Err("journal: a frame could not be sealed".to_owned()),
        };
        if let Err(why) = written {
            self.broken = true;
            self.health.meters.journal_failures.increment();
            self.health.note(Part::Journal, Some(why));
            return Err(Unrecorded);
        }
        self.health.note(Part::Journal, None);
        self.health
            .meters
            .journal_groups
            .observe_len(jobs.iter().filter(|job| job.anchor.is_none()).count());
        self.length += buffer.len();
        self.reached();
        Ok(())
    }

    fn reached(&mut self) {
        self.chain = self.key.chain();
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        *position = Position { segment: self.segment, frames: self.key.frames() };
    }

    /// Begins the next segment; tried again before the next group if it fails.
    async fn roll(&mut self) {
        // A segment that could not be begun may have left its file, so its number is not reused.
        self.segment += 1;
        let begun =
            begin(&self.vault, &mut *self.log, self.segment, self.chain, self.commits).await;
        self.broken = begun.is_err();
        match begun {
            Ok((key, length)) => {
                (self.key, self.length) = (key, length);
                self.reached();
            }
            Err(why) => self.health.note(Part::Journal, Some(why)),
        }
    }
}

/// How many of `jobs` make a group; at least one.
fn group(jobs: &[JournalJob]) -> usize {
    let mut bytes = 0;
    let within = jobs.iter().take_while(|job| {
        let fits = bytes < GROUP_BYTES;
        bytes += job.frame.len();
        fits
    });
    within.count().max(1)
}

/// Begins a segment: header and first frame are durable when this returns.
pub(super) async fn begin(
    vault: &Vault,
    log: &mut dyn Log,
    number: u64,
    previous: [u8; 16],
    commits: u64,
) -> Result<(JournalKey, usize), String> {
    let domain = vault.global().await.map_err(|why| why.to_string())?;
    let mut salt = [0; 16];
    vault.entropy().fill(&mut salt).map_err(|why| why.to_string())?;
    let header = SegmentHeader { number, domain: domain.number(), salt, previous };
    let mut key = JournalKey::new(&domain, &header).map_err(|why| why.to_string())?;
    let mut bytes = header.to_bytes();
    key.seal(0, &codec::encode(&Frame::Open(commits)), &mut bytes)
        .map_err(|_| "journal: a frame could not be sealed".to_owned())?;
    log.create(number, &bytes).map_err(|why| why.to_string())?;
    Ok((key, bytes.len()))
}
