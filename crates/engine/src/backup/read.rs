//! Reading a backup. Nothing of it is believed before its chunk has opened, and it is whole only
//! when [`Item::End`] was returned.

use super::BackupFailure;
use super::content::{Item, Totals};
use std::io::{ErrorKind, Read};
use strongroom_keys::{BackupError, BackupHeader, BackupKey, RootKey};

/// Reads the header. It is not authentic yet.
///
/// # Errors
/// [`BackupFailure`].
pub fn read_header(source: &mut dyn Read) -> Result<BackupHeader, BackupFailure> {
    let mut fixed = [0; BackupHeader::FIXED];
    source.read_exact(&mut fixed).map_err(|why| match why.kind() {
        ErrorKind::UnexpectedEof => BackupFailure::Backup(BackupError::Foreign),
        _ => BackupFailure::Medium(why),
    })?;
    let mut rest = vec![0; BackupHeader::rest(&fixed)?];
    read_whole(source, &mut rest)?;
    Ok(BackupHeader::parse([fixed.as_slice(), &rest].concat())?)
}

/// Reads what follows the header.
pub struct Reader<'a> {
    key: BackupKey,
    source: &'a mut dyn Read,
    /// What is opened; before `at` it is taken.
    opened: Vec<u8>,
    at: usize,
    is_last: bool,
    totals: Totals,
    file: Option<String>,
    /// Bytes of chunks that were read.
    bytes: u64,
}

impl<'a> Reader<'a> {
    /// Unwraps the backup's key, which shows that the header is authentic.
    ///
    /// # Errors
    /// [`BackupError::RootKey`].
    pub fn open(
        header: &BackupHeader,
        root: &dyn RootKey,
        source: &'a mut dyn Read,
    ) -> Result<Self, BackupError> {
        let key = BackupKey::open(header, root)?;
        let (opened, totals) = (Vec::new(), Totals::default());
        let bytes = u64::try_from(header.bytes().len()).unwrap_or(u64::MAX);
        Ok(Self { key, source, opened, at: 0, is_last: false, totals, file: None, bytes })
    }

    /// Bytes that were read so far, the header's included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next item. The last one is [`Item::End`], and is returned only if nothing was missing
    /// and nothing follows.
    ///
    /// # Errors
    /// [`BackupFailure`].
    pub fn next_item(&mut self) -> Result<Item, BackupFailure> {
        loop {
            let rest = self.opened.get(self.at..).unwrap_or_default();
            if let Some((item, length)) = Item::parse(rest)? {
                self.at += length;
                return self.taken(item);
            }
            if self.is_last {
                return Err(BackupError::Damaged.into());
            }
            self.chunk()?;
        }
    }

    fn taken(&mut self, item: Item) -> Result<Item, BackupFailure> {
        let is_new = match &item {
            Item::File(path, _) => self.file.as_ref() != Some(path),
            _ => false,
        };
        match &item {
            Item::File(path, _) if is_new => self.file = Some(path.clone()),
            Item::End(totals) => {
                let is_all = *totals == self.totals && self.at == self.opened.len();
                if !is_all || !self.is_last || self.follows()? {
                    return Err(BackupError::Damaged.into());
                }
            }
            _ => {}
        }
        self.totals.count(&item, is_new);
        Ok(item)
    }

    /// Whether anything is behind the last chunk.
    fn follows(&mut self) -> Result<bool, BackupFailure> {
        let mut more = [0];
        loop {
            match self.source.read(&mut more) {
                Ok(count) => return Ok(count > 0),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => return Err(why.into()),
            }
        }
    }

    fn chunk(&mut self) -> Result<(), BackupFailure> {
        let mut prefix = [0; BackupKey::PREFIX];
        read_whole(self.source, &mut prefix)?;
        let mut sealed = vec![0; BackupKey::rest(&prefix)?];
        read_whole(self.source, &mut sealed)?;
        let length = u64::try_from(prefix.len() + sealed.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        let (plain, is_last) = self.key.open_chunk(&prefix, &sealed)?;
        self.opened.drain(..self.at);
        self.at = 0;
        // What is in it is sealed once more.
        self.opened.extend_from_slice(plain.expose());
        self.is_last = is_last;
        Ok(())
    }
}

fn read_whole(source: &mut dyn Read, out: &mut [u8]) -> Result<(), BackupFailure> {
    source.read_exact(out).map_err(|why| match why.kind() {
        ErrorKind::UnexpectedEof => BackupFailure::Backup(BackupError::Damaged),
        _ => BackupFailure::Medium(why),
    })
}
