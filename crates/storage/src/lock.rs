//! One server to a data directory.

use crate::dir;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The most bytes of a lock file that are looked at; a process id and a line end fit easily.
const MAX_LOCK_FILE: u64 = 32;

/// The exclusive right to a data directory: a lock on the file `LOCK` in it (flock(2)), which also
/// holds the process id of the owner for a person to read.
///
/// The kernel releases the lock when the process ends, however it ends. The file stays: removing
/// it would let two processes lock two different files of that name.
#[derive(Debug)]
pub struct DirLock {
    /// Holds the lock as long as it is open.
    _file: File,
}

impl DirLock {
    /// Takes the lock of `directory`, which must exist, without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process has it, or this one took it before;
    /// [`LockError::Io`] when the file cannot be made, locked or written.
    pub fn acquire(directory: &Path) -> Result<Self, LockError> {
        let path = directory.join("LOCK");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(LockError::Io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held { pid: owner(&file) }),
            Err(errno) => return Err(LockError::Io(errno.into())),
        }
        dir::restrict(&path).map_err(LockError::Io)?;
        file.set_len(0).map_err(LockError::Io)?;
        file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}

/// Why a data directory could not be locked.
#[derive(Debug)]
pub enum LockError {
    /// A running process has it.
    Held {
        /// Its process id, if the lock file says one.
        pid: Option<u32>,
    },
    /// The file could not be made, locked or written.
    Io(io::Error),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { pid: Some(pid) } => {
                write!(f, "data directory is in use by process {pid}")
            }
            Self::Held { pid: None } => f.write_str("data directory is in use by another process"),
            Self::Io(error) => write!(f, "data directory cannot be locked: {error}"),
        }
    }
}

impl std::error::Error for LockError {}

fn owner(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(MAX_LOCK_FILE).read_to_string(&mut text).ok()?;
    text.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let outer = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(outer.path()).unwrap();
        let second = DirLock::acquire(outer.path()).unwrap_err();
        let me = std::process::id();
        assert!(matches!(second, LockError::Held { pid: Some(pid) } if pid == me));
        assert_eq!(second.to_string(), format!("data directory is in use by process {me}"));
        drop(first);
        DirLock::acquire(outer.path()).unwrap();
    }

    #[test]
    fn a_lock_file_without_a_process_id_still_locks() {
        let outer = tempfile::tempdir().unwrap();
        let _first = DirLock::acquire(outer.path()).unwrap();
        std::fs::write(outer.path().join("LOCK"), [0xff; 100]).unwrap();
        let second = DirLock::acquire(outer.path()).unwrap_err();
        assert!(matches!(second, LockError::Held { pid: None }));
    }

    #[test]
    fn a_directory_must_exist() {
        let outer = tempfile::tempdir().unwrap();
        let taken = DirLock::acquire(&outer.path().join("no"));
        assert!(matches!(taken, Err(LockError::Io(_))));
    }
}
