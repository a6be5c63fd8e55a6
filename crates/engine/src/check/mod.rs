//! Checking a store and a journal at rest: every record is opened, decoded and compared with what
//! tells of it elsewhere. What is wrong with one is told by its place, and the others are looked at
//! all the same. Records are read one page after another, so memory does not grow with the store.

mod grants;
mod identities;
mod journal;
mod keys;
mod trail;

use crate::ledger::{Head, SetDigest, is_counted, set_key};
use crate::ports::{Entry, StoreError};
use crate::slot::{Slot, SlotRange, bare};
use crate::still::Still;
use crate::vault::{Vault, VaultError};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use strongroom_crypto::mac::HmacKey;
use strongroom_keys::{DomainFloorRecord, DomainName, DomainRotationRecord, RestoreRecord};
use strongroom_types::{KeyArn, Region};

/// Records read in one step.
const PAGE: usize = 1000;
/// Past all store keys.
const END: &[u8] = &[0xff];

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: a store key, or a segment of the journal.
    pub place: String,
    /// What.
    pub what: String,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// Records of the store.
    pub records: u64,
    /// Accounts.
    pub accounts: u64,
    /// KMS keys.
    pub keys: u64,
    /// Backing keys of them that were unwrapped.
    pub materials: u64,
    /// Aliases.
    pub aliases: u64,
    /// Grants.
    pub grants: u64,
    /// Users, groups, roles and managed policies.
    pub identities: u64,
    /// Audit records of changes that are not delivered yet.
    pub changes: u64,
    /// Audit records of uses that are not delivered yet.
    pub uses: u64,
    /// Segments of the journal.
    pub segments: u64,
    /// What was found.
    pub findings: u64,
}

/// Who is told meanwhile.
pub struct Told<'a> {
    /// Of each finding.
    pub finding: &'a mut dyn FnMut(Finding),
    /// How many records are done, of how many.
    pub progress: &'a mut dyn FnMut(u64, u64),
}

/// Why the check could not be made to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckError(pub String);

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CheckError {}

impl From<StoreError> for CheckError {
    fn from(why: StoreError) -> Self {
        Self(why.to_string())
    }
}

/// What is wrong with a record.
type Sound = Result<(), String>;

/// Another record could not be read; that is told at its own place.
struct Unreadable;

struct Inspection<'a, 'b> {
    vault: &'a Vault,
    told: &'a mut Told<'b>,
    checked: Checked,
}

impl Still {
    /// Checks everything.
    ///
    /// # Errors
    /// [`CheckError`] when a medium fails.
    pub async fn check(&mut self, mut told: Told<'_>) -> Result<Checked, CheckError> {
        let mut inspection =
            Inspection { vault: &self.vault, told: &mut told, checked: Checked::default() };
        let head = inspection.head().await;
        inspection.records(head.as_ref()).await?;
        inspection.journal(&mut *self.log, head.as_ref()).await?;
        Ok(inspection.checked)
    }
}

impl Inspection<'_, '_> {
    fn tell(&mut self, place: &[u8], what: impl Into<String>) {
        self.checked.findings += 1;
        let place = String::from_utf8_lossy(place).into_owned();
        (self.told.finding)(Finding { place, what: what.into() });
    }

    async fn head(&mut self) -> Option<Head> {
        let slot = Slot::head();
        match self.vault.read::<Head>(&slot).await {
            Ok(Some(read)) if read.version == read.record.commits => Some(read.record),
            Ok(Some(_)) => {
                self.tell(slot.bytes(), "it has the version of another one");
                None
            }
            Ok(None) => {
                self.tell(slot.bytes(), "it is missing");
                None
            }
            Err(why) => {
                self.tell(slot.bytes(), reason(&why, slot.bytes()));
                None
            }
        }
    }

    async fn records(&mut self, head: Option<&Head>) -> Result<(), CheckError> {
        let mut frozen = self.vault.store().frozen()?;
        let total = frozen.count(&[], END)?;
        // Without its head nothing tells what the digest is, nor under which key it is kept.
        let set_key = match head {
            Some(head) => Some(set_key(self.vault, head.digest_domain()).await),
            None => None,
        };
        if let Some(Err(why)) = &set_key {
            self.tell(bare::GLOBAL_DOMAIN, why.to_string());
        }
        let set_key = set_key.and_then(Result::ok);
        let (mut from, mut digest) = (Vec::new(), SetDigest::default());
        loop {
            let page = frozen.scan(&from, END, PAGE)?;
            let is_last = page.len() < PAGE;
            for entry in page {
                self.record(&entry, head).await;
                if let Some(key) = &set_key {
                    count(&mut digest, key, &entry);
                }
                from = [entry.key.as_slice(), &[0]].concat();
                self.checked.records += 1;
            }
            (self.told.progress)(self.checked.records, total);
            if is_last {
                break;
            }
        }
        if head.is_some_and(|head| set_key.is_some() && head.digest != digest.0) {
            let what = "records were removed, added or put back to an earlier version: the store \
                        holds others than the head counts";
            self.tell(Slot::head().bytes(), what);
        }
        Ok(())
    }

    async fn record(&mut self, entry: &Entry, head: Option<&Head>) {
        if head.is_some_and(|head| is_counted(&entry.key) && entry.found.version > head.sequence) {
            self.tell(&entry.key, "its version is greater than any that was given");
        }
        if let Err(what) = self.inspect(entry).await {
            self.tell(&entry.key, what);
        }
    }

    async fn inspect(&mut self, entry: &Entry) -> Sound {
        let text = std::str::from_utf8(&entry.key).map_err(|_| unknown())?;
        let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
        match kind {
            "root" if rest.is_empty() => self.mark(entry),
            // Looked at already.
            "head" if rest.is_empty() => Ok(()),
            "d" => self.domain(entry, rest),
            "k" => self.key(entry, rest).await,
            "a" => self.alias(entry, rest).await,
            "ak" => self.alias_of(entry, rest).await,
            "due" => self.due(entry, rest).await,
            "lu" => self.last_use(entry, rest).await,
            "cks" => self.key_store(entry, rest).await,
            "ckc" => self.key_store_count(entry, rest).await,
            "xk" => self.external_key(entry, rest).await,
            "g" => self.grant(entry, rest).await,
            "gt" | "ge" => self.grant_index(entry, rest).await,
            "gr" => self.retirable(entry, rest).await,
            "acct" | "rk" | "cred" | "al" | "scp" | "lk" | "lr" | "io" => {
                self.of_account(entry, kind, rest).await
            }
            "iu" | "ig" | "ir" | "ip" | "ia" | "ib" | "gn" | "im" | "groups-by-id" => {
                self.of_identity(entry, kind, rest).await
            }
            "u" | "ct" | "ctc" | "cb" | "td" | "tk" | "ts" => {
                self.of_trail(entry, kind, rest).await
            }
            "dr" if rest.is_empty() => {
                self.open::<DomainRotationRecord>(entry, DomainName::global()).await.map(drop)
            }
            "df" if rest.is_empty() => self.floors(entry).await,
            "restored" if rest.is_empty() => self.restored(entry).await,
            _ => Err(unknown()),
        }
    }

    fn mark(&self, entry: &Entry) -> Sound {
        let is_ours = entry.found.value == self.vault.root().fingerprint().as_bytes();
        is_ours.then_some(()).ok_or_else(|| "it names another root key".to_owned())
    }

    /// A wrapped domain key.
    fn domain(&self, entry: &Entry, rest: &str) -> Sound {
        let (name, number) = rest.split_once('/').ok_or_else(unknown)?;
        let number: u32 = number.parse().map_err(|_| unknown())?;
        let name = match name {
            "global" => DomainName::global(),
            region => DomainName::region(parsed(region)?),
        };
        same_place(entry, &bare::domain(name, number))?;
        if self.vault.is_destroyed(name, number) {
            return Err("this domain key was destroyed, and is there again".to_owned());
        }
        let opened = self.vault.root().unwrap(name, number, &entry.found.value);
        opened.map(drop).map_err(|why| why.to_string())
    }

    /// Below which numbers domain keys are destroyed: each domain has one that is not.
    async fn floors(&mut self, entry: &Entry) -> Sound {
        let record = self.open::<DomainFloorRecord>(entry, DomainName::global()).await?;
        let mut newest: BTreeMap<String, u32> = BTreeMap::new();
        let mut from = bare::DOMAINS.to_vec();
        loop {
            let page = self.vault.store().scan(&from, bare::DOMAINS_END, PAGE).await;
            let page = page.map_err(|why| why.to_string())?;
            let is_last = page.len() < PAGE;
            for found in page {
                if let Some((name, number)) = bare::domain_of(&found.key) {
                    let greatest = newest.entry(name.to_string()).or_default();
                    *greatest = number.max(*greatest);
                }
                from = [found.key.as_slice(), &[0]].concat();
            }
            if is_last {
                break;
            }
        }
        for (name, least) in &record.least {
            let newest = newest.get(name).copied().unwrap_or_default();
            if *least > newest {
                let what = format!(
                    "domain keys of {name} below {least} are destroyed, and the newest is {newest}"
                );
                self.tell(&entry.key, what);
            }
        }
        Ok(())
    }

    /// The restore that the store comes from began its history.
    async fn restored(&self, entry: &Entry) -> Sound {
        let record = self.open::<RestoreRecord>(entry, DomainName::global()).await?;
        match self.other::<Head>(&Slot::head()).await {
            Ok(Some(head)) if record.first > head.sequence => {
                let (first, now) = (record.first, head.sequence);
                Err(format!("its history begins at change {first}, and the store is at {now}"))
            }
            _ => Ok(()),
        }
    }

    /// The record that `entry` holds.
    async fn open<T>(&self, entry: &Entry, domain: DomainName) -> Result<T, String>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let decoded = self.vault.decode(&entry.key, domain, &entry.found).await;
        decoded.map_err(|why| reason(&why, &entry.key))
    }

    /// Another record.
    async fn other<T>(&self, slot: &Slot) -> Result<Option<T>, Unreadable>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let read = self.vault.read::<T>(slot).await.map_err(|_| Unreadable)?;
        Ok(read.map(|read| read.record))
    }

    /// Whether anything is at `slot`.
    async fn is_there(&self, slot: &Slot) -> Result<bool, String> {
        let found = self.vault.store().read(slot.bytes()).await;
        Ok(found.map_err(|why| why.to_string())?.is_some())
    }

    /// Tells that `slot` is missing if it is, since `entry` says that `what` is there.
    async fn expect(&mut self, entry: &Entry, slot: &Slot, what: &str) -> Sound {
        if !self.is_there(slot).await? {
            let place = String::from_utf8_lossy(slot.bytes()).into_owned();
            self.tell(&entry.key, format!("{what} is missing: {place}"));
        }
        Ok(())
    }

    /// How many records there are in a run.
    async fn number_in(&self, range: &SlotRange) -> Result<u64, String> {
        let (mut count, mut after) = (0, None::<Vec<u8>>);
        loop {
            let page = self.vault.places(range, after.as_deref(), PAGE).await;
            let page = page.map_err(|why| why.to_string())?;
            count += u64::try_from(page.len()).unwrap_or(u64::MAX);
            if page.len() < PAGE {
                return Ok(count);
            }
            after = page.last().cloned();
        }
    }
}

fn count(digest: &mut SetDigest, key: &HmacKey, entry: &Entry) {
    if is_counted(&entry.key) {
        digest.toggle(key, &entry.key, entry.found.version);
    }
}

/// The record's place follows from what is in it.
fn same_place(entry: &Entry, expected: &[u8]) -> Sound {
    let moved = || "it does not belong here".to_owned();
    (entry.key == expected).then_some(()).ok_or_else(moved)
}

/// A failure's text without the place, which is told beside it.
fn reason(why: &VaultError, place: &[u8]) -> String {
    let before = format!("record {}: ", String::from_utf8_lossy(place));
    why.0.strip_prefix(&before).unwrap_or(&why.0).to_owned()
}

fn unknown() -> String {
    "no record that this release knows has such a key".to_owned()
}

fn parsed<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| unknown())
}

/// The key at ‹account›/‹region›/‹key id›, and what follows.
fn key_at(rest: &str) -> Result<(KeyArn, &str), String> {
    let mut parts = rest.splitn(4, '/');
    let mut next = || parts.next().unwrap_or_default();
    let (account, region, key, rest) = (next(), next(), next(), next());
    let region: Region = parsed(region)?;
    Ok((KeyArn { region, account: parsed(account)?, key: parsed(key)? }, rest))
}
