//! A directory that is open, and what is in it: never what a symbolic link points to.

use super::is_absent;
use rustix::fd::OwnedFd;
use rustix::fs::{self, AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use strongroom_types::Timestamp;

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A file is opened without waiting, because opening a pipe would wait for its writer.
const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

const NEW_FILE: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// What stands in a directory under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
}

/// An open directory.
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// The directory at `path`, which the operator has chosen and may be a link.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(File::open(path)?.into()))
    }

    /// The directory `name` in this one, if it is there.
    pub(super) fn enter(&self, name: &str) -> io::Result<Option<Self>> {
        match fs::openat(&self.0, name, DIRECTORY, Mode::empty()) {
            Ok(inner) => Ok(Some(Self(inner))),
            Err(error) if is_absent(error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The directory `name` in this one, made if it is not there. Its entry is durable, unless it
    /// was there and `is_durable` says that it is known to be so.
    pub(super) fn make(&self, name: &str, is_durable: bool) -> io::Result<Self> {
        let was_there = match fs::mkdirat(&self.0, name, Mode::RWXU) {
            Ok(()) => false,
            Err(Errno::EXIST) => true,
            Err(error) => return Err(error.into()),
        };
        // Also when it was there: who made it may have been killed before this.
        if !was_there || !is_durable {
            self.sync()?;
        }
        Ok(Self(fs::openat(&self.0, name, DIRECTORY, Mode::empty())?))
    }

    fn sync(&self) -> io::Result<()> {
        syncs::count();
        Ok(fs::fsync(&self.0)?)
    }

    /// The content of the file `name`, at most `max` bytes, and when it was written; nothing if
    /// there is no such file.
    pub(super) fn read(&self, name: &str, max: u64) -> io::Result<Option<(Vec<u8>, Timestamp)>> {
        let file = match fs::openat(&self.0, name, FILE, Mode::empty()) {
            Ok(file) => file,
            Err(error) if is_absent(error) || error == Errno::NXIO => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let stat = fs::fstat(&file)?;
        if kind_of(&stat) != Some(Kind::File) {
            return Ok(None);
        }
        let mut body = Vec::with_capacity(usize::try_from(size(&stat).min(max)).unwrap_or(0));
        File::from(file).take(max.saturating_add(1)).read_to_end(&mut body)?;
        if u64::try_from(body.len()).map_or(true, |length| length > max) {
            return Err(io::Error::other(format!("file is longer than {max} bytes")));
        }
        Ok(Some((body, modified(&stat))))
    }

    /// Puts `bytes` under `name` durably: whoever looks finds the former content or all of this.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = format!("{name}~");
        self.remove(&unfinished)?;
        let written = self.fill(&unfinished, bytes).and_then(|()| {
            fs::renameat(&self.0, &unfinished, &self.0, name).map_err(io::Error::from)
        });
        if written.is_err() {
            // The first error is the one to report; what stays behind the next writer removes.
            let _ = self.remove(&unfinished);
        }
        written?;
        // A renaming is durable once its directory is, so each has its own.
        self.sync()
    }

    fn fill(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mode = Mode::RUSR.union(Mode::WUSR);
        let mut file = File::from(fs::openat(&self.0, name, NEW_FILE, mode)?);
        file.write_all(bytes)?;
        syncs::count();
        file.sync_all()
    }

    /// Removes the file `name`, if it is there.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match fs::unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Names and kinds of the files and directories in this one, in no order.
    pub(super) fn entries(&self) -> io::Result<Vec<(String, Kind)>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let kind = match entry.file_type() {
                FileType::Unknown => self.stat(name)?.and_then(|stat| kind_of(&stat)),
                known => kind(known),
            };
            entries.extend(kind.map(|kind| (name.to_owned(), kind)));
        }
        Ok(entries)
    }

    /// Length of the file `name` in bytes, and when it was written; nothing if it is gone.
    pub(super) fn size_and_time(&self, name: &str) -> io::Result<Option<(u64, Timestamp)>> {
        let stat = self.stat(name)?.filter(|stat| kind_of(stat) == Some(Kind::File));
        Ok(stat.map(|stat| (size(&stat), modified(&stat))))
    }

    fn stat(&self, name: &str) -> io::Result<Option<Stat>> {
        match fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(error) if is_absent(error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// How often a thread has waited for the medium, for tests.
pub(super) mod syncs {
    #[cfg(test)]
    thread_local!(static COUNT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

    pub(super) fn count() {
        #[cfg(test)]
        COUNT.set(COUNT.get() + 1);
    }

    #[cfg(test)]
    pub(in super::super) fn take() -> usize {
        COUNT.take()
    }
}

fn kind_of(stat: &Stat) -> Option<Kind> {
    kind(FileType::from_raw_mode(stat.st_mode))
}

fn kind(found: FileType) -> Option<Kind> {
    match found {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Directory),
        _ => None,
    }
}

fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

#[allow(clippy::useless_conversion, reason = "the widths of these differ between systems")]
fn modified(stat: &Stat) -> Timestamp {
    let millis = i64::try_from(stat.st_mtime_nsec / 1_000_000).unwrap_or(0);
    Timestamp::from_millis(i64::from(stat.st_mtime).saturating_mul(1000).saturating_add(millis))
}
