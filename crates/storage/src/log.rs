//! The journal's segments as files, `journal-00000001.log` and so on, in a directory of their own.
//!
//! **Reserved space.** The file of the segment appended to is kept up to [`RESERVE`] bytes longer
//! than the segment, filled with zeros: an append that does not change the file's length makes the
//! file system write one thing less, and was measured one and a half times as fast. The reserve is
//! cut off when the next segment begins or the log is dropped. After a crash it is still there,
//! and [`Log::read`] of that segment returns zeros behind what was appended. So what is appended
//! must tell its own end: in the journal, a frame whose length field is zero.

use crate::dir;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use strongroom_engine::ports::{Log, LogError, LogReader};

/// The greatest length of a segment in bytes, 1 GiB. Our choice: a segment is read into memory
/// whole.
pub const MAX_SEGMENT: u64 = 1 << 30;

/// How many bytes are reserved at a time, 256 KiB. Our choice: larger reserves were no faster, and
/// the append that makes a new one waits for all of it.
pub const RESERVE: u32 = 256 << 10;

/// How many cut-off pieces of one segment are kept; a person should have looked by then.
const MAX_TORN: u32 = 10_000;

/// A [`Log`] in files of mode 0600.
///
/// The directory belongs to one `FileLog` at a time: hold a [`DirLock`](crate::DirLock). Nothing
/// can be appended through it before it has created a segment, since where the last one of an
/// earlier process ends is known only to those who can read frames.
pub struct FileLog {
    directory: PathBuf,
    current: Option<Current>,
    /// Whether a sync or an undoing failed: nothing is known about the medium since.
    lost: bool,
}

impl FileLog {
    /// Opens the log in `directory`, which is made with mode 0700 if it does not exist.
    ///
    /// # Errors
    /// [`LogError`] when the directory cannot be made.
    pub fn open(directory: &Path) -> Result<Self, LogError> {
        dir::create_private_dir(directory).map_err(|error| failed("open", &error))?;
        Ok(Self { directory: directory.to_owned(), current: None, lost: false })
    }

    fn path(&self, segment: u64) -> PathBuf {
        path(&self.directory, segment)
    }

    fn usable(&self) -> Result<(), LogError> {
        if self.lost {
            return Err(LogError("an earlier failure left the medium unknown".to_owned()));
        }
        Ok(())
    }

    /// The text of `failure`, after which the log may be unusable.
    fn fail(&mut self, what: &str, failure: Failure) -> LogError {
        match failure {
            Failure::Undone(error) => failed(what, &error),
            Failure::Lost(error) => {
                self.lost = true;
                failed(what, &error)
            }
        }
    }

    /// Where the segment ends, as far as can be known without reading frames.
    fn end(&self, segment: u64, file: &File) -> io::Result<u64> {
        match &self.current {
            Some(current) if current.number == segment => Ok(current.length),
            _ => Ok(file.metadata()?.len()),
        }
    }

    /// The bytes of a segment from `from` to its end; `None` if it ends before.
    fn bytes(&self, segment: u64, from: u64) -> io::Result<Option<Vec<u8>>> {
        let file = File::open(self.path(segment))?;
        let end = self.end(segment, &file)?;
        if end > MAX_SEGMENT {
            return Err(io::Error::other("segment is too long"));
        }
        let Some(length) = end.checked_sub(from) else { return Ok(None) };
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, from)?;
        Ok(Some(bytes))
    }

    /// Keeps `rest` in a new file beside the segment, durably.
    fn keep(&self, segment: u64, rest: &[u8]) -> io::Result<()> {
        for n in 1..=MAX_TORN {
            let path = self.directory.join(format!("journal-{segment:08}.torn-{n}"));
            let file = match dir::create_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                created => created?,
            };
            file.write_all_at(rest, 0)?;
            file.sync_all()?;
            return dir::sync_dir(&self.directory);
        }
        Err(io::Error::other("too many pieces of the segment are kept already"))
    }
}

impl Log for FileLog {
    fn segments(&mut self) -> Result<Vec<u64>, LogError> {
        listed(&self.directory)
    }

    fn read(&mut self, segment: u64) -> Result<Vec<u8>, LogError> {
        let bytes = self.bytes(segment, 0).map_err(|error| failed("read", &error))?;
        Ok(bytes.unwrap_or_default())
    }

    fn create(&mut self, segment: u64, header: &[u8]) -> Result<(), LogError> {
        self.usable()?;
        if self.segments()?.last().is_some_and(|last| *last >= segment) {
            return Err(LogError("segment is not greater than all before".to_owned()));
        }
        let path = self.path(segment);
        let created = Current::create(segment, &path, header);
        // The former segment, dropped here, loses its reserve.
        self.current = Some(created.map_err(|failure| self.fail("create", failure))?);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.usable()?;
        let Some(current) = &mut self.current else {
            return Err(LogError("no segment has been created".to_owned()));
        };
        current.append(bytes).map_err(|failure| self.fail("append", failure))
    }

    fn settle(&mut self, segment: u64) -> Result<(), LogError> {
        self.usable()?;
        let synced = File::open(self.path(segment)).and_then(|file| file.sync_all());
        synced.map_err(|error| self.fail("settle", Failure::Lost(error)))
    }

    fn cut(&mut self, segment: u64, length: u64) -> Result<(), LogError> {
        self.usable()?;
        let rest = self.bytes(segment, length).map_err(|error| failed("cut", &error))?;
        let rest = rest.ok_or_else(|| LogError("cut beyond the end".to_owned()))?;
        // Zeros alone are a reserve; nobody wants to look at it.
        if rest.iter().any(|byte| *byte != 0) {
            self.keep(segment, &rest).map_err(|error| failed("cut", &error))?;
        }
        shorten(&self.path(segment), length).map_err(|error| self.fail("cut", error))?;
        match &mut self.current {
            Some(current) if current.number == segment => current.ends_at(length),
            _ => {}
        }
        Ok(())
    }

    fn reader(&self) -> Box<dyn LogReader> {
        Box::new(FileLogReader { directory: self.directory.clone() })
    }
}

/// Reads the files of a [`FileLog`].
struct FileLogReader {
    directory: PathBuf,
}

impl LogReader for FileLogReader {
    fn segments(&mut self) -> Result<Vec<u64>, LogError> {
        listed(&self.directory)
    }

    fn read_at(&mut self, segment: u64, offset: u64, most: usize) -> Result<Vec<u8>, LogError> {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        let read = || {
            let mut file = File::open(path(&self.directory, segment))?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| failed("read", &error))
    }

    fn length(&mut self, segment: u64) -> Result<u64, LogError> {
        match fs::metadata(path(&self.directory, segment)) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(failed("look at", &error)),
        }
    }

    fn remove(&mut self, segment: u64) -> Result<(), LogError> {
        match fs::remove_file(path(&self.directory, segment)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &error)),
            _ => Ok(()),
        }
    }
}

/// How an operation that changes a segment failed.
#[derive(Debug)]
enum Failure {
    /// The segment is as it was before.
    Undone(io::Error),
    /// Nobody knows what is on the medium.
    Lost(io::Error),
}

/// The segment that is appended to.
struct Current {
    number: u64,
    file: File,
    /// Length of the segment in bytes; all of it is durable.
    length: u64,
    /// Length of the file in bytes. From `length` on it is zeros.
    reserved: u64,
}

impl Current {
    /// A new segment at `path` that holds `header`, durably.
    fn create(number: u64, path: &Path, header: &[u8]) -> Result<Self, Failure> {
        let file = dir::create_file(path).map_err(Failure::Undone)?;
        let mut created = Self { number, file, length: 0, reserved: 0 };
        let begun = created
            .append(header)
            .and_then(|()| dir::sync_dir(dir::parent(path)).map_err(Failure::Lost));
        begun.map_err(|failure| {
            let removed = created.file.set_len(0).and_then(|()| fs::remove_file(path));
            match (failure, removed) {
                (failure, Ok(())) => failure,
                (Failure::Undone(error) | Failure::Lost(error), Err(_)) => Failure::Lost(error),
            }
        })?;
        Ok(created)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let refuse = |why| Failure::Undone(io::Error::other(why));
        let added = u64::try_from(bytes.len()).map_err(|_| refuse("append is too long"))?;
        let end = self.length.checked_add(added).filter(|end| *end <= MAX_SEGMENT);
        let end = end.ok_or_else(|| refuse("segment is full"))?;
        if let Err(error) = self.write(bytes, end) {
            return Err(match self.undo() {
                Ok(()) => Failure::Undone(error),
                Err(_) => Failure::Lost(error),
            });
        }
        self.file.sync_data().map_err(Failure::Lost)?;
        self.length = end;
        Ok(())
    }

    /// Writes `bytes`, which end at `end`, and a new reserve if they go beyond the present one.
    fn write(&mut self, bytes: &[u8], end: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, self.length)?;
        if end <= self.reserved {
            return Ok(());
        }
        let zeros = vec![0; usize::try_from(RESERVE).map_err(io::Error::other)?];
        self.reserved = match self.file.write_all_at(&zeros, end) {
            Ok(()) => end.saturating_add(u64::from(RESERVE)),
            // An append that fits must not fail because the reserve behind it does not.
            Err(_) => self.file.set_len(end).map(|()| end)?,
        };
        Ok(())
    }

    /// Gives the file the length of the segment.
    fn undo(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.reserved = self.length;
        self.file.sync_all()
    }

    fn ends_at(&mut self, length: u64) {
        self.length = length;
        self.reserved = length;
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        if self.reserved > self.length {
            // Only tidiness: with the reserve still there, readers see zeros, which they must
            // expect after a crash anyway.
            let _ = self.file.set_len(self.length);
        }
    }
}

fn shorten(path: &Path, length: u64) -> Result<(), Failure> {
    let file = OpenOptions::new().write(true).open(path).map_err(Failure::Undone)?;
    file.set_len(length).map_err(Failure::Undone)?;
    file.sync_all().map_err(Failure::Lost)
}

/// The file of a segment.
fn path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("journal-{segment:08}.log"))
}

/// The numbers of the segments in `directory`, ascending.
fn listed(directory: &Path) -> Result<Vec<u64>, LogError> {
    let listed = fs::read_dir(directory).and_then(|entries| {
        let numbers = entries.map(|entry| Ok(entry?.file_name().to_str().and_then(number)));
        numbers.filter_map(Result::transpose).collect::<io::Result<Vec<u64>>>()
    });
    let mut segments = listed.map_err(|error| failed("list", &error))?;
    segments.sort_unstable();
    Ok(segments)
}

/// The number of the segment in a file of this name; `None` if it is not a segment's.
fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("journal-")?.strip_suffix(".log")?;
    let number: u64 = digits.parse().ok()?;
    (format!("{number:08}") == digits).then_some(number)
}

fn failed(what: &str, error: &io::Error) -> LogError {
    LogError(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests;
