//! What is in the chunks of a backup: items, each a CBOR array behind its length.

use super::BackupFailure;
use crate::ports::{Entry, Versioned};
use crate::vault::VaultError;
use minicbor::{Decode, Encode};
use strongroom_keys::{BackupError, codec};

/// The longest item, bytes. Our choice: a record holds what a few requests bring, or the names of
/// some hours' log files.
const MAX_ITEM: usize = 64 << 20;

/// What a backup says at its end was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Totals {
    /// Records of the store.
    #[n(0)]
    pub records: u64,
    /// Bytes of the journal.
    #[n(1)]
    pub journal: u64,
    /// Files of the delivered trail.
    #[n(2)]
    pub files: u64,
    /// Bytes of them.
    #[n(3)]
    pub file_bytes: u64,
}

/// A part of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Item {
    /// A record of the store: store key, version, sealed value. Keys ascend.
    #[n(0)]
    Record(
        #[cbor(n(0), with = "minicbor::bytes")] Vec<u8>,
        #[n(1)] u64,
        #[cbor(n(2), with = "minicbor::bytes")] Vec<u8>,
    ),
    /// The next bytes of a segment of the journal. Numbers ascend.
    #[n(1)]
    Journal(#[n(0)] u64, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// The next bytes of a file of the delivered trail: its path below `trail/`.
    #[n(2)]
    File(#[n(0)] String, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// That this was all.
    #[n(3)]
    End(#[n(0)] Totals),
}

impl Item {
    pub(super) fn of(entry: Entry) -> Self {
        Self::Record(entry.key, entry.found.version, entry.found.value)
    }

    /// The record, if it is one.
    #[must_use]
    pub fn entry(self) -> Option<Entry> {
        match self {
            Self::Record(key, version, value) => {
                Some(Entry { key, found: Versioned { version, value } })
            }
            _ => None,
        }
    }

    /// Appends the item behind its length; one that nobody would read back is refused.
    pub(super) fn append(&self, out: &mut Vec<u8>) -> Result<(), BackupFailure> {
        let bytes = codec::encode(self);
        let length = u32::try_from(bytes.len()).ok();
        let length = length.filter(|_| bytes.len() <= MAX_ITEM).ok_or_else(|| self.too_long())?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&bytes);
        Ok(())
    }

    fn too_long(&self) -> BackupFailure {
        let what = match self {
            Self::Record(key, ..) => format!("record {}", String::from_utf8_lossy(key)),
            Self::Journal(segment, _) => format!("a piece of journal segment {segment}"),
            Self::File(path, _) => format!("a piece of {path}"),
            Self::End(_) => "the end".to_owned(),
        };
        VaultError(format!("{what} is longer than a backup takes, {MAX_ITEM} bytes")).into()
    }

    /// The item that `bytes` begin with and how many bytes it takes; `None` if it is not whole yet.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, BackupError> {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_ITEM {
            return Err(BackupError::Damaged);
        }
        let Some(item) = rest.get(..length) else { return Ok(None) };
        let item = codec::decode(item).map_err(|_| BackupError::Damaged)?;
        Ok(Some((item, length + 4)))
    }
}

impl Totals {
    pub(super) fn count(&mut self, item: &Item, is_new_file: bool) {
        let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match item {
            Item::Record(..) => self.records += 1,
            Item::Journal(_, bytes) => self.journal += length(bytes),
            Item::File(_, bytes) => {
                self.files += u64::from(is_new_file);
                self.file_bytes += length(bytes);
            }
            Item::End(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_nobody_would_read_back_is_not_written() {
        let mut out = Vec::new();
        let long = Item::Record(b"u/one".to_vec(), 1, vec![0; MAX_ITEM]);
        let why = long.append(&mut out).unwrap_err().to_string();
        assert!(why.contains("u/one"), "{why}");
        assert!(out.is_empty());
        let fits = Item::Record(b"u/one".to_vec(), 1, vec![0; MAX_ITEM - 100]);
        fits.append(&mut out).unwrap();
        assert_eq!(Item::parse(&out).unwrap(), Some((fits, out.len())));
    }
}
