//! Delivery: what was recorded becomes log files and digests.
//!
//! Every round is repeatable to the letter ([`strongroom_engine::shipping`]), and so is every
//! digest, whose end is committed before it is written. So whoever is killed in the middle writes
//! the same objects again, under the same names.

mod digests;
mod owed;

use crate::event::{Event, Writer};
use crate::index::Index;
use crate::selection::{Traits, takes};
use crate::{gzip, log_file, object_name};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_engine::audit::AuditRecord;
use strongroom_engine::ledger::JournalTail;
use strongroom_engine::ports::archive::{ArchiveError, Objects};
use strongroom_engine::shipping::{Delivery, DeliveryPlace, Round, ShippingError};
use strongroom_engine::work::BUILT_IN_TRAIL;
use strongroom_engine::{Engine, TrailSigner, VaultError};
use strongroom_keys::{DeliveredFile, DeliveryRecord, TrailRecord};
use strongroom_types::{AccountId, Region, Timestamp};

/// What the operator chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The bucket of the server's own trail.
    pub bucket: String,
    /// The server's Region.
    pub region: Region,
    /// Bytes of the journal that may wait for delivery before nothing more is taken on.
    pub backlog: u64,
}

/// Takes every event beside delivery. One that was taken before a crash may be taken again.
pub trait Stream: Send {
    /// Takes events of one account and Region, oldest first.
    fn take(&mut self, events: &[Event]);
}

/// What delivers.
pub struct Shipper {
    engine: Arc<Engine>,
    tail: JournalTail,
    objects: Arc<dyn Objects>,
    index: Arc<Index>,
    settings: Settings,
    signers: HashMap<Region, Arc<TrailSigner>>,
    stream: Option<Box<dyn Stream>>,
    /// The hour up to which all digests are there, milliseconds since 1970.
    closed: i64,
    /// Whether some trail may be owed events.
    owes: bool,
    /// The Regions of each account that there are deliveries for; none before they are known.
    places: Option<BTreeMap<AccountId, BTreeSet<Region>>>,
    /// The buckets that did not take what they were given, and until when they are left alone.
    unreachable: HashMap<String, Unreachable>,
    /// Signed statements that nobody has taken yet.
    anchors: Vec<String>,
}

/// A bucket that did not take what it was given.
struct Unreachable {
    /// Milliseconds since 1970.
    until: i64,
    failures: u32,
    why: String,
}

/// The most Regions of an account that have log files of their own. Any name of the right form is a
/// Region, and each costs a digest every hour for ever; the events of further ones are filed under
/// the server's.
const MOST_REGIONS: usize = 64;
/// The longest content of a log file, bytes of JSON.
const MOST_CONTENT: usize = 16 << 20;
/// The share of the bound on what waits from which on delivery is urgent: a quarter.
const URGENT: u64 = 4;
/// Rounds after which a run for a while stops: some minutes' worth of events. Our choice.
const ROUNDS: u32 = 64;
/// Deliveries written in one commit.
const BATCH: usize = 200;
/// For how long a bucket is left alone at first, and at most; milliseconds.
const LEFT_ALONE: (i64, i64) = (30_000, 300_000);
/// The most statements that are kept until somebody takes them.
const MOST_ANCHORS: usize = 100_000;

/// What one run delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Events.
    pub events: usize,
    /// Digests.
    pub digests: usize,
    /// Whether it stopped early, since more waits than leisure allows ([`Shipper::run_at_leisure`]).
    pub is_behind: bool,
    /// What was not delivered to accounts' own trails and will be tried again, and why.
    pub failures: Vec<String>,
}

/// Why delivery has to be tried again.
#[derive(Debug)]
pub enum ShipError {
    /// By the ledger.
    Ledger(ShippingError),
    /// By the archive.
    Archive(ArchiveError),
    /// By what is looked up.
    Index(std::io::Error),
    /// A file could not be formed.
    Form(String),
}

impl fmt::Display for ShipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(why) => why.fmt(f),
            Self::Archive(why) => why.fmt(f),
            Self::Index(why) => write!(f, "the index of the trail: {why}"),
            Self::Form(why) => write!(f, "a file of the trail: {why}"),
        }
    }
}

impl std::error::Error for ShipError {}

impl From<ShippingError> for ShipError {
    fn from(why: ShippingError) -> Self {
        Self::Ledger(why)
    }
}

impl From<VaultError> for ShipError {
    fn from(why: VaultError) -> Self {
        Self::Ledger(why.into())
    }
}

impl From<ArchiveError> for ShipError {
    fn from(why: ArchiveError) -> Self {
        Self::Archive(why)
    }
}

/// The events of one round, by account and Region.
type Sorted = BTreeMap<(AccountId, Region), Vec<Event>>;

impl Shipper {
    /// What delivers the records of `engine`, whose journal `tail` reads.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        tail: JournalTail,
        objects: Arc<dyn Objects>,
        index: Arc<Index>,
        settings: Settings,
    ) -> Self {
        let (signers, stream) = (HashMap::new(), None);
        Self {
            engine,
            tail,
            objects,
            index,
            settings,
            signers,
            stream,
            closed: i64::MIN,
            owes: true,
            places: None,
            unreachable: HashMap::new(),
            anchors: Vec::new(),
        }
    }

    /// Signed statements of how far the server's own trail has come, to be kept elsewhere.
    pub fn take_anchors(&mut self) -> Vec<String> {
        std::mem::take(&mut self.anchors)
    }

    /// Keeps statements that could not be kept elsewhere yet.
    pub fn keep_anchors(&mut self, mut lines: Vec<String>) {
        lines.append(&mut self.anchors);
        let surplus = lines.len().saturating_sub(MOST_ANCHORS);
        lines.drain(..surplus);
        self.anchors = lines;
    }

    /// The same, and every event is told to `stream`, too.
    #[must_use]
    pub fn with_stream(self, stream: Option<Box<dyn Stream>>) -> Self {
        Self { stream, ..self }
    }

    /// Closes the digests that are due and delivers what waits. When the journal that waits has
    /// grown too long, nothing more is taken on until it is delivered.
    ///
    /// # Errors
    /// [`ShipError`]; the next run goes on where this one failed.
    pub async fn run(&mut self) -> Result<Shipped, ShipError> {
        self.run_until(u64::MAX, u32::MAX).await
    }

    /// The same, but stops after some rounds and says so, for what else is to be done now and then.
    ///
    /// # Errors
    /// [`ShipError`]; the next run goes on where this one failed.
    pub async fn run_for_a_while(&mut self) -> Result<Shipped, ShipError> {
        self.run_until(u64::MAX, ROUNDS).await
    }

    /// The same, but stops after a round when a quarter of what may wait does, and says so: whoever
    /// delivers with what others leave of the processor is too slow then.
    ///
    /// # Errors
    /// [`ShipError`]; the next run goes on where this one failed.
    pub async fn run_at_leisure(&mut self) -> Result<Shipped, ShipError> {
        self.run_until(self.settings.backlog / URGENT, u32::MAX).await
    }

    /// Runs until nothing waits, or more than `most` bytes of the journal, or after so many rounds.
    async fn run_until(&mut self, most: u64, rounds: u32) -> Result<Shipped, ShipError> {
        let ran = self.deliver_all(most, rounds).await;
        match &ran {
            Ok(shipped) if shipped.is_behind => {}
            Ok(_) => self.engine.hold_back(None),
            Err(why) => {
                let waiting = self.engine.journal_behind(&mut self.tail).await?;
                if waiting > self.settings.backlog {
                    let text = format!("the audit trail cannot be delivered: {why}");
                    self.engine.hold_back(Some(text));
                }
            }
        }
        ran
    }

    /// About how many bytes of the journal wait for delivery.
    ///
    /// # Errors
    /// [`ShipError`].
    pub async fn waiting(&mut self) -> Result<u64, ShipError> {
        Ok(self.engine.journal_behind(&mut self.tail).await?)
    }

    async fn deliver_all(&mut self, most: u64, rounds: u32) -> Result<Shipped, ShipError> {
        let mut shipped = Shipped::default();
        // What was begun belongs to the hour in which it was.
        if let Some(round) = self.engine.pending_round(&mut self.tail).await? {
            self.deliver(round, &mut shipped).await?;
        }
        self.close_digests(&mut shipped).await?;
        for done in 0_u32.. {
            let is_behind = self.engine.journal_behind(&mut self.tail).await? > most;
            if is_behind || done >= rounds {
                shipped.is_behind = true;
                return Ok(shipped);
            }
            let Some(round) = self.engine.begin_round(&mut self.tail).await? else { break };
            let is_full = round.is_full;
            self.deliver(round, &mut shipped).await?;
            if !is_full {
                break;
            }
        }
        self.pay_debts(&mut shipped).await?;
        Ok(shipped)
    }

    async fn deliver(&mut self, mut round: Round, shipped: &mut Shipped) -> Result<(), ShipError> {
        let sorted = self.sorted(std::mem::take(&mut round.records)).await?;
        let mut done: Vec<(TrailRecord, Region, Delivery)> = Vec::new();
        let mut trails: Option<(AccountId, Vec<TrailRecord>)> = None;
        for ((account, region), events) in &sorted {
            shipped.events += events.len();
            if trails.as_ref().is_none_or(|(of, _)| of != account) {
                trails = Some((*account, self.trails(*account).await?));
            }
            let trails = trails.as_ref().map(|(_, trails)| trails.as_slice()).unwrap_or_default();
            self.deliver_to(&round, trails, (*region, events), shipped, &mut done).await?;
            if done.len() >= BATCH {
                self.note(&mut done).await?;
            }
        }
        if let Some(stream) = &mut self.stream {
            sorted.values().for_each(|events| stream.take(events));
        }
        self.note(&mut done).await?;
        self.engine.end_round(&mut self.tail, &round).await?;
        Ok(())
    }

    /// The events of these records, each account's in each Region in the order of their times. A
    /// record is let go as soon as its events are there.
    async fn sorted(&mut self, records: Vec<AuditRecord>) -> Result<Sorted, ShipError> {
        let mut writer = Writer::new(self.settings.region.partition());
        let mut sorted = Sorted::new();
        for record in records {
            let region = self.region_of(record.account, record.region).await?;
            writer.write(&AuditRecord { region, ..record }, |event| {
                sorted.entry((event.account, event.region)).or_default().push(event);
            });
        }
        sorted.values_mut().for_each(|events| events.sort_by_key(|event| event.time));
        Ok(sorted)
    }

    /// The Region that the events of an account in `region` are filed under.
    async fn region_of(&mut self, account: AccountId, region: Region) -> Result<Region, ShipError> {
        if self.places.is_none() {
            let mut places: BTreeMap<AccountId, BTreeSet<Region>> = BTreeMap::new();
            let note = |place: DeliveryPlace<'_>, _| {
                places.entry(place.account).or_default().insert(place.region);
            };
            self.engine.deliveries(note).await?;
            self.places = Some(places);
        }
        let known = self.places.get_or_insert_default().entry(account).or_default();
        if known.len() >= MOST_REGIONS && !known.contains(&region) {
            return Ok(self.settings.region);
        }
        known.insert(region);
        Ok(region)
    }

    /// Writes how far these deliveries have come.
    async fn note(&self, done: &mut Vec<(TrailRecord, Region, Delivery)>) -> Result<(), ShipError> {
        let deliveries: Vec<_> = done
            .iter()
            .map(|(trail, region, delivery)| (place(trail, *region), delivery.clone()))
            .collect();
        self.engine.put_deliveries(&deliveries).await?;
        done.clear();
        Ok(())
    }

    /// The server's own trail, and those that the account has made.
    async fn trails(&self, account: AccountId) -> Result<Vec<TrailRecord>, VaultError> {
        let mut all: Vec<TrailRecord> = self.engine.built_in_trail(account).into_iter().collect();
        all.extend(self.engine.trails(account).await?);
        Ok(all)
    }

    /// Delivers the events of an account in a Region to its trails, the server's own first.
    async fn deliver_to(
        &mut self,
        round: &Round,
        trails: &[TrailRecord],
        (region, events): (Region, &[Event]),
        shipped: &mut Shipped,
        done: &mut Vec<(TrailRecord, Region, Delivery)>,
    ) -> Result<(), ShipError> {
        let parts = parts(events);
        let Some(own) = trails.first() else { return Ok(()) };
        let own_keys: Vec<String> =
            (0..parts.len()).map(|part| log_key(own, region, round, part)).collect();
        for trail in trails {
            let mut delivery = self.engine.delivery(&place(trail, region)).await?;
            let is_own = trail.name == own.name;
            let record = delivery.record.get_or_insert_with(|| beginning(round.time));
            // What a round that is repeated has told already.
            if record.round == round.number {
                continue;
            }
            record.round = round.number;
            let mut has_some = false;
            for (number, (part, own_key)) in parts.iter().zip(&own_keys).enumerate() {
                let taken: Vec<&Event> =
                    part.iter().filter(|event| takes(trail, Traits::of(event))).collect();
                if taken.is_empty() {
                    continue;
                }
                has_some = true;
                let key = log_key(trail, region, round, number);
                match self.put(trail, &key, &taken).await {
                    Ok(file) => {
                        record.files.push(file);
                        (record.delivered, record.failure) = (Some(round.time.millis()), None);
                    }
                    Err(why) if is_own => return Err(why),
                    // An account's own bucket holds nobody else up: its events are where they can
                    // be taken from later.
                    Err(why) => {
                        let (name, account) = (&trail.name, trail.account);
                        shipped.failures.push(format!("trail {name} of {account}: {why}"));
                        record.failure = Some(why.to_string());
                        record.owed.push((own_key.clone(), key));
                        self.owes = true;
                    }
                }
                if is_own {
                    let noted = self.index.note_file(trail.account, region, own_key, &taken);
                    noted.map_err(ShipError::Index)?;
                }
            }
            if has_some {
                done.push((trail.clone(), region, delivery));
            }
        }
        Ok(())
    }

    async fn put(
        &mut self,
        trail: &TrailRecord,
        key: &str,
        events: &[&Event],
    ) -> Result<DeliveredFile, ShipError> {
        let body = log_file::content(events.iter().map(|event| event.json.as_str()));
        let times = || events.iter().map(|event| event.time.millis());
        let (oldest, newest) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        self.put_file(trail, key, &body, (oldest, newest)).await
    }

    async fn put_file(
        &mut self,
        trail: &TrailRecord,
        key: &str,
        body: &[u8],
        (oldest, newest): (i64, i64),
    ) -> Result<DeliveredFile, ShipError> {
        let compressed = gzip::compress(body).map_err(|why| ShipError::Form(why.to_string()))?;
        self.put_object(trail, key, &compressed, &BTreeMap::new()).await?;
        Ok(DeliveredFile {
            bucket: trail.bucket.clone(),
            key: key.to_owned(),
            hash: hash::sha256(body),
            oldest,
            newest,
        })
    }

    /// Puts an object. The bucket of an account's own trail that has failed is not asked again for a
    /// while: whoever has one that does not answer shall not make all others wait.
    async fn put_object(
        &mut self,
        trail: &TrailRecord,
        key: &str,
        body: &[u8],
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), ShipError> {
        let now = self.engine.now().millis();
        let is_own = trail.name == BUILT_IN_TRAIL;
        let left_alone = self.unreachable.get(&trail.bucket).filter(|found| now < found.until);
        if let Some(found) = left_alone.filter(|_| !is_own) {
            return Err(ArchiveError(found.why.clone()).into());
        }
        let put = self.objects.put(&trail.bucket, key, body, metadata).await;
        // A medium that blocks is no reason to be deaf to everything else.
        tokio::task::yield_now().await;
        match put {
            Ok(()) => drop(self.unreachable.remove(&trail.bucket)),
            Err(why) => {
                let failures =
                    self.unreachable.get(&trail.bucket).map_or(0, |found| found.failures);
                let (first, most) = LEFT_ALONE;
                let until = now.saturating_add((first << failures.min(8)).min(most));
                let (failures, why_text) = (failures + 1, why.0.clone());
                let found = Unreachable { until, failures, why: why_text };
                self.unreachable.insert(trail.bucket.clone(), found);
                return Err(why.into());
            }
        }
        Ok(())
    }
}

/// Cuts events into what one log file takes each.
fn parts(events: &[Event]) -> Vec<&[Event]> {
    let mut parts = Vec::new();
    let mut rest = events;
    while !rest.is_empty() {
        let mut bytes = 0_usize;
        let within = rest.iter().take_while(|event| {
            let fits = bytes < MOST_CONTENT;
            bytes = bytes.saturating_add(event.json.len());
            fits
        });
        let (part, others) = rest.split_at(within.count());
        parts.push(part);
        rest = others;
    }
    parts
}

/// Where the delivery of `trail` for a Region stands.
fn place(trail: &TrailRecord, region: Region) -> DeliveryPlace<'_> {
    DeliveryPlace { account: trail.account, region, home: trail.region, trail: &trail.name }
}

/// How a delivery stands that begins at `time`.
fn beginning(time: Timestamp) -> DeliveryRecord {
    DeliveryRecord { since: time.seconds() * 1000, ..DeliveryRecord::default() }
}

/// The key of a part of the log of a round: the same whenever the round is repeated.
fn log_key(trail: &TrailRecord, region: Region, round: &Round, part: usize) -> String {
    let TrailRecord { account, prefix, name, region: home, .. } = trail;
    let part = if part == 0 { String::new() } else { format!("/{part}") };
    let of = format!("{}/{account}/{region}/{home}/{name}{part}", round.number);
    object_name::log_file(prefix.as_deref(), *account, region, round.time, &unique(&of))
}

/// Sixteen letters and digits that follow from `text`.
fn unique(text: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = hash::sha256(format!("strongroom log file v1 {text}").as_bytes());
    let digit = |byte: &u8| DIGITS.get(usize::from(*byte) % 62).copied().unwrap_or(b'0');
    digest.iter().take(16).map(|byte| char::from(digit(byte))).collect()
}
