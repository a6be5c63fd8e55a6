//! Where events are: an index over the log files of the server's own trail, by value and time.
//!
//! Derived data: that of the newest 90 days can be made again from the log files
//! ([`Index::rebuild`]). A folder for each account, Region and day (of delivery) holds
//!
//! | file | which values are in |
//! |---|---|
//! | `f-HHMM-<unique>` | which stretches of that log file |
//! | `h-HH` | which files of the hour, once it is over |
//! | `d` | which hours of the day, once it is over |
//!
//! A file that comes late makes what is above it void, until that is rolled up again.

mod block;
mod draft;
#[cfg(fuzzing)]
pub mod fuzzing;
mod rebuild;
mod roll_up;
mod search;
#[cfg(test)]
mod tests;
mod usage;

pub use search::{FileHit, Search};
pub use usage::{Count, Usage};

use crate::log_file;
use crate::object_name::{self, LogName};
use crate::record::Record;
use crate::{Event, event, gzip};
use block::{Block, Member};
use draft::{Noted, draft};
use quick_cache::sync::Cache;
use roll_up::Rolled;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_crypto::hash;
use strongroom_engine::ports::archive::EventAttribute;
use strongroom_types::{AccountId, Region};

/// The events that tell of the use of keys.
const KMS: &str = "kms.amazonaws.com";
/// Blocks that are kept open.
const OPEN_BLOCKS: usize = 128;

/// An index in a directory.
pub struct Index {
    dir: PathBuf,
    blocks: Cache<PathBuf, Arc<Block>>,
    /// Held by whoever writes, with what is rolled up, by account and Region.
    rolled: Mutex<HashMap<(AccountId, Region), Rolled>>,
    lack: Mutex<Lack>,
}

/// What an index has missed since it was opened.
#[derive(Default)]
struct Lack {
    /// How often.
    times: u64,
    /// The latest that has not been told.
    untold: Option<String>,
}

impl Index {
    /// The index in `dir`, which is made if it is missing.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn open(dir: &Path) -> io::Result<Self> {
        if !dir.exists() {
            // There is never one without the mark.
            let mut new = dir.as_os_str().to_owned();
            new.push("~");
            make_folder(Path::new(&new))?;
            fs::write(Path::new(&new).join(INCOMPLETE), "")?;
            fs::rename(new, dir)?;
        }
        let (blocks, rolled) = (Cache::new(OPEN_BLOCKS), Mutex::default());
        Ok(Self { dir: dir.to_owned(), blocks, rolled, lack: Mutex::default() })
    }

    /// Whether it has all that there was when it was opened first or made again. One that is new has
    /// not, until it is made from the log files.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.dir.join(INCOMPLETE).exists()
    }

    /// What the latest log file was that could not be taken up, and why, if there is one that was not
    /// told yet.
    pub fn trouble(&self) -> Option<String> {
        self.lack().untold.take()
    }

    /// Takes up the log file `key` of these events. Once it has, the same again changes nothing. If it
    /// cannot, the index is incomplete from then on, and [`Self::trouble`] tells why: what is derived
    /// holds up nothing that is not.
    ///
    /// # Errors
    /// When it cannot even be marked incomplete.
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
            noted.push(Noted {
                place,
                time: event.time,
                attributes: Cow::Borrowed(&event.attributes),
                is_use_served: (event.source == KMS).then_some(event.is_served),
            });
        }
        let of = (account, region);
        let done = self
            .note(of, key, &noted)
            .and_then(|name| name.map_or(Ok(()), |name| self.roll_up(of, &name)));
        done.or_else(|why| self.lacks(&format!("{key}: {why}")))
    }

    /// Takes up the log file `key` by its object's body. What is above it is not rolled up.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] when the body is no log file; others when the directory cannot be
    /// written.
    fn note_body(&self, of: (AccountId, Region), key: &str, body: &[u8]) -> io::Result<()> {
        let content = gzip::decompress(body, gzip::MAX_CONTENT).map_err(invalid)?;
        let records = log_file::records(&content).map_err(invalid)?;
        let places = log_file::places_in(&content, &records);
        let mut noted = Vec::with_capacity(records.len());
        for (record, place) in records.iter().zip(places) {
            let value = serde_json::from_str(record.get()).map_err(invalid)?;
            let record = Record::parse(record.get()).map_err(invalid)?;
            noted.push(Noted {
                place,
                time: record.time().ok_or_else(|| invalid("a record without time"))?,
                attributes: Cow::Owned(event::attributes(&value)),
                is_use_served: (record.event_source == KMS).then_some(record.error_code.is_none()),
            });
        }
        self.note(of, key, &noted).map(drop)
    }

    /// Takes up a file durably, without what is above it; `None` if it is there already.
    fn note(
        &self,
        of: (AccountId, Region),
        key: &str,
        records: &[Noted<'_>],
    ) -> io::Result<Option<FileName>> {
        let name = LogName::parse(key).filter(|name| (name.account, name.region) == of);
        let name = name.ok_or_else(|| invalid(format!("{key} is no log file's key")))?;
        let name = FileName::of(&name);
        let folder = self.folder(of.0, of.1).join(&name.day);
        let path = folder.join(name.file());
        if path.exists() {
            return Ok(None);
        }
        let draft = draft(records)?;
        let mut rolled = self.writing();
        if path.exists() {
            // Somebody else has taken it up meanwhile.
            return Ok(None);
        }
        make_day(&folder)?;
        let mut is_late = false;
        for above in [folder.join(DAY), folder.join(hour_file(name.hour()))] {
            is_late |= remove_if_there(&above)?;
            self.blocks.remove(&above);
        }
        if is_late {
            // Were that undone after the file is there, nobody would find it.
            sync(&folder)?;
        }
        draft.write(&path)?;
        sync(&folder)?;
        if let Some(rolled) = rolled.get_mut(&of) {
            rolled.late.insert(name.day.clone());
        }
        Ok(Some(name))
    }

    /// Marks the index incomplete.
    fn lacks(&self, why: &str) -> io::Result<()> {
        let mut lack = self.lack();
        lack.times += 1;
        lack.untold = Some(why.to_owned());
        fs::write(self.dir.join(INCOMPLETE), "")?;
        sync(&self.dir)
    }

    fn lack(&self) -> MutexGuard<'_, Lack> {
        self.lack.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Says whether it was.
fn remove_if_there(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}

/// Makes what was renamed and removed in a directory durable.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes the folder of a day, in that of its Region and that of its account, durably.
fn make_day(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    make_folder(folder)?;
    folder.ancestors().skip(1).take(3).try_for_each(sync)
}

/// What is wrong with what is taken up, not with where it is put.
fn invalid(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
