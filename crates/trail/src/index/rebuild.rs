//! An index made again from the log files, a day at a time, the newest first. What it has already is
//! not made again, so that it goes on where it was broken off; files may be delivered meanwhile.

use super::block::Block;
use super::roll_up::hours;
use super::{INCOMPLETE, Index, names, remove_if_there, sync};
use crate::object_name::{self, LogName};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use strongroom_engine::ports::archive::{ArchiveError, Objects};
use strongroom_types::{AccountId, Region, Timestamp};

/// How far back an index is made again, days: as far as the event history goes.
const DAYS: i64 = 90;
/// Objects listed in one step.
const PAGE: usize = 1000;
/// Files that cannot be taken up before it is given up for now.
const MOST_FAILURES: usize = 20;
/// A character that comes after all those of keys.
const LAST: char = '~';

/// An account and Region.
type Place = (AccountId, Region);

impl Index {
    /// Takes up the log files of a bucket of the newest 90 days that it does not have; says how many
    /// it has of them. It is complete then. Files that are no log files are passed over.
    ///
    /// # Errors
    /// [`ArchiveError`] when the bucket cannot be listed, or files could not be read or taken up; the
    /// next call goes on with what is missing.
    pub async fn rebuild(&self, objects: &dyn Objects, bucket: &str) -> Result<u64, ArchiveError> {
        let missed = self.lack().times;
        let mut work = Work { index: self, objects, bucket, count: 0, failures: Vec::new() };
        let mut days: BTreeMap<Timestamp, BTreeSet<Place>> = BTreeMap::new();
        for place in work.places().await? {
            for day in work.days(place).await? {
                days.entry(day).or_default().insert(place);
            }
        }
        let newest = days.keys().next_back().copied();
        let from = newest.map(|day| day.plus_days(-DAYS));
        for (day, places) in days.iter().rev().take_while(|(day, _)| Some(**day) >= from) {
            for place in places {
                work.day(*place, *day).await?;
            }
        }
        if let Some(why) = work.failures.pop() {
            return Err(why);
        }
        let count = work.count;
        // What was missed while this ran may be behind it.
        let lack = self.lack();
        if lack.times == missed {
            remove_if_there(&self.dir.join(INCOMPLETE)).map_err(failed)?;
            sync(&self.dir).map_err(failed)?;
        }
        Ok(count)
    }
}

struct Work<'a> {
    index: &'a Index,
    objects: &'a dyn Objects,
    bucket: &'a str,
    count: u64,
    failures: Vec<ArchiveError>,
}

impl Work<'_> {
    /// The accounts and Regions that there are log files of, found without listing those.
    async fn places(&self) -> Result<BTreeSet<Place>, ArchiveError> {
        let (mut places, mut after) = (BTreeSet::new(), None::<String>);
        while let Some(key) = self.first("AWSLogs/", after.as_deref()).await? {
            places.extend(LogName::parse(&key).map(|name| (name.account, name.region)));
            // `AWSLogs/<account>/<kind>/<region>/` and all in it.
            let ends = key.match_indices('/').map(|(end, _)| end).nth(3);
            let folder = ends.and_then(|end| key.get(..=end));
            after =
                Some(folder.map_or_else(String::new, |folder| format!("{folder}{LAST}")).max(key));
        }
        Ok(places)
    }

    /// The days on which something of a place was delivered.
    async fn days(&self, (account, region): Place) -> Result<Vec<Timestamp>, ArchiveError> {
        let folder = object_name::log_folder(None, account, region);
        let (mut days, mut after) = (Vec::new(), None::<String>);
        while let Some(key) = self.first(&folder, after.as_deref()).await? {
            after = Some(match LogName::parse(&key) {
                Some(name) => {
                    let day = name.time.millis().div_euclid(Timestamp::DAY) * Timestamp::DAY;
                    let day = Timestamp::from_millis(day);
                    days.push(day);
                    // An object in another day's folder must not lead back there.
                    format!("{}{LAST}", day_folder((account, region), day)).max(key)
                }
                None => key,
            });
        }
        Ok(days)
    }

    /// The first key after `after`.
    async fn first(
        &self,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Option<String>, ArchiveError> {
        let page = self.objects.list(self.bucket, prefix, after, 1).await?;
        Ok(page.into_iter().next().map(|object| object.key))
    }

    /// Takes up the files of a day, and rolls it up.
    async fn day(&mut self, place: Place, day: Timestamp) -> Result<(), ArchiveError> {
        let prefix = day_folder(place, day);
        let mut after = None::<String>;
        loop {
            let page = self.objects.list(self.bucket, &prefix, after.as_deref(), PAGE).await?;
            for object in &page {
                self.file(place, &object.key).await?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.clone()),
                _ => break,
            }
        }
        let settled = self.index.settle(place, &day.civil().basic_date());
        self.failures.extend(settled.err().map(failed));
        Ok(())
    }

    async fn file(&mut self, place: Place, key: &str) -> Result<(), ArchiveError> {
        if LogName::parse(key).is_none_or(|name| (name.account, name.region) != place) {
            return Ok(());
        }
        if self.index.has(place, key) {
            self.count += 1;
            return Ok(());
        }
        let outcome = match self.objects.get(self.bucket, key).await {
            Ok(None) => return Ok(()),
            Ok(Some(object)) => match self.index.note_body(place, key, &object.body) {
                Err(why) if why.kind() == io::ErrorKind::InvalidData => return Ok(()),
                noted => noted.map_err(failed),
            },
            Err(why) => Err(why),
        };
        match outcome {
            Ok(()) => self.count += 1,
            Err(why) if self.failures.len() >= MOST_FAILURES => return Err(why),
            Err(why) => self.failures.push(why),
        }
        Ok(())
    }
}

impl Index {
    /// Whether it has that file; one that is damaged it has not.
    fn has(&self, (account, region): Place, key: &str) -> bool {
        let Some(name) = LogName::parse(key).map(|name| super::FileName::of(&name)) else {
            return false;
        };
        let path = self.folder(account, region).join(&name.day).join(name.file());
        match Block::open(&path) {
            Ok(block) => block.is_some(),
            Err(_) => {
                self.blocks.remove(&path);
                let _ = remove_if_there(&path);
                false
            }
        }
    }

    /// Rolls up a day that is over, or its hours that are.
    fn settle(&self, (account, region): Place, day: &str) -> io::Result<()> {
        let _writing = self.writing();
        let all = self.folder(account, region);
        let folder = all.join(day);
        if names(&all)?.last().is_some_and(|newest| newest.as_str() > day) {
            return self.close(&folder);
        }
        let newest = hours(&names(&folder)?).pop_last();
        self.close_hours(&folder, &newest.unwrap_or_default())
    }
}

/// What the keys of the log files of a day begin with.
fn day_folder((account, region): Place, day: Timestamp) -> String {
    let date = day.civil().basic_date();
    let part = |from, to| date.get(from..to).unwrap_or_default();
    let folder = object_name::log_folder(None, account, region);
    format!("{folder}{}/{}/{}/", part(0, 4), part(4, 6), part(6, 8))
}

fn failed(why: io::Error) -> ArchiveError {
    ArchiveError(format!("the index: {why}"))
}
