//! Where events are: an index over the log files of the server's own trail, by value and time.
//!
//! Derived data: everything here can be made again from the log files ([`Index::rebuild`]). A folder
//! for each account, Region and day (of delivery) holds
//!
//! | file | which values are in |
//! |---|---|
//! | `f-HHMM-<unique>` | which stretches of that log file |
//! | `h-HH` | which files of the hour, once it is over |
//! | `d` | which hours of the day, once it is over |
//!
//! A file that comes late makes what is above it void, until that is rolled up again.

mod block;
mod roll_up;
mod search;
#[cfg(test)]
mod tests;
mod usage;

pub use search::{FileHit, Search};
pub use usage::{Count, Usage};

use crate::log_file::{self, Stretch};
use crate::object_name::{self, LogName};
use crate::record::Record;
use crate::{Event, event, gzip};
use block::{Block, Draft, Member};
use quick_cache::sync::Cache;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_crypto::hash;
use strongroom_engine::ports::archive::{ArchiveError, EventAttribute, Objects};
use strongroom_types::{AccountId, Region};

/// Blocks that are kept open.
const OPEN_BLOCKS: usize = 128;
/// Objects listed in one step.
const PAGE: usize = 1000;

/// An index in a directory.
pub struct Index {
    dir: PathBuf,
    blocks: Cache<PathBuf, Arc<Block>>,
    /// The hour before which all is rolled up: day and hour, by account and Region.
    rolled: Mutex<HashMap<(AccountId, Region), (String, String)>>,
}

impl Index {
    /// The index in `dir`, which is made if it is missing.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn open(dir: &Path) -> io::Result<Self> {
        if !dir.exists() {
            make_folder(dir)?;
            fs::write(dir.join(INCOMPLETE), "")?;
        }
        let (blocks, rolled) = (Cache::new(OPEN_BLOCKS), Mutex::default());
        Ok(Self { dir: dir.to_owned(), blocks, rolled })
    }

    /// Whether it has all that there was when it was opened first or made again. One that is new has
    /// not, until it is made from the log files.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.dir.join(INCOMPLETE).exists()
    }

    /// Takes up the log file `key` of these events. Once it has, the same again changes nothing.
    ///
    /// # Errors
    /// When the directory cannot be written, or an event is no record of CloudTrail.
    pub fn note_file(
        &self,
        account: AccountId,
        region: Region,
        key: &str,
        events: &[&Event],
    ) -> io::Result<()> {
        let places = log_file::places(events.iter().map(|event| event.json.len()));
        let mut noted = Vec::with_capacity(events.len());
        for (event, place) in events.iter().zip(places) {
            let attributes = Cow::Borrowed(event.attributes.as_slice());
            noted.push(Noted { json: event.json.as_str(), place, attributes });
        }
        self.note(account, region, key, &noted)
    }

    /// Takes up the log file `key` by its object's body.
    ///
    /// # Errors
    /// When the directory cannot be written, or the body is no log file.
    pub fn note_body(
        &self,
        (account, region): (AccountId, Region),
        key: &str,
        body: &[u8],
    ) -> io::Result<()> {
        let content = gzip::decompress(body, gzip::MAX_CONTENT).map_err(io::Error::other)?;
        let records = log_file::records(&content).map_err(io::Error::other)?;
        let places = log_file::places_in(&content, &records);
        let mut noted = Vec::with_capacity(records.len());
        for (record, place) in records.iter().zip(places) {
            let value = serde_json::from_str(record.get()).map_err(io::Error::other)?;
            let attributes = Cow::Owned(event::attributes(&value));
            noted.push(Noted { json: record.get(), place, attributes });
        }
        self.note(account, region, key, &noted)
    }

    fn note(
        &self,
        account: AccountId,
        region: Region,
        key: &str,
        records: &[Noted<'_>],
    ) -> io::Result<()> {
        let name =
            LogName::parse(key).filter(|name| (name.account, name.region) == (account, region));
        let name = name.ok_or_else(|| io::Error::other(format!("{key} is no log file's key")))?;
        let name = FileName::of(&name);
        let folder = self.folder(account, region).join(&name.day);
        let path = folder.join(name.file());
        if path.exists() {
            return Ok(());
        }
        let draft = draft(records)?;
        make_folder(&folder)?;
        for above in [folder.join(DAY), folder.join(hour_file(name.hour()))] {
            remove_if_there(&above)?;
            self.blocks.remove(&above);
        }
        draft.write(&path)?;
        self.roll_up(account, region, &name)
    }

    /// Makes the index again from the log files of a bucket; says how many there were.
    ///
    /// # Errors
    /// [`ArchiveError`]; files that are no log files are passed over.
    pub async fn rebuild(&self, objects: &dyn Objects, bucket: &str) -> Result<u64, ArchiveError> {
        let failed = |why: io::Error| ArchiveError(format!("the index: {why}"));
        let empty = || {
            fs::remove_dir_all(&self.dir)?;
            make_folder(&self.dir)?;
            fs::write(self.dir.join(INCOMPLETE), "")
        };
        empty().map_err(failed)?;
        self.blocks.clear();
        self.rolled.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let (mut after, mut count) = (None::<String>, 0);
        loop {
            let page = objects.list(bucket, "AWSLogs/", after.as_deref(), PAGE).await?;
            for summary in &page {
                let Some(name) = LogName::parse(&summary.key) else { continue };
                let Some(object) = objects.get(bucket, &summary.key).await? else { continue };
                let of = (name.account, name.region);
                count += u64::from(self.note_body(of, &summary.key, &object.body).is_ok());
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
                _ => break,
            }
        }
        remove_if_there(&self.dir.join(INCOMPLETE)).map_err(failed)?;
        Ok(count)
    }

    /// How often keys were used on the days between, both included, `YYYYMMDD`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn usage(
        &self,
        account: AccountId,
        region: Region,
        (from, to): (&str, &str),
    ) -> io::Result<Vec<(String, Usage)>> {
        let mut days = Vec::new();
        for day in names(&self.folder(account, region))? {
            if day.as_str() < from || day.as_str() > to {
                continue;
            }
            let folder = self.folder(account, region).join(&day);
            let mut usage = Usage::default();
            if let Some(block) = self.block(&folder.join(DAY))? {
                usage = block.usage()?;
            } else {
                for file in names(&folder)?.iter().filter(|name| name.starts_with("f-")) {
                    if let Some(block) = Block::open(&folder.join(file))? {
                        usage.add(&block.usage()?);
                    }
                }
            }
            days.push((day, usage));
        }
        Ok(days)
    }

    /// Which accounts and Regions there are events of.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn places(&self) -> io::Result<Vec<(AccountId, Region)>> {
        let mut places = Vec::new();
        for name in names(&self.dir)? {
            let Ok(account) = name.parse() else { continue };
            let regions = names(&self.dir.join(&name))?;
            places
                .extend(regions.iter().filter_map(|region| Some((account, region.parse().ok()?))));
        }
        Ok(places)
    }

    fn folder(&self, account: AccountId, region: Region) -> PathBuf {
        self.dir.join(account.to_string()).join(region.as_str())
    }

    /// The block at `path`, if it is there.
    fn block(&self, path: &Path) -> io::Result<Option<Arc<Block>>> {
        if let Some(block) = self.blocks.get(path) {
            return Ok(Some(block));
        }
        let Some(block) = Block::open(path)? else { return Ok(None) };
        let block = Arc::new(block);
        self.blocks.insert(path.to_owned(), block.clone());
        Ok(Some(block))
    }
}

/// The mark of an index that does not have all yet.
const INCOMPLETE: &str = "incomplete";
/// The block of a day.
const DAY: &str = "d";

/// The block of an hour.
fn hour_file(hour: &str) -> String {
    format!("h-{hour}")
}

/// The name of a log file as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileName {
    /// `YYYYMMDD`.
    day: String,
    /// `HHMM-<unique>`.
    name: String,
}

impl FileName {
    fn of(name: &LogName<'_>) -> Self {
        let stamp = name.time.civil().basic();
        let minute = stamp.get(9..13).unwrap_or_default();
        Self { day: name.time.civil().basic_date(), name: format!("{minute}-{}", name.unique) }
    }

    fn hour(&self) -> &str {
        self.name.get(..2).unwrap_or_default()
    }

    fn file(&self) -> String {
        format!("f-{}", self.name)
    }

    /// The key of the log file.
    fn key(&self, account: AccountId, region: Region) -> Option<String> {
        let (minute, unique) = self.name.split_once('-')?;
        let time = strongroom_types::Timestamp::parse_basic(&format!("{}T{minute}00Z", self.day))?;
        Some(object_name::log_file(None, account, region, time, unique))
    }
}

/// The hash by which a value is looked up.
#[must_use]
pub(crate) fn value_hash(attribute: EventAttribute, value: &str) -> u64 {
    let mut bytes = vec![attribute_number(attribute)];
    bytes.extend_from_slice(value.as_bytes());
    let hash = hash::sha256(&bytes);
    hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

/// The numbers are in files.
fn attribute_number(attribute: EventAttribute) -> u8 {
    match attribute {
        EventAttribute::EventId => 0,
        EventAttribute::EventName => 1,
        EventAttribute::ReadOnly => 2,
        EventAttribute::Username => 3,
        EventAttribute::ResourceType => 4,
        EventAttribute::ResourceName => 5,
        EventAttribute::EventSource => 6,
        EventAttribute::AccessKeyId => 7,
    }
}

/// A record that is taken up.
struct Noted<'e> {
    json: &'e str,
    /// Where it is in the file's content.
    place: Range<usize>,
    attributes: Cow<'e, [(EventAttribute, String)]>,
}

/// The block of a file with these records.
fn draft(records: &[Noted<'_>]) -> io::Result<Draft> {
    let mut draft = Draft::default();
    // Values recur; hashing costs more than looking up.
    let mut known: HashMap<&(EventAttribute, String), u64> = HashMap::new();
    let stretches = log_file::stretches(records.iter().map(|record| record.place.clone()));
    for (number, Stretch { bytes, records: numbers }) in stretches.into_iter().enumerate() {
        let number = u32::try_from(number).map_err(io::Error::other)?;
        let (mut oldest, mut newest) = (i64::MAX, i64::MIN);
        let of_stretch = records.get(numbers).unwrap_or_default();
        for Noted { json, attributes, .. } in of_stretch {
            let record = Record::parse(json).map_err(io::Error::other)?;
            let time = record.time().ok_or_else(|| io::Error::other("a record without time"))?;
            (oldest, newest) = (oldest.min(time.millis()), newest.max(time.millis()));
            // The time in an event's own identifier leads to it.
            for pair in attributes.iter().filter(|pair| pair.0 != EventAttribute::EventId) {
                let hash = *known.entry(pair).or_insert_with(|| value_hash(pair.0, &pair.1));
                draft.note(hash, number);
            }
            count(&record, &mut draft.usage);
        }
        let (from, to) = (bytes.start as u64, bytes.end as u64);
        let records = of_stretch.len() as u64;
        draft.members.push(Member { name: String::new(), oldest, newest, records, from, to });
    }
    Ok(draft)
}

fn count(record: &Record<'_>, usage: &mut Usage) {
    if record.event_source != "kms.amazonaws.com" {
        return;
    }
    for resource in record.resources() {
        if let Some(arn) = resource.arn.as_deref().filter(|arn| arn.contains(":key/")) {
            usage.note(arn, &record.event_name, record.error_code.is_none());
        }
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The names in a directory, ascending; none if it is not there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().into_string();
        names.extend(name.ok().filter(|name| !name.ends_with('~')));
    }
    names.sort_unstable();
    Ok(names)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
        _ => Ok(()),
    }
}
