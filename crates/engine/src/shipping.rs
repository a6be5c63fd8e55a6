//! What delivery of the audit trail takes from the ledger and gives back to it.
//!
//! A **round** of delivery is begun by a commit that names what it takes. Until it is ended by
//! another one, whoever begins a round gets the same records again: after a crash the same files
//! are written once more, to the letter and under the same names, and nothing is lost or delivered
//! twice. How far each delivery has come tells the round that it is of, so that it can be written a few
//! at a time before the round is ended. What is stored here only repeats what audit records have told, so it has none of its own.

use crate::audit::AuditRecord;
use crate::engine::Engine;
use crate::ledger::{Changes, CommitFailure, EncodedRecord, JournalTail, Most, RecoveryError};
use crate::slot::{Slot, SlotRange};
use crate::trail_key::TrailSigner;
use crate::vault::{Read, VaultError};
use std::fmt;
use std::sync::Arc;
use strongroom_keys::{
    DeliveryRecord, PendingRound, RestoreRecord, ShippingRecord, TrailKeyRecord, TrailRecord,
};
use strongroom_types::{AccountId, Region, Timestamp};

/// Most audit records of changes in one round; they are removed in one commit.
const MOST_CHANGES: usize = 2_000;
/// The most of the journal in one round: about 30 MB in CloudTrail's form.
const MOST_USES: Most = Most { records: 20_000, bytes: MOST_BYTES };
/// Bytes of audit records in one round, of changes and of uses each.
const MOST_BYTES: usize = 16 << 20;
/// Records read in one step.
const PAGE: usize = 500;

/// Why delivery cannot go on.
#[derive(Debug)]
pub enum ShippingError {
    /// A record could not be had.
    Vault(VaultError),
    /// The journal could not be read.
    Journal(RecoveryError),
    /// The outcome could not be committed.
    Commit,
}

impl fmt::Display for ShippingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault(why) => why.fmt(f),
            Self::Journal(why) => why.fmt(f),
            Self::Commit => f.write_str("how far delivery has come could not be recorded"),
        }
    }
}

impl std::error::Error for ShippingError {}

impl From<VaultError> for ShippingError {
    fn from(why: VaultError) -> Self {
        Self::Vault(why)
    }
}

impl From<RecoveryError> for ShippingError {
    fn from(why: RecoveryError) -> Self {
        Self::Journal(why)
    }
}

impl From<CommitFailure> for ShippingError {
    fn from(_: CommitFailure) -> Self {
        Self::Commit
    }
}

/// A round of delivery that was begun.
pub struct Round {
    /// Its number, from 1.
    pub number: u64,
    /// When it was begun first.
    pub time: Timestamp,
    /// What it delivers: the records of changes, oldest first, then those of uses.
    pub records: Vec<AuditRecord>,
    /// Whether there was more than one round takes.
    pub is_full: bool,
    stored: Option<Read<ShippingRecord>>,
    pending: PendingRound,
}

/// Whose delivery of which trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryPlace<'a> {
    /// Account.
    pub account: AccountId,
    /// Region of the events.
    pub region: Region,
    /// Home Region of the trail.
    pub home: Region,
    /// Name of the trail.
    pub trail: &'a str,
}

impl DeliveryPlace<'_> {
    fn slot(&self) -> Slot {
        Slot::delivery(self.account, self.region, self.home, self.trail)
    }

    /// The place at the store key `place`.
    fn parse(place: &[u8]) -> Option<DeliveryPlace<'_>> {
        let mut parts = std::str::from_utf8(place).ok()?.splitn(5, '/').skip(1);
        Some(DeliveryPlace {
            account: parts.next()?.parse().ok()?,
            region: parts.next()?.parse().ok()?,
            home: parts.next()?.parse().ok()?,
            trail: parts.next()?,
        })
    }
}

/// How far a delivery has come, as it was read or shall be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The record; `None` to remove it.
    pub record: Option<DeliveryRecord>,
    /// The version it was read at; `None` if it was not there.
    pub version: Option<u64>,
}

impl Engine {
    /// Begins a round, or repeats the one that was begun and is not known to be done. `None` if
    /// there is nothing to deliver.
    ///
    /// # Errors
    /// [`ShippingError`].
    pub async fn begin_round(
        &self,
        tail: &mut JournalTail,
    ) -> Result<Option<Round>, ShippingError> {
        let stored = self.vault().read::<ShippingRecord>(&Slot::shipping()).await?;
        let shipping = stored.as_ref().map(|read| read.record.clone()).unwrap_or_default();
        if let Some(pending) = shipping.pending.clone() {
            return self.repeat_round(tail, stored, pending).await.map(Some);
        }
        let mut records = Vec::new();
        let (changes, is_more) = self.undelivered_changes(&mut records).await?;
        let stretch = tail.read(shipping.cursor, None, MOST_USES).await?;
        if changes.is_empty() && stretch.records.is_empty() {
            return Ok(None);
        }
        let uses = stretch.records.len() >= MOST_USES.records || stretch.bytes >= MOST_BYTES;
        let is_full = is_more || uses;
        records.extend(stretch.records);
        let pending = PendingRound { time: self.now().millis(), end: stretch.end, changes };
        // INVARIANT: the number is part of the files' names, so that no history takes those of
        // another one that began at the same backup.
        let rounds = self.restored().await?.map_or(0, |restore| restore.first);
        let rounds = rounds.max(shipping.rounds);
        let begun = ShippingRecord { rounds, pending: Some(pending.clone()), ..shipping };
        let mut staged = Changes::default();
        staged.put(Slot::shipping(), stored.as_ref().map(|read| read.version), &begun);
        self.ledger().derive(staged).await?;
        let stored = self.vault().read::<ShippingRecord>(&Slot::shipping()).await?;
        let (number, time) = (begun.rounds + 1, Timestamp::from_millis(pending.time));
        Ok(Some(Round { number, time, records, is_full, stored, pending }))
    }

    /// The restore that the store comes from, if it does.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn restored(&self) -> Result<Option<RestoreRecord>, VaultError> {
        let read = self.vault().read::<RestoreRecord>(&Slot::restored()).await?;
        Ok(read.map(|read| read.record))
    }

    async fn repeat_round(
        &self,
        tail: &mut JournalTail,
        stored: Option<Read<ShippingRecord>>,
        pending: PendingRound,
    ) -> Result<Round, ShippingError> {
        let shipping = stored.as_ref().map(|read| read.record.clone()).unwrap_or_default();
        let mut records = Vec::with_capacity(pending.changes.len());
        for sequence in &pending.changes {
            let read = self.vault().read(&Slot::audit(*sequence)).await?;
            let gone = || VaultError(format!("the audit record of change {sequence} is gone"));
            records.push(read.ok_or_else(gone)?.record);
        }
        let stretch = tail.read(shipping.cursor, Some(pending.end), Most::ALL).await?;
        if stretch.end != pending.end {
            return Err(RecoveryError::Missing { segment: pending.end.segment }.into());
        }
        records.extend(stretch.records);
        let (number, time) = (shipping.rounds + 1, Timestamp::from_millis(pending.time));
        Ok(Round { number, time, records, is_full: true, stored, pending })
    }

    /// The audit records of changes that wait for delivery, the versions of their commits, and
    /// whether there are more.
    async fn undelivered_changes(
        &self,
        records: &mut Vec<AuditRecord>,
    ) -> Result<(Vec<u64>, bool), VaultError> {
        let (mut changes, mut bytes, mut after) = (Vec::new(), 0_usize, None::<Vec<u8>>);
        loop {
            let range = SlotRange::audit();
            let page = self.vault().scan::<AuditRecord>(&range, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for (place, record) in page {
                if changes.len() >= MOST_CHANGES || bytes >= MOST_BYTES {
                    return Ok((changes, true));
                }
                let sequence = place.get(2..).and_then(|digits| std::str::from_utf8(digits).ok());
                let sequence = sequence.and_then(|digits| digits.parse().ok());
                changes.push(sequence.ok_or_else(|| VaultError("an audit record".to_owned()))?);
                bytes = bytes.saturating_add(record.size());
                records.push(record);
                after = Some(place);
            }
            if is_last {
                return Ok((changes, false));
            }
        }
    }

    /// The round that was begun and is not known to be done, if there is one.
    ///
    /// # Errors
    /// [`ShippingError`].
    pub async fn pending_round(
        &self,
        tail: &mut JournalTail,
    ) -> Result<Option<Round>, ShippingError> {
        let stored = self.vault().read::<ShippingRecord>(&Slot::shipping()).await?;
        let pending = stored.as_ref().and_then(|read| read.record.pending.clone());
        match pending {
            Some(pending) => self.repeat_round(tail, stored, pending).await.map(Some),
            None => Ok(None),
        }
    }

    /// Ends a round: what it delivered is not delivered again, and taken from store and journal.
    ///
    /// # Errors
    /// [`ShippingError`]; the round is then repeated.
    pub async fn end_round(
        &self,
        tail: &mut JournalTail,
        round: &Round,
    ) -> Result<(), ShippingError> {
        let mut changes = Changes::default();
        let cursor = round.pending.end;
        let done = ShippingRecord { cursor, rounds: round.number, pending: None };
        changes.put(Slot::shipping(), round.stored.as_ref().map(|read| read.version), &done);
        for sequence in &round.pending.changes {
            changes.delete(Slot::audit(*sequence), Some(*sequence));
        }
        self.ledger().derive(changes).await?;
        // What stays behind for now is removed with the next round.
        if let Err(why) = tail.forget_before(cursor) {
            self.report(None, &format!("delivered segments of the journal stay: {why}"));
        }
        Ok(())
    }

    /// Writes how far some deliveries have come.
    ///
    /// # Errors
    /// [`ShippingError`].
    pub async fn put_deliveries(
        &self,
        deliveries: &[(DeliveryPlace<'_>, Delivery)],
    ) -> Result<(), ShippingError> {
        let mut changes = Changes::default();
        stage(&mut changes, deliveries);
        if changes.is_empty() {
            return Ok(());
        }
        Ok(self.ledger().derive(changes).await?)
    }

    /// How far a delivery has come.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn delivery(&self, place: &DeliveryPlace<'_>) -> Result<Delivery, VaultError> {
        let read = self.vault().read::<DeliveryRecord>(&place.slot()).await?;
        Ok(read.map_or_else(Delivery::default, |Read { record, version }| Delivery {
            record: Some(record),
            version: Some(version),
        }))
    }

    /// Calls `each` with every delivery.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn deliveries(
        &self,
        mut each: impl FnMut(DeliveryPlace<'_>, DeliveryRecord),
    ) -> Result<(), VaultError> {
        let (range, mut after) = (SlotRange::deliveries(), None::<Vec<u8>>);
        loop {
            let page = self.vault().scan::<DeliveryRecord>(&range, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for (place, record) in page {
                if let Some(place) = DeliveryPlace::parse(&place) {
                    each(place, record);
                }
                after = Some(place);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// The trail that every account has, as this one sees it; `None` without a Region.
    #[must_use]
    pub fn built_in_trail(&self, account: AccountId) -> Option<TrailRecord> {
        crate::work::built_in(account, self.settings())
    }

    /// The trails that an account has made, by home Region and name.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn trails(&self, account: AccountId) -> Result<Vec<TrailRecord>, VaultError> {
        let range = SlotRange::trails(account);
        let found = self.vault().scan::<TrailRecord>(&range, None, PAGE).await?;
        Ok(found.into_iter().map(|(_, record)| record).collect())
    }

    /// The key that signs the digests of a Region; made when it is first needed.
    ///
    /// # Errors
    /// [`ShippingError`].
    pub async fn trail_signer(&self, region: Region) -> Result<Arc<TrailSigner>, ShippingError> {
        let (number, newest) = self.newest_trail_key(region).await?;
        if let Some(record) = newest.filter(|record| record.retired.is_none()) {
            return Ok(Arc::new(TrailSigner::open(&record)?));
        }
        let record = TrailSigner::generate(region, self.now())?;
        let mut changes = Changes::default();
        changes.put(Slot::trail_key(region, number + 1), None, &record);
        self.ledger().derive(changes).await?;
        Ok(Arc::new(TrailSigner::open(&record)?))
    }

    /// Lets another key sign the digests of a Region from now on. The public key of the one before
    /// is kept, its private key is not.
    ///
    /// # Errors
    /// [`ShippingError`].
    pub async fn rotate_trail_key(&self, region: Region) -> Result<(), ShippingError> {
        let (number, _) = self.newest_trail_key(region).await?;
        let mut changes = Changes::default();
        let slot = Slot::trail_key(region, number);
        if let Some(read) = self.vault().read::<TrailKeyRecord>(&slot).await? {
            let retired = TrailSigner::retire(read.record, self.now());
            changes.put(slot, Some(read.version), &retired);
        }
        let fresh = TrailSigner::generate(region, self.now())?;
        changes.put(Slot::trail_key(region, number + 1), None, &fresh);
        let account = AccountId::INITIAL;
        let event = self.event("cloudtrail", "RotatePublicKey", account, region, String::new());
        let written = self.ledger().commit(changes, EncodedRecord::of(&event), ()).await;
        written.map(drop).map_err(|_| ShippingError::Commit)
    }

    /// The keys that have signed digests of a Region, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn trail_keys(&self, region: Region) -> Result<Vec<TrailKeyRecord>, VaultError> {
        let (range, mut after) = (SlotRange::trail_keys(region), None::<Vec<u8>>);
        let mut all = Vec::new();
        loop {
            let page = self.vault().scan::<TrailKeyRecord>(&range, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            for (place, record) in page {
                all.push(record);
                after = Some(place);
            }
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn newest_trail_key(
        &self,
        region: Region,
    ) -> Result<(u32, Option<TrailKeyRecord>), VaultError> {
        let mut keys = self.trail_keys(region).await?;
        let number = u32::try_from(keys.len()).unwrap_or(u32::MAX - 1);
        Ok((number, keys.pop()))
    }

    /// About how many bytes of the journal wait for delivery.
    ///
    /// # Errors
    /// [`ShippingError`].
    pub async fn journal_behind(&self, tail: &mut JournalTail) -> Result<u64, ShippingError> {
        let stored = self.vault().read::<ShippingRecord>(&Slot::shipping()).await?;
        let cursor = stored.map(|read| read.record.cursor).unwrap_or_default();
        tail.bytes_behind(cursor).map_err(|why| RecoveryError::Log(why).into())
    }

    /// Takes nothing more on until the trail is delivered, for the reason given; or goes on.
    pub fn hold_back(&self, why: Option<String>) {
        self.ledger().hold_back(why);
    }
}

fn stage(changes: &mut Changes, deliveries: &[(DeliveryPlace<'_>, Delivery)]) {
    for (place, Delivery { record, version }) in deliveries {
        match record {
            Some(record) => changes.put(place.slot(), *version, record),
            None if version.is_some() => changes.delete(place.slot(), *version),
            None => {}
        }
    }
}
