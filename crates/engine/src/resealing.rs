//! After a rotation of the domain keys: sealing every record under the newest ones, and in the end
//! destroying those from before.
//!
//! A walk over the whole store seals anew what it finds under an older key, a page a commit, with
//! the place it has come to: whoever is interrupted goes on from there. Requests that began before
//! the rotation may write a record under an older key behind the walk, so there is another one when
//! [`WAIT`] is over, and so on until one has found nothing. Then the older keys are destroyed.

use crate::engine::Engine;
use crate::identity::session;
use crate::ledger::{BareChange, Changes, CommitFailure};
use crate::ports::Entry;
use crate::slot::{Slot, bare};
use crate::turn::{IN_A_ROW, turn};
use crate::vault::{Read, VaultError};
use strongroom_crypto::SecretBytes;
use strongroom_keys::{
    DomainFloorRecord, DomainName, DomainRotationRecord, KeyMaterial, KeyRecord, codec,
    domain_number,
};
use strongroom_types::{AccountId, Region};

/// Records looked at in one step; what is stale among them is one commit.
const PAGE: usize = 200;
/// Most pages in which nothing is stale before the place is committed.
const MOST_PAGES: usize = 20;
/// How often a record that is changed at the same time is tried.
const TRIES: usize = 8;
/// From the end of a walk to the next one, in milliseconds: as long as a session token, the
/// longest-lived of the tokens sealed under a domain key, is good.
const WAIT: i64 = session::LONGEST;
/// How long after a walk that found nothing there is another one if the journal still needs an older
/// key, in milliseconds. Our choice.
const AGAIN: i64 = 10 * 60 * 1000;

/// How far the rotation of the domain keys has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainRotation {
    /// There is none under way.
    None,
    /// A walk has more to look at; it is to be continued at once.
    Walking,
    /// All is sealed under the newest keys; those from before wait for the end of what was sealed
    /// under them and is not kept here.
    Waiting,
    /// The keys from before were destroyed.
    Destroyed,
}

/// What a page came to.
#[derive(Default)]
struct Page {
    after: Vec<u8>,
    is_last: bool,
    stale: Vec<Stale>,
    /// How many audit records of changes are under an older key. They stay as they are, by the
    /// version of their commit, until they are delivered.
    undelivered: u64,
}

/// A slot, the version it was read at, and its content, to be sealed anew.
type Stale = (Slot, u64, SecretBytes);

impl Engine {
    /// How far the rotation of the domain keys has come; `None` if none is under way.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn domain_rotation(&self) -> Result<Option<DomainRotationRecord>, VaultError> {
        let read = self.vault().read(&Slot::domain_rotation()).await?;
        Ok(read.map(|read| read.record))
    }

    /// Takes the next step of a rotation of the domain keys, if one is under way: at most a few pages of
    /// records. The walk after which keys are destroyed is begun only if the clock, which says when
    /// that is due, `may_be_believed`. For one caller at a time.
    ///
    /// # Errors
    /// [`VaultError`]; the step is to be tried again later.
    pub async fn continue_domain_rotation(
        &self,
        region: Region,
        may_be_believed: bool,
    ) -> Result<DomainRotation, VaultError> {
        let slot = Slot::domain_rotation();
        let Some(read) = self.vault().read::<DomainRotationRecord>(&slot).await? else {
            return Ok(DomainRotation::None);
        };
        let Read { mut record, version } = read;
        let is_between = record.after.is_empty() && record.found == 0;
        let now = self.now();
        let Some(walked) = record.walked.filter(|_| is_between) else {
            return self.walk_page(record, version, region).await;
        };
        if walked > now {
            // The clock was ahead, and is not any more.
            record.walked = Some(now);
            self.reseal(Vec::new(), (record, version)).await?;
        } else if may_be_believed && now >= walked.plus_millis(WAIT) {
            return self.walk_page(record, version, region).await;
        }
        Ok(DomainRotation::Waiting)
    }

    async fn walk_page(
        &self,
        record: DomainRotationRecord,
        version: u64,
        region: Region,
    ) -> Result<DomainRotation, VaultError> {
        let Page { after, is_last, stale, undelivered } = self.next_stale(&record.after).await?;
        let resealed = u64::try_from(stale.len()).unwrap_or(u64::MAX);
        let mut next = DomainRotationRecord {
            after: if is_last { Vec::new() } else { after },
            found: record.found.saturating_add(resealed).saturating_add(undelivered),
            resealed: record.resealed.saturating_add(resealed),
            ..record
        };
        let is_clean = is_last && next.found == 0;
        let is_due = record.walked.is_some();
        if is_last {
            (next.walked, next.found) = (Some(self.now()), 0);
        }
        if is_clean && is_due {
            if self.destroy_older(version, region).await? {
                return Ok(DomainRotation::Destroyed);
            }
            next.walked = Some(self.now().plus_millis(AGAIN - WAIT));
        }
        self.reseal(stale, (next, version)).await?;
        Ok(if is_last { DomainRotation::Waiting } else { DomainRotation::Walking })
    }

    /// The next page with something stale, of the next few.
    async fn next_stale(&self, after: &[u8]) -> Result<Page, VaultError> {
        let mut page = self.stale_page(after).await?;
        for _ in 1..MOST_PAGES {
            if page.is_last || !page.stale.is_empty() || page.undelivered > 0 {
                break;
            }
            page = self.stale_page(&page.after).await?;
        }
        Ok(page)
    }

    /// What of the page behind `after` is sealed under an older key than its domain's newest.
    async fn stale_page(&self, after: &[u8]) -> Result<Page, VaultError> {
        let from = if after.is_empty() { Vec::new() } else { [after, &[0]].concat() };
        let entries = self.vault().store().scan(&from, &[0xff], PAGE).await?;
        let mut page = Page { is_last: entries.len() < PAGE, ..Page::default() };
        for (count, entry) in entries.into_iter().enumerate() {
            page.after.clone_from(&entry.key);
            let is_audit = entry.key.starts_with(b"u/");
            match self.stale(entry).await? {
                Some(_) if is_audit => page.undelivered += 1,
                stale => page.stale.extend(stale),
            }
            if count.is_multiple_of(IN_A_ROW) {
                turn().await;
            }
        }
        Ok(page)
    }

    /// The record of `entry` if it, or key material in it, is under an older key.
    async fn stale(&self, entry: Entry) -> Result<Option<Stale>, VaultError> {
        // The head is sealed anew with every commit.
        let is_bare = entry.key.starts_with(bare::DOMAINS) || entry.key == bare::ROOT;
        if is_bare || entry.key == Slot::head().bytes() {
            return Ok(None);
        }
        let shown = || String::from_utf8_lossy(&entry.key).into_owned();
        let slot = Slot::of_place(&entry.key)
            .ok_or_else(|| VaultError(format!("{} is no place of a record", shown())))?;
        let damaged =
            |why: &dyn std::fmt::Display| VaultError(format!("record {}: {why}", shown()));
        let newest = self.newest_number(slot.domain()).await?;
        let number = domain_number(&entry.found.value).map_err(|why| damaged(&why))?;
        let is_key = entry.key.starts_with(b"k/");
        if number == newest && !is_key {
            return Ok(None);
        }
        let opened = self.vault().unseal(&entry.key, slot.domain(), &entry.found).await;
        let mut plain = opened.map_err(|why| damaged(&why))?;
        let mut rewrapped = false;
        if is_key {
            let record: KeyRecord = codec::decode(plain.expose()).map_err(|why| damaged(&why))?;
            if let Some(record) = self.rewrapped(record, newest).await? {
                plain = SecretBytes::new(codec::encode_exact(&record));
                rewrapped = true;
            }
        }
        let is_stale = rewrapped || number != newest;
        Ok(is_stale.then_some((slot, entry.found.version, plain)))
    }

    async fn newest_number(&self, name: DomainName) -> Result<u32, VaultError> {
        let newest = self.vault().current(name).await?;
        let newest = newest.ok_or_else(|| VaultError(format!("{name} has no domain key")))?;
        Ok(newest.number())
    }

    /// The key's record with its material under the domain key `newest`; `None` if it is already.
    async fn rewrapped(
        &self,
        mut record: KeyRecord,
        newest: u32,
    ) -> Result<Option<KeyRecord>, VaultError> {
        let arn = record.arn();
        let failed = |why| VaultError(format!("key material of {arn}: {why}"));
        let name = DomainName::region(arn.region);
        let mut changed = false;
        for material in record.material.iter_mut().filter(|own| !own.wrapped.is_empty()) {
            let number = domain_number(&material.wrapped).map_err(failed)?;
            if number == newest {
                continue;
            }
            let from = self.vault().numbered(name, number).await?;
            let to = self.vault().numbered(name, newest).await?;
            let entropy = self.vault().entropy();
            let wrapped = KeyMaterial::rewrap(&from, &to, &arn, material, entropy);
            material.wrapped = wrapped.map_err(failed)?;
            changed = true;
        }
        Ok(changed.then_some(record))
    }

    /// Commits the records sealed anew, and how far the walk has come by that. If one was changed
    /// at the same time, each is done by itself.
    async fn reseal(
        &self,
        stale: Vec<Stale>,
        (record, version): (DomainRotationRecord, u64),
    ) -> Result<(), VaultError> {
        let unrecorded = || VaultError("records could not be sealed anew".to_owned());
        let progress = |changes: &mut Changes| {
            changes.put(Slot::domain_rotation(), Some(version), &record);
        };
        let places: Vec<Vec<u8>> = stale.iter().map(|(slot, ..)| slot.bytes().to_vec()).collect();
        let own = Slot::domain_rotation();
        let mut changes = Changes::default();
        for (slot, before, plain) in stale {
            // It is written below.
            if slot != own {
                changes.replace(slot, before, plain);
            }
        }
        progress(&mut changes);
        match self.ledger().derive(changes).await {
            Ok(()) => return Ok(()),
            Err(CommitFailure::Unrecorded) => return Err(unrecorded()),
            Err(CommitFailure::Conflict) => {}
        }
        for place in places.iter().filter(|place| place.as_slice() != own.bytes()) {
            self.reseal_one(place).await?;
        }
        let mut changes = Changes::default();
        progress(&mut changes);
        self.ledger().derive(changes).await.map_err(|_| unrecorded())
    }

    /// Seals one record anew, if it is there and stale, whoever changes it at the same time.
    async fn reseal_one(&self, place: &[u8]) -> Result<(), VaultError> {
        for _ in 0..TRIES {
            let Some(found) = self.vault().store().read(place).await? else { return Ok(()) };
            let entry = Entry { key: place.to_vec(), found };
            let Some((slot, before, plain)) = self.stale(entry).await? else { return Ok(()) };
            let mut changes = Changes::default();
            changes.replace(slot, before, plain);
            match self.ledger().derive(changes).await {
                Ok(()) => return Ok(()),
                Err(CommitFailure::Conflict) => {}
                Err(CommitFailure::Unrecorded) => break,
            }
        }
        let shown = String::from_utf8_lossy(place);
        Err(VaultError(format!("record {shown} could not be sealed anew")))
    }

    /// Destroys the domain keys before the newest ones, unless the journal still needs one. Returns
    /// whether they are gone.
    async fn destroy_older(&self, version: u64, region: Region) -> Result<bool, VaultError> {
        let ledger = self.ledger();
        let global = self.newest_number(DomainName::global()).await?;
        if ledger.oldest_segment_domain()?.is_some_and(|oldest| oldest < global) {
            return Ok(false);
        }
        ledger.rekey_digest(global).await?;
        let _turn = ledger.hierarchy.lock().await;
        let mut changes = Vec::new();
        let mut floor = DomainFloorRecord::default();
        for ((name, number), place, version) in self.domain_places().await? {
            let newest = self.newest_number(name).await?;
            if number < newest {
                changes.push(BareChange { place, before: Some(version), value: None });
            } else {
                floor.least.push((name.to_string(), newest));
            }
        }
        let mut records = Changes::default();
        records.delete(Slot::domain_rotation(), Some(version));
        let slot = Slot::domain_floor();
        let before = self.vault().read::<DomainFloorRecord>(&slot).await?;
        records.put(slot, before.map(|read| read.version), &floor);
        let account = AccountId::INITIAL;
        let event = self.event("kms", "DestroyDomainKeys", account, region, String::new());
        let written = ledger.change_bare(changes, records, Some(&event)).await;
        written.map_err(|_| VaultError("domain keys could not be destroyed".to_owned()))?;
        self.vault().raise_floors(&floor);
        self.sessions().clear();
        Ok(true)
    }
}
