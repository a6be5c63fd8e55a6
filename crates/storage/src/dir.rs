//! The data directory and the private files in it.

use rustix::fs::OFlags;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Mode of every directory made here: its owner alone may enter.
const DIR_MODE: u32 = 0o700;
/// Mode of every file made here: its owner alone may read and write.
const FILE_MODE: u32 = 0o600;
/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// Something about a directory that an operator should be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirFinding {
    /// Group or others may read, list or enter it.
    Accessible {
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to somebody else, who can read and replace what is in it.
    OtherOwner {
        /// The user id of its owner.
        owner: u32,
    },
}

impl fmt::Display for DirFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accessible { mode } => {
                write!(f, "directory is accessible to others (mode {mode:04o}, should be 0700)")
            }
            Self::OtherOwner { owner } => write!(f, "directory is owned by user {owner}"),
        }
    }
}

/// Makes the directory at `path` and its missing parents, each of mode 0700, and says what is
/// wrong with it if it was there before.
///
/// # Errors
/// When it cannot be made, or `path` is not a directory.
pub fn create_private_dir(path: &Path) -> io::Result<Vec<DirFinding>> {
    DirBuilder::new().recursive(true).mode(DIR_MODE).create(path)?;
    sync_dir(path)?;
    sync_dir(parent(path))?;
    let found = fs::metadata(path)?;
    let mode = found.mode() & 0o7777;
    let mut findings = Vec::new();
    if mode & OTHERS != 0 {
        findings.push(DirFinding::Accessible { mode });
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        findings.push(DirFinding::OtherOwner { owner: found.uid() });
    }
    Ok(findings)
}

/// Puts `bytes` at `path` with mode 0600, durably: whoever opens `path`, also after a power cut,
/// finds the former contents or all of the new. The new contents are collected beside it in
/// `<path>.tmp`; one left over by a crash is overwritten.
///
/// # Errors
/// When the medium fails. Unless the last step failed, which makes the renaming durable, the
/// former contents are still there.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    /// Two writers would meet in the same temporary file.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    remove_if_there(&temporary)?;
    let written = fill(&temporary, bytes).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to report; what stays behind is removed by the next writer.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_dir(parent(path))
}

/// Gives the private file at `from` the name `to` of the same directory, durably, whatever was there.
///
/// # Errors
/// When the medium fails.
pub fn rename_private(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_dir(parent(to))
}

/// Why a private file was not read.
#[derive(Debug)]
pub enum ReadError {
    /// The medium failed, or there is no such file.
    Io(io::Error),
    /// It is a directory, a device or the like, or a symbolic link.
    NotAFile,
    /// Group or others may read or write it.
    Accessible {
        /// Its permission bits.
        mode: u32,
    },
    /// It is longer than the reader allows.
    TooLong {
        /// The greatest length allowed, in bytes.
        max: u64,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::Accessible { mode } => {
                write!(f, "file is accessible to others (mode {mode:04o}, must be 0600 or less)")
            }
            Self::TooLong { max } => write!(f, "file is longer than {max} bytes"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The contents of the private file at `path`, at most `max` bytes. They are read into one
/// allocation, so that a caller who wipes it has wiped them all.
///
/// # Errors
/// [`ReadError`]; a file that others may read or write is refused, for then it is not private.
pub fn read_private(path: &Path, max: u64) -> Result<Vec<u8>, ReadError> {
    // Non-blocking, because opening a pipe would wait for its writer; files do not mind.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => ReadError::NotAFile,
        _ => ReadError::Io(error),
    })?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(ReadError::NotAFile);
    }
    if found.mode() & OTHERS != 0 {
        return Err(ReadError::Accessible { mode: found.mode() & 0o7777 });
    }
    if found.len() > max {
        return Err(ReadError::TooLong { max });
    }
    let length = usize::try_from(found.len()).map_err(|_| ReadError::TooLong { max })?;
    let mut bytes = vec![0; length];
    (&file).read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A new file at `path` with mode 0600, for reading and writing.
///
/// # Errors
/// When there is something at `path` already, or the medium fails.
pub fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Takes away every permission of others from the file at `path`, if there is one.
pub(crate) fn restrict(path: &Path) -> io::Result<()> {
    let mut permissions = match fs::metadata(path) {
        Ok(found) => found.permissions(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mode = std::os::unix::fs::PermissionsExt::mode(&permissions);
    if mode & OTHERS == 0 {
        return Ok(());
    }
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, FILE_MODE);
    fs::set_permissions(path, permissions)
}

/// Waits until the entries of the directory at `path` are durable.
///
/// # Errors
/// When the medium fails.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The directory that holds `path`.
#[must_use]
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// A new file at `path` that holds `bytes` durably; its directory entry is not durable yet.
fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_file(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_new_directory_is_private_and_a_loose_one_is_found() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("a/b");
        assert_eq!(create_private_dir(&path).unwrap(), []);
        assert_eq!((mode(&path), mode(&outer.path().join("a"))), (0o700, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        let findings = create_private_dir(&path).unwrap();
        assert_eq!(findings, [DirFinding::Accessible { mode: 0o750 }]);
        assert!(findings[0].to_string().contains("0750"));
        fs::write(outer.path().join("file"), b"").unwrap();
        assert!(create_private_dir(&outer.path().join("file")).is_err());
    }

    #[test]
    fn a_private_file_is_replaced_whole_and_leaves_no_temporary() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("secret");
        fs::write(outer.path().join("secret.tmp"), b"left by a crash").unwrap();
        for contents in [&b"first, which is longer"[..], b"second", b""] {
            write_private(&path, contents).unwrap();
            assert_eq!(read_private(&path, 100).unwrap(), contents);
            assert_eq!(mode(&path), 0o600);
        }
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_the_former_contents() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("former"), b"").unwrap();
        assert!(write_private(&path, b"new").is_err());
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_private_is_not_read() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("secret");
        write_private(&path, b"12345").unwrap();
        assert_eq!(read_private(&path, 5).unwrap(), b"12345");
        assert!(matches!(read_private(&path, 4), Err(ReadError::TooLong { max: 4 })));
        for loose in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(loose)).unwrap();
            let read = read_private(&path, 5);
            assert!(matches!(read, Err(ReadError::Accessible { mode }) if mode == loose));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(read_private(&path, 5).unwrap(), b"12345");
        let link = outer.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(read_private(&link, 5), Err(ReadError::NotAFile)));
        assert!(matches!(read_private(outer.path(), 5), Err(ReadError::NotAFile)));
        assert!(matches!(read_private(&outer.path().join("no"), 5), Err(ReadError::Io(_))));
    }
}
