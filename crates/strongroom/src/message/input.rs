//! What a command reads: a file, or a pipe; for messages also what is hidden in a carrier.

use super::carrier::{self, Carrier};
use super::exit::{Cause, Ended};
use super::output;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// Where something is read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard input, or standard output.
    Standard,
    /// What the command line names.
    Named(PathBuf),
    /// A file that it does not name: one of a directory, or whose name is made of an input's.
    Derived(PathBuf),
}

impl Place {
    /// What the command line names; `-` is what is standard.
    pub(super) fn of(path: &Path) -> Self {
        if path == Path::new("-") { Self::Standard } else { Self::Named(path.to_owned()) }
    }

    /// The same for an output, where `/dev/stdout` is standard, too.
    pub(super) fn of_output(path: &Path) -> Self {
        match output::descriptor(path) {
            Some(1) => Self::Standard,
            _ => Self::of(path),
        }
    }

    /// Its path, if it is a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Standard => None,
            Self::Named(path) | Self::Derived(path) => Some(path),
        }
    }

    /// What it is called as an input.
    pub(super) fn told(&self) -> String {
        let told = self.path().map(|path| path.display().to_string());
        told.unwrap_or_else(|| "standard input".to_owned())
    }
}

/// An input that is open.
pub(super) struct Input {
    file: File,
    /// What it is called.
    pub(super) name: String,
    /// Its length, if it is a file.
    pub(super) length: Option<u64>,
}

impl Input {
    pub(super) fn open(place: &Place) -> Result<Self, Ended> {
        let name = place.told();
        let failed = |why: io::Error| Ended::of(Cause::Input, &name, why);
        let file: File = match place {
            Place::Standard => {
                rustix::io::dup(io::stdin()).map_err(|why| failed(why.into()))?.into()
            }
            Place::Named(path) => File::open(path).map_err(failed)?,
            Place::Derived(path) => member(path).map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Ended::of(Cause::Input, &name, "is a directory"));
        }
        if matches!(place, Place::Derived(_)) && !metadata.is_file() {
            return Err(Ended::of(Cause::Input, &name, "is no file"));
        }
        // What is read from the middle is as long as nobody knows.
        let length = (metadata.is_file() && *place != Place::Standard).then_some(metadata.len());
        Ok(Self { file, name, length })
    }

    /// The plaintext.
    pub(super) fn plaintext(self) -> File {
        self.file
    }

    /// The message: what the file is, or what is hidden in it.
    pub(super) fn message(mut self) -> Result<Message, Ended> {
        let failed = |why: io::Error| Ended::of(Cause::Input, &self.name, why);
        let mut start = Vec::new();
        (&mut self.file).take(8).read_to_end(&mut start).map_err(failed)?;
        let is_carrier = carrier::is_carrier(&start);
        let whole = Cursor::new(start).chain(self.file);
        if !is_carrier {
            return Ok(Message { bytes: Bytes::Plain(whole), length: self.length });
        }
        let found = Carrier::read(whole).and_then(|carrier| carrier.found());
        let found = found.map_err(|why| Ended::of(Cause::Message, &self.name, why))?;
        let length = u64::try_from(found.len()).ok();
        Ok(Message { bytes: Bytes::Found(Cursor::new(found)), length })
    }
}

/// A file of a directory. It was one when the directory was read: what somebody has put into its place
/// since is neither followed nor waited for.
fn member(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

/// A message that is read.
pub(super) struct Message {
    bytes: Bytes,
    /// Its length, if it is known.
    pub(super) length: Option<u64>,
}

enum Bytes {
    Plain(io::Chain<Cursor<Vec<u8>>, File>),
    Found(Cursor<Vec<u8>>),
}

impl Message {
    /// Whether it was hidden in a carrier.
    pub(super) const fn is_hidden(&self) -> bool {
        matches!(self.bytes, Bytes::Found(_))
    }
}

impl Read for Message {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Plain(bytes) => bytes.read(to),
            Bytes::Found(bytes) => bytes.read(to),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_was_a_file_when_it_was_found_has_to_be_one_still() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("file"), "x").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        assert_eq!(Input::open(&Place::Derived(at("file"))).unwrap().length, Some(1));
        for other in ["link", "pipe"] {
            assert!(Input::open(&Place::Derived(at(other))).is_err(), "{other}");
        }
        assert!(Input::open(&Place::Named(at("link"))).is_ok());
        assert_eq!(Place::of_output(Path::new("/dev/stdout")), Place::Standard);
    }
}
