//! Where a command writes: a file that is there whole under its name or not at all, or a pipe.
//!
//! A file has no name until it is whole and on the disk (`O_TMPFILE`, linkat(2)), so that whatever ends
//! the process leaves nothing behind. Where the file system cannot do that, it has a name of its own in
//! the same directory, which is removed on every failure and on the signals that end a process.

use super::exit::{Cause, Ended};
use super::input::Place;
use super::interrupted;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use strongroom_crypto::{Entropy, SystemEntropy};

/// What new files may be read by, before the umask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever the umask lets: it is encrypted.
    Usual,
    /// Its owner only: it is a plaintext.
    Owner,
}

impl Access {
    const fn mode(self) -> Mode {
        match self {
            Self::Usual => Mode::from_raw_mode(0o666),
            Self::Owner => Mode::from_raw_mode(0o600),
        }
    }
}

/// An output that is being written. Dropped, it is as if it had never been begun.
pub(super) struct Output {
    file: File,
    name: PathBuf,
    kind: Kind,
    force: bool,
}

enum Kind {
    /// A pipe, a terminal or a device, where nothing can be taken back.
    Stream,
    /// A file without a name.
    Nameless,
    /// A file with a name that is not the final one.
    Named(PathBuf),
}

impl Output {
    /// Where a job is to write. `root` is what its command works on, and `standard` what standard output
    /// is to it.
    pub(super) fn at(
        to: &Place,
        root: &Path,
        force: bool,
        access: Access,
        standard: fn() -> Result<Self, Ended>,
    ) -> Result<Self, Ended> {
        match to {
            Place::Standard => standard(),
            Place::File(path) => {
                parents(path, root)?;
                Self::file(path, force, access)
            }
        }
    }

    /// Standard output, for a plaintext.
    pub(super) fn standard() -> Result<Self, Ended> {
        let name = PathBuf::from("standard output");
        let handle = rustix::io::dup(io::stdout());
        let file = handle.map_err(|why| Ended::of(Cause::Output, name.display(), why))?.into();
        Ok(Self { file, name, kind: Kind::Stream, force: false })
    }

    /// Standard output, for a message: on a terminal it would be of no use to anybody.
    pub(super) fn pipe() -> Result<Self, Ended> {
        match io::stdout().is_terminal() {
            true => {
                Err(Ended::new(Cause::Usage, "no message is written to a terminal: give --output"))
            }
            false => Self::standard(),
        }
    }

    /// A file that is not there yet, or with `force` takes the place of what is there; what is a pipe or
    /// a device is written to as it is.
    pub(super) fn file(path: &Path, force: bool, access: Access) -> Result<Self, Ended> {
        let failed = |why: &dyn std::fmt::Display| Ended::of(Cause::Output, path.display(), why);
        let name = path.to_owned();
        if let Ok(there) = std::fs::metadata(path) {
            let kind = there.file_type();
            if kind.is_fifo() || kind.is_char_device() {
                let file = File::options().write(true).open(path).map_err(|why| failed(&why))?;
                return Ok(Self { file, name, kind: Kind::Stream, force });
            }
            if !kind.is_file() {
                return Err(failed(&"is there already, and is no file"));
            }
        }
        // A link counts as what it is, also one that leads nowhere.
        if !force && std::fs::symlink_metadata(path).is_ok() {
            return Err(failed(&"is there already; --force replaces it"));
        }
        if path.file_name().is_none() {
            return Err(failed(&"is no name of a file"));
        }
        let (file, kind) = create(path, access).map_err(|why| failed(&why))?;
        Ok(Self { file, name, kind, force })
    }

    /// Whether what is written can no more be taken back.
    pub(super) const fn is_stream(&self) -> bool {
        matches!(self.kind, Kind::Stream)
    }

    /// What it is called.
    pub(super) fn name(&self) -> std::path::Display<'_> {
        self.name.display()
    }

    /// It is whole: puts it on the disk and gives it its name.
    pub(super) fn commit(mut self) -> Result<(), Ended> {
        let done = self.publish();
        done.map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => {
                Ended::of(Cause::Output, self.name(), "is there already; --force replaces it")
            }
            _ => failed(self.name(), &why),
        })
    }

    fn publish(&mut self) -> io::Result<()> {
        match &self.kind {
            Kind::Stream => return self.file.flush(),
            Kind::Nameless | Kind::Named(_) => self.file.sync_all()?,
        }
        let named = match &self.kind {
            Kind::Named(path) => path.clone(),
            _ if !self.force => {
                link(&self.file, &self.name)?;
                return sync_directory(&self.name);
            }
            // A link does not replace: it takes a name beside, and then the final one.
            _ => {
                let beside = beside(&self.name)?;
                interrupted::pending(Some(&beside));
                link(&self.file, &beside)?;
                self.kind = Kind::Named(beside.clone());
                beside
            }
        };
        if self.force {
            rustix::fs::rename(&named, &self.name)?;
        } else {
            rustix::fs::linkat(CWD, &named, CWD, &self.name, AtFlags::empty())?;
            std::fs::remove_file(&named)?;
        }
        self.kind = Kind::Nameless;
        interrupted::pending(None);
        sync_directory(&self.name)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Kind::Named(path) = &self.kind {
            let _ = std::fs::remove_file(path);
            interrupted::pending(None);
        }
    }
}

/// Why writing failed, in words for who has typed the command.
pub(super) fn failed(name: impl std::fmt::Display, why: &io::Error) -> Ended {
    let text = match why.kind() {
        io::ErrorKind::StorageFull => "the disk is full; what was written is removed".to_owned(),
        io::ErrorKind::QuotaExceeded => {
            "the quota is used up; what was written is removed".to_owned()
        }
        io::ErrorKind::BrokenPipe => "nobody reads it any more".to_owned(),
        _ => why.to_string(),
    };
    Ended::of(Cause::Output, name, text)
}

/// Makes the directories that `path` lies in, where it is one of the files of the directory `root`.
fn parents(path: &Path, root: &Path) -> Result<(), Ended> {
    if !root.is_dir() {
        return Ok(());
    }
    let directory = directory(path);
    let made = std::fs::create_dir_all(directory);
    made.map_err(|why| Ended::of(Cause::Output, directory.display(), why))
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create(path: &Path, access: Access) -> io::Result<(File, Kind)> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let has_descriptors = Path::new("/proc/self/fd").exists();
    let nameless = rustix::fs::open(directory(path), flags, access.mode());
    match nameless {
        Ok(file) if has_descriptors => Ok((file.into(), Kind::Nameless)),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::ACCESS) => {
            Err(io::Error::other("its directory is not there, or may not be written to"))
        }
        // The file system, or the kernel, has no such files.
        _ => {
            let beside = beside(path)?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
            interrupted::pending(Some(&beside));
            let file = rustix::fs::open(&beside, flags | OFlags::NOFOLLOW, access.mode())?;
            Ok((file.into(), Kind::Named(beside)))
        }
    }
}

/// A name in the same directory that nobody else has.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    SystemEntropy.fill(&mut random).map_err(io::Error::other)?;
    let suffix = strongroom_crypto::hash::hex(&random);
    Ok(directory(path).join(format!(".strongroom-{suffix}.tmp")))
}

fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, descriptor, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// That the name is on the disk, too.
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(directory(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let mut output = Output::file(&path, false, Access::Owner).unwrap();
        output.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(output);
        assert!(names(directory.path()).is_empty());

        let mut output = Output::file(&path, false, Access::Owner).unwrap();
        output.write_all(b"whole").unwrap();
        output.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn nothing_is_replaced_unless_it_shall_be() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        // It was made by somebody else in the meantime.
        let mut output = Output::file(&path, false, Access::Usual).unwrap();
        output.write_all(b"ours").unwrap();
        std::fs::write(&path, "theirs").unwrap();
        let refused = output.commit().unwrap_err();
        assert_eq!(refused.cause(), Cause::Output);
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert!(Output::file(&path, false, Access::Usual).is_err());

        let mut output = Output::file(&path, true, Access::Usual).unwrap();
        output.write_all(b"ours").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        output.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ours");
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn links_and_other_things_are_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let (link, to) = (directory.path().join("link"), directory.path().join("to"));
        std::os::unix::fs::symlink(&to, &link).unwrap();
        assert!(Output::file(&link, false, Access::Usual).is_err(), "a link that leads nowhere");
        std::fs::write(&to, "kept").unwrap();
        let mut output = Output::file(&link, true, Access::Usual).unwrap();
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"kept");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_file());
        assert!(Output::file(directory.path(), true, Access::Usual).is_err());
        assert!(Output::file(&directory.path().join("no/a"), false, Access::Usual).is_err());
        assert!(Output::file(Path::new("/dev/null"), false, Access::Usual).unwrap().is_stream());
        let mut full = Output::file(Path::new("/dev/full"), false, Access::Usual).unwrap();
        let why = full.write_all(b"x").unwrap_err();
        assert!(failed("x", &why).to_string().contains("disk is full"));
    }
}
