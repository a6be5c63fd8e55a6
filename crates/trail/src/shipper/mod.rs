//! Delivery: what was recorded becomes log files and digests.
//!
//! Every round is repeatable to the letter ([`strongroom_engine::shipping`]), and so is every
//! digest, whose end is committed before it is written. So whoever is killed in the middle writes
//! the same objects again, under the same names.

mod digests;
mod owed;

use crate::event::{Event, events};
use crate::index::Index;
use crate::selection::{Traits, takes};
use crate::{gzip, log_file, object_name};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_engine::ledger::JournalTail;
use strongroom_engine::ports::archive::{ArchiveError, Objects};
use strongroom_engine::shipping::{Delivery, DeliveryPlace, Round, ShippingError};
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
}

/// What one run delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Events.
    pub events: usize,
    /// Digests.
    pub digests: usize,
    /// What was not delivered to accounts' own trails and will be tried again, and why.
    pub failures: Vec<String>,
    /// Signed statements of how far the server's own trail has come, to be kept elsewhere.
    pub anchors: Vec<String>,
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
        let (closed, owes) = (i64::MIN, true);
        Self { engine, tail, objects, index, settings, signers, stream, closed, owes }
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
        let ran = self.deliver_all().await;
        match &ran {
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

    async fn deliver_all(&mut self) -> Result<Shipped, ShipError> {
        let mut shipped = Shipped::default();
        self.close_digests(&mut shipped).await?;
        while let Some(round) = self.engine.begin_round(&mut self.tail).await? {
            self.deliver(&round, &mut shipped).await?;
            if !round.is_full {
                break;
            }
        }
        self.pay_debts(&mut shipped).await?;
        Ok(shipped)
    }

    async fn deliver(&mut self, round: &Round, shipped: &mut Shipped) -> Result<(), ShipError> {
        let partition = self.settings.region.partition();
        let mut sorted = Sorted::new();
        for event in round.records.iter().flat_map(|record| events(record, partition)) {
            sorted.entry((event.account, event.region)).or_default().push(event);
        }
        let mut done: Vec<(TrailRecord, Region, Delivery)> = Vec::new();
        let mut trails: Option<(AccountId, Vec<TrailRecord>)> = None;
        for ((account, region), events) in &mut sorted {
            events.sort_by_key(|event| event.time);
            shipped.events += events.len();
            if trails.as_ref().is_none_or(|(of, _)| of != account) {
                trails = Some((*account, self.trails(*account).await?));
            }
            let trails = trails.as_ref().map(|(_, trails)| trails.as_slice()).unwrap_or_default();
            self.deliver_to(round, trails, (*region, events), shipped, &mut done).await?;
        }
        if let Some(stream) = &mut self.stream {
            sorted.values().for_each(|events| stream.take(events));
        }
        let deliveries: Vec<_> = done
            .iter()
            .map(|(trail, region, delivery)| (place(trail, *region), delivery.clone()))
            .collect();
        self.engine.end_round(&mut self.tail, round, &deliveries).await?;
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
        let mut own_key = None;
        for trail in trails {
            let taken: Vec<&Event> =
                events.iter().filter(|event| takes(trail, Traits::of(event))).collect();
            if taken.is_empty() {
                continue;
            }
            let place = place(trail, region);
            let mut delivery = self.engine.delivery(&place).await?;
            let record = delivery.record.get_or_insert_with(|| beginning(round.time));
            let key = log_key(trail, region, round);
            let put = self.put(trail, &key, &taken).await;
            match (put, &own_key) {
                (Ok(file), _) => {
                    record.files.push(file);
                    (record.delivered, record.failure) = (Some(round.time.millis()), None);
                }
                (Err(why), None) => return Err(why),
                // An account's own bucket holds nobody else up: its events are where they can be
                // taken from later.
                (Err(why), Some(own)) => {
                    shipped
                        .failures
                        .push(format!("trail {} of {}: {why}", trail.name, trail.account));
                    record.failure = Some(why.to_string());
                    record.owed.push(String::clone(own));
                    self.owes = true;
                }
            }
            if own_key.is_none() {
                let noted = self.index.note_file(trail.account, region, &key, &taken);
                noted.map_err(ShipError::Index)?;
                own_key = Some(key);
            }
            done.push((trail.clone(), region, delivery));
        }
        Ok(())
    }

    async fn put(
        &self,
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
        &self,
        trail: &TrailRecord,
        key: &str,
        body: &[u8],
        (oldest, newest): (i64, i64),
    ) -> Result<DeliveredFile, ShipError> {
        let compressed = gzip::compress(body).map_err(|why| ShipError::Form(why.to_string()))?;
        self.objects.put(&trail.bucket, key, &compressed, &BTreeMap::new()).await?;
        Ok(DeliveredFile {
            bucket: trail.bucket.clone(),
            key: key.to_owned(),
            hash: hash::sha256(body),
            oldest,
            newest,
        })
    }
}

/// Where the delivery of `trail` for a Region stands.
fn place(trail: &TrailRecord, region: Region) -> DeliveryPlace<'_> {
    DeliveryPlace { account: trail.account, region, home: trail.region, trail: &trail.name }
}

/// How a delivery stands that begins at `time`.
fn beginning(time: Timestamp) -> DeliveryRecord {
    DeliveryRecord { since: time.seconds() * 1000, ..DeliveryRecord::default() }
}

/// The key of the log file of a round: the same whenever the round is repeated.
fn log_key(trail: &TrailRecord, region: Region, round: &Round) -> String {
    let TrailRecord { account, prefix, name, region: home, .. } = trail;
    let of = format!("{}/{account}/{region}/{home}/{name}", round.number);
    object_name::log_file(prefix.as_deref(), *account, region, round.time, &unique(&of))
}

/// Sixteen letters and digits that follow from `text`.
fn unique(text: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = hash::sha256(format!("strongroom log file v1 {text}").as_bytes());
    let digit = |byte: &u8| DIGITS.get(usize::from(*byte) % 62).copied().unwrap_or(b'0');
    digest.iter().take(16).map(|byte| char::from(digit(byte))).collect()
}
