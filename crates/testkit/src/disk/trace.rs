//! What a process did to its files, in order.

use std::path::Path;

/// A call that changed something, with paths below the directory that was watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A file was made.
    Create(String),
    /// Bytes were written.
    Write {
        /// The file.
        path: String,
        /// Where, in bytes.
        at: usize,
        /// What.
        data: Vec<u8>,
    },
    /// A file was given a length.
    Cut {
        /// The file.
        path: String,
        /// Its length in bytes.
        length: usize,
    },
    /// A file, or a directory, was made durable. The directory that was watched has no name.
    Sync(String),
    /// A name was taken away.
    Unlink(String),
    /// A file got another name.
    Rename(String, String),
    /// A directory was made.
    Directory(String),
}

/// What a process did.
pub struct Trace {
    /// Every call, in order.
    pub calls: Vec<Call>,
}

impl Trace {
    pub(super) fn read(file: &Path, root: &Path) -> Self {
        let bytes = std::fs::read(file).unwrap_or_default();
        let mut rest = Bytes(&bytes);
        let root = root.to_str().expect("a directory with a name in UTF-8");
        let mut calls = Vec::new();
        // What a killed process wrote of its last record is none.
        while let Some(call) = rest.call(root) {
            calls.push(call);
        }
        Self { calls }
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn call(&mut self, root: &str) -> Option<Call> {
        let kind = *self.take(1)?.first()?;
        let path_length = u32::from_ne_bytes(self.take(4)?.try_into().ok()?);
        let [at, length] = [self.number()?, self.number()?];
        let path = self.take(usize::try_from(path_length).ok()?)?;
        let data = self.take(length)?;
        let below = |path: &[u8]| {
            let path = String::from_utf8_lossy(path).into_owned();
            let below = path.strip_prefix(root).expect("only what is below is watched");
            below.trim_start_matches('/').to_owned()
        };
        let path = below(path);
        Some(match kind {
            b'C' => Call::Create(path),
            b'W' => Call::Write { path, at, data: data.to_vec() },
            b'T' => Call::Cut { path, length: at },
            b'S' => Call::Sync(path),
            b'U' => Call::Unlink(path),
            b'R' => Call::Rename(path, below(data)),
            b'M' => Call::Directory(path),
            other => panic!("a record of kind {other}"),
        })
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u64::from_ne_bytes(self.take(8)?.try_into().ok()?)).ok()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}
