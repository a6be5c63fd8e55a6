//! Which files, and which of their records, may be what is looked for.

use super::roll_up::hours;
use super::{Block, DAY, FileName, Index, Member, hour_file, names};
use crate::log_file::Stretch;
use crate::object_name::LogName;
use std::io;
use std::path::Path;
use std::sync::Arc;
use strongroom_types::{AccountId, Region, Timestamp};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// In which account.
    pub account: AccountId,
    /// In which Region.
    pub region: Region,
    /// Hash of the attribute and value that records have; any, without it.
    pub hash: Option<u64>,
    /// Not before, milliseconds since 1970.
    pub from: i64,
    /// Not after.
    pub to: i64,
}

/// A log file that may have some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHit {
    /// Its key.
    pub key: String,
    /// Where in it, ascending.
    pub stretches: Vec<Stretch>,
}

impl Index {
    /// At most `limit` files that may have what is looked for, newest first, that come after the
    /// file `after`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn find(
        &self,
        search: &Search,
        after: Option<&str>,
        limit: usize,
    ) -> io::Result<Vec<FileHit>> {
        let after = after.and_then(LogName::parse).map(|name| FileName::of(&name));
        let folder = self.folder(search.account, search.region);
        let mut hits = Vec::new();
        for day in names(&folder)?.into_iter().rev() {
            if after.as_ref().is_some_and(|after| day > after.day) {
                continue;
            }
            if end_of(&day).is_some_and(|end| end <= search.from) {
                // What is delivered on a day is not younger than it.
                break;
            }
            let after = after.as_ref().filter(|after| after.day == day);
            self.find_in_day(search, &folder.join(&day), &day, after, limit, &mut hits)?;
            if hits.len() >= limit {
                break;
            }
        }
        Ok(hits)
    }

    /// Where in the file `key` there may be what is looked for.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn find_in(&self, search: &Search, key: &str) -> io::Result<Vec<Stretch>> {
        let Some(name) = LogName::parse(key).map(|name| FileName::of(&name)) else {
            return Ok(Vec::new());
        };
        let folder = self.folder(search.account, search.region).join(&name.day);
        self.stretches(search, &folder.join(name.file()))
    }

    fn find_in_day(
        &self,
        search: &Search,
        folder: &Path,
        day: &str,
        after: Option<&FileName>,
        limit: usize,
        hits: &mut Vec<FileHit>,
    ) -> io::Result<()> {
        let hours = match self.block(&folder.join(DAY))? {
            Some(block) => {
                self.members(search, &block)?.into_iter().map(|hour| hour.name).collect()
            }
            None => hours(&names(folder)?).into_iter().collect::<Vec<_>>(),
        };
        for hour in hours.into_iter().rev() {
            if after.is_some_and(|after| hour.as_str() > after.hour()) {
                continue;
            }
            let after = after.filter(|after| after.hour() == hour);
            for name in self.files_of_hour(search, folder, &hour, after)?.into_iter().rev() {
                let file = FileName { day: day.to_owned(), name };
                let stretches = self.stretches(search, &folder.join(file.file()))?;
                let Some(key) = file.key(search.account, search.region) else { continue };
                if !stretches.is_empty() {
                    hits.push(FileHit { key, stretches });
                }
                if hits.len() >= limit {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The names of the files of an hour that may have it, oldest first, before the file `after`.
    fn files_of_hour(
        &self,
        search: &Search,
        folder: &Path,
        hour: &str,
        after: Option<&FileName>,
    ) -> io::Result<Vec<String>> {
        let mut members = match self.block(&folder.join(hour_file(hour)))? {
            Some(block) => self.members(search, &block)?,
            None => self.open_hour(search, folder, hour)?,
        };
        if let Some(after) = after {
            let block = self.block(&folder.join(after.file()))?;
            let block = block.ok_or_else(|| io::Error::other("the page before is unknown"))?;
            let bound = block.summary(after.name.clone());
            members.retain(|member| member.rank() < bound.rank());
        }
        Ok(members.into_iter().map(|member| member.name).collect())
    }

    /// The files of an hour that is not closed.
    fn open_hour(&self, search: &Search, folder: &Path, hour: &str) -> io::Result<Vec<Member>> {
        let beginning = format!("f-{hour}");
        let mut members = Vec::new();
        for name in names(folder)?.into_iter().filter(|name| name.starts_with(&beginning)) {
            let Some(block) = self.block(&folder.join(&name))? else { continue };
            let member = block.summary(name.trim_start_matches("f-").to_owned());
            if member.meets((search.from, search.to)) {
                members.push(member);
            }
        }
        members.sort_by(|one, other| one.rank().cmp(&other.rank()));
        Ok(members)
    }

    /// The members of a block that may have it, in their order.
    fn members(&self, search: &Search, block: &Arc<Block>) -> io::Result<Vec<Member>> {
        let numbers = found(search, block)?;
        let members = numbers.into_iter().filter_map(|number| block.members.get(number).cloned());
        Ok(members.filter(|member| member.meets((search.from, search.to))).collect())
    }

    fn stretches(&self, search: &Search, file: &Path) -> io::Result<Vec<Stretch>> {
        let Some(block) = self.block(file)? else { return Ok(Vec::new()) };
        let numbers = found(search, &block)?;
        let mut numbers = numbers.into_iter().peekable();
        let (mut first, mut stretches) = (0, Vec::new());
        for (number, member) in block.members.iter().enumerate() {
            let records = usize::try_from(member.records).unwrap_or(usize::MAX);
            let next = first + records;
            let is_found = numbers.next_if_eq(&number).is_some();
            if is_found && member.meets((search.from, search.to)) {
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                let bytes = place(member.from)..place(member.to);
                stretches.push(Stretch { bytes, records: first..next });
            }
            first = next;
        }
        Ok(stretches)
    }
}

/// The numbers of the members that have the value, ascending.
fn found(search: &Search, block: &Block) -> io::Result<Vec<usize>> {
    let all = || (0..block.members.len()).collect();
    let Some(hash) = search.hash else { return Ok(all()) };
    let numbers = block.find(hash)?;
    Ok(numbers.into_iter().filter_map(|number| usize::try_from(number).ok()).collect())
}

/// The end of a day, milliseconds since 1970.
fn end_of(day: &str) -> Option<i64> {
    let start = Timestamp::parse_basic(&format!("{day}T000000Z"))?;
    Some(start.plus_days(1).millis())
}
