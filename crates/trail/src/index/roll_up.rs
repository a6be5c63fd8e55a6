//! Blocks of hours and days that are over, made of the blocks below them.

use super::{Block, DAY, Draft, FileName, Index, hour_file, names};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::PoisonError;
use strongroom_types::{AccountId, Region};

impl Index {
    /// Rolls up all that is before the hour of `latest`, when that is a new one.
    pub(super) fn roll_up(
        &self,
        account: AccountId,
        region: Region,
        latest: &FileName,
    ) -> io::Result<()> {
        let place = (latest.day.clone(), latest.hour().to_owned());
        let rolled = || self.rolled.lock().unwrap_or_else(PoisonError::into_inner);
        if rolled().get(&(account, region)).is_some_and(|before| *before >= place) {
            return Ok(());
        }
        let folder = self.folder(account, region);
        for day in names(&folder)?.into_iter().filter(|day| *day <= latest.day) {
            let is_over = day < latest.day;
            let until = if is_over { "24" } else { latest.hour() };
            self.close_hours(&folder.join(&day), until)?;
            if is_over {
                self.close_day(&folder.join(&day))?;
            }
        }
        rolled().insert((account, region), place);
        Ok(())
    }

    /// Closes the hours of a day that are before `until`.
    fn close_hours(&self, folder: &Path, until: &str) -> io::Result<()> {
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
