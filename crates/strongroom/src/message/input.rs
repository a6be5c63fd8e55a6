//! What a command reads: a file, or a pipe; for messages also what is hidden in a carrier.

use super::carrier::{self, Carrier};
use super::exit::{Cause, Ended};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// Where something is read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard input, or standard output.
    Standard,
    /// A file.
    File(PathBuf),
}

impl Place {
    /// What the command line names; `-` is what is standard.
    pub(super) fn of(path: &Path) -> Self {
        if path == Path::new("-") { Self::Standard } else { Self::File(path.to_owned()) }
    }

    /// What it is called as an input.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Standard => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
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
            Place::File(path) => File::open(path).map_err(failed)?,
        };
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Ended::of(Cause::Input, &name, "is a directory"));
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

impl Read for Message {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match &mut self.bytes {
            Bytes::Plain(bytes) => bytes.read(to),
            Bytes::Found(bytes) => bytes.read(to),
        }
    }
}
