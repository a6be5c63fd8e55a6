//! Blocks of hours and days that are over, made of the blocks below them.

use super::block::Draft;
use super::{Block, DAY, FileName, Index, hour_file, names};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};
use strongroom_types::{AccountId, Region};

/// How far the blocks of an account and Region are rolled up.
pub(super) struct Rolled {
    /// Day and hour before which all is, but for what came late.
    until: (String, String),
    /// Days that files came to since.
    pub(super) late: BTreeSet<String>,
}

impl Index {
    /// Rolls up all that is before the hour of `latest`, when that is a new one. The first time, that
    /// is every day that was left; from then on, the days since the one that was rolled up last.
    pub(super) fn roll_up(
        &self,
        (account, region): (AccountId, Region),
        latest: &FileName,
    ) -> io::Result<()> {
        let until = (latest.day.clone(), latest.hour().to_owned());
        let mut all = self.writing();
        let rolled = all.get(&(account, region));
        if rolled.is_some_and(|rolled| rolled.until >= until) {
            return Ok(());
        }
        let folder = self.folder(account, region);
        let is_left = |day: &String| {
            *day <= latest.day
                && rolled.is_none_or(|rolled| *day >= rolled.until.0 || rolled.late.contains(day))
        };
        for day in names(&folder)?.into_iter().filter(is_left) {
            if day < latest.day {
                self.close(&folder.join(&day))?;
            } else {
                self.close_hours(&folder.join(&day), latest.hour())?;
            }
        }
        let _ = all.insert((account, region), Rolled { until, late: BTreeSet::new() });
        Ok(())
    }

    /// The right to write.
    pub(super) fn writing(&self) -> MutexGuard<'_, HashMap<(AccountId, Region), Rolled>> {
        self.rolled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes a day and its hours.
    pub(super) fn close(&self, folder: &Path) -> io::Result<()> {
        self.close_hours(folder, "24")?;
        self.close_day(folder)
    }

    /// Closes the hours of a day that are before `until`.
    pub(super) fn close_hours(&self, folder: &Path, until: &str) -> io::Result<()> {
        if folder.join(DAY).exists() {
            return Ok(());
        }
        for hour in hours(&names(folder)?).into_iter().filter(|hour| hour.as_str() < until) {
            if !folder.join(hour_file(&hour)).exists() {
                self.close_hour(folder, &hour)?;
            }
        }
        Ok(())
    }

    fn close_hour(&self, folder: &Path, hour: &str) -> io::Result<()> {
        let beginning = format!("f-{hour}");
        let mut files = Vec::new();
        for name in names(folder)?.into_iter().filter(|name| name.starts_with(&beginning)) {
            let Some(block) = Block::open(&folder.join(&name))? else { continue };
            let name = name.trim_start_matches("f-").to_owned();
            files.push((block.summary(name.clone()), name));
        }
        files.sort_by(|(one, _), (other, _)| one.rank().cmp(&other.rank()));
        let mut draft = Draft::default();
        for (_, name) in files {
            let Some(block) = Block::open(&folder.join(format!("f-{name}")))? else { continue };
            draft.take(name, &block)?;
        }
        let path = folder.join(hour_file(hour));
        draft.write(&path)?;
        self.blocks.remove(&path);
        Ok(())
    }

    fn close_day(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(DAY);
        if path.exists() {
            return Ok(());
        }
        let mut draft = Draft::default();
        for hour in hours(&names(folder)?) {
            let Some(block) = Block::open(&folder.join(hour_file(&hour)))? else { continue };
            draft.take(hour, &block)?;
        }
        draft.write(&path)?;
        self.blocks.remove(&path);
        Ok(())
    }
}

/// The hours that there are files of.
pub(super) fn hours(names: &[String]) -> BTreeSet<String> {
    let hour = |name: &String| name.strip_prefix("f-")?.get(..2).map(str::to_owned);
    names.iter().filter_map(hour).collect()
}
