//! Where a backup is restored to: a place where everything is put together, and how that gets the
//! name of a data directory.

use super::exchange::Exchange;
use crate::cli::RestoreArguments;
use crate::data::DataDir;
use crate::root_file::Kept;
use crate::terminal::Failure;
use std::path::{Path, PathBuf};
use strongroom_keys::BackupHeader;
use strongroom_storage::dir;
use strongroom_types::Timestamp;

/// The name of what is put together within a directory.
const STAGING: &str = "restoring";
/// What is in a directory that is empty.
const NOTHING: [&str; 3] = ["LOCK", "lost+found", STAGING];
/// What the names of everything begin with that is put together.
const MEMBERS: [&str; 7] =
    ["LOCK", "store.db", "journal", "trail", "root.key", "root-key.toml", "dev-clock"];

/// Where the restored directory shall be.
pub(super) enum Place {
    /// Nothing is there.
    New(PathBuf),
    /// An empty directory, which is locked: where a volume is mounted, it cannot be replaced.
    Empty(Box<DataDir>),
    /// A directory, which is locked.
    Existing(Box<DataDir>),
}

impl Place {
    pub(super) fn choose(arguments: &RestoreArguments) -> Result<Self, Failure> {
        let path = &arguments.data;
        let names = match names(path) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => None,
            names => Some(names.map_err(|why| Failure::of(path.display(), why))?),
        };
        let is_empty = names
            .as_ref()
            .is_none_or(|names| names.iter().all(|name| NOTHING.contains(&name.as_str())));
        match (is_empty, arguments.replace, names) {
            (true, true, _) => {
                Err(Failure::new(format!("{}: there is nothing to replace", path.display())))
            }
            (true, false, None) => Ok(Self::New(path.clone())),
            (true, false, Some(_)) => Ok(Self::Empty(Box::new(DataDir::whatever_is_there(path)?))),
            (false, true, _) => Ok(Self::Existing(Box::new(DataDir::whatever_is_there(path)?))),
            (false, false, _) => Err(Failure::new(format!(
                "{} is not empty; restore to another directory, or add --replace to put the backup \
                 in the place of its store and journal",
                path.display()
            ))),
        }
    }

    /// The directory that is replaced.
    pub(super) fn replaced(&self) -> Option<&DataDir> {
        match self {
            Self::Existing(data) => Some(data),
            Self::New(_) | Self::Empty(_) => None,
        }
    }

    /// Where it is put together: on the same file system.
    fn staging(&self) -> PathBuf {
        match self {
            Self::New(path) => {
                let mut name = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                name.as_mut_os_string().push(".restoring");
                name
            }
            Self::Empty(data) | Self::Existing(data) => data.path().join(STAGING),
        }
    }
}

/// The directory in the making; removed unless something of it has got its name.
pub(super) struct Staging {
    pub(super) path: PathBuf,
    pub(super) data: DataDir,
    is_kept: bool,
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

impl Staging {
    pub(super) fn begin(
        place: &Place,
        arguments: &RestoreArguments,
        header: &BackupHeader,
    ) -> Result<Self, Failure> {
        let path = place.staging();
        let data = begun_again(&path)?;
        let staging = Self { path, data, is_kept: false };
        let ahead = header.description.clock_ahead;
        let Some(there) = place.replaced() else {
            ahead.map_or(Ok(()), |ahead| staging.data.write_dev_clock(ahead))?;
            return Ok(staging);
        };
        let theirs = there.dev_clock()?;
        if theirs.is_some() != ahead.is_some() {
            return Err(Failure::new(format!(
                "one of the backup and {} was made for the real clock, the other for one that can \
                 be set; restore to another directory",
                arguments.data.display()
            )));
        }
        if let Some(ahead) = theirs.max(ahead) {
            staging.data.write_dev_clock(ahead)?;
        }
        Ok(staging)
    }

    /// Lets it be seen, with this root key. Returns where what was there before is kept.
    pub(super) fn finish(
        mut self,
        place: &Place,
        (fingerprint, root): (&str, Option<&Kept>),
        now: Timestamp,
    ) -> Result<Option<PathBuf>, Failure> {
        if let (None, Some(root)) = (place.replaced(), root) {
            self.data.root_files().begin(root)?;
        }
        let failed = |why: std::io::Error| Failure::of(self.path.display(), why);
        match place {
            Place::New(path) => {
                dir::sync_dir(&self.path).map_err(failed)?;
                std::fs::rename(&self.path, path).map_err(failed)?;
                self.is_kept = true;
                let path = std::path::absolute(path).map_err(failed)?;
                dir::sync_dir(dir::parent(&path)).map_err(failed)?;
                Ok(None)
            }
            Place::Empty(there) => {
                self.is_kept = true;
                move_in(&self.path, there.path()).map_err(|why| self.half(&failed(why)))?;
                let _ = std::fs::remove_dir_all(&self.path);
                Ok(None)
            }
            Place::Existing(there) => {
                let exchange = Exchange::new(&self.path, there.path(), (fingerprint, root), now);
                exchange.prepare()?;
                self.is_kept = true;
                exchange.perform().map_err(|why| self.half(&why))?;
                let _ = std::fs::remove_dir_all(&self.path);
                Ok(Some(exchange.kept))
            }
        }
    }

    /// A failure after which some of it has its name and some has not.
    fn half(&self, why: &Failure) -> Failure {
        let path = self.path.display();
        Failure::new(format!("{why}; what has not got its place is in {path}. Restore once more"))
    }
}

/// The directory at `path` with nothing in it: a new one, or that of a restore that was interrupted,
/// which nobody has any more.
fn begun_again(path: &Path) -> Result<DataDir, Failure> {
    let failed = |why: std::io::Error| Failure::of(path.display(), why);
    if path.exists() {
        let names = names(path).map_err(failed)?;
        let is_member = |name: &String| MEMBERS.iter().any(|own| name.starts_with(own));
        let is_begun = names.is_empty() || names.iter().any(|name| name == "LOCK");
        if !is_begun || !names.iter().all(is_member) {
            let what = "it is there, and not what a restore has left; remove it";
            return Err(Failure::of(path.display(), what));
        }
    }
    let _ = dir::create_private_dir(path).map_err(failed)?;
    let data = DataDir::whatever_is_there(path)?;
    // Under its lock: another restore that is at work has it.
    for name in names(path).map_err(failed)?.iter().filter(|name| *name != "LOCK") {
        let member = path.join(name);
        let is_dir = std::fs::symlink_metadata(&member).map_err(failed)?.is_dir();
        let removed =
            if is_dir { std::fs::remove_dir_all(&member) } else { std::fs::remove_file(&member) };
        removed.map_err(failed)?;
    }
    Ok(data)
}

fn names(path: &Path) -> std::io::Result<Vec<String>> {
    let entries = path.read_dir()?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Moves everything from `new` into the empty directory `to`, the store last: without it no server
/// starts on what is there.
fn move_in(new: &Path, to: &Path) -> std::io::Result<()> {
    for name in names(new)?.iter().filter(|name| !["LOCK", "store.db"].contains(&name.as_str())) {
        std::fs::rename(new.join(name), to.join(name))?;
    }
    dir::sync_dir(to)?;
    std::fs::rename(new.join("store.db"), to.join("store.db"))?;
    dir::sync_dir(to)
}
