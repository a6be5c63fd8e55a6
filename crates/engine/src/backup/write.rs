//! Making a backup.

use super::BackupFailure;
use super::content::{Item, Totals};
use crate::ledger::{Head, Position};
use crate::ports::{Frozen, LogReader, Versioned};
use crate::slot::{Slot, SlotRange, bare};
use crate::vault::{Vault, VaultError};
use strongroom_keys::{
    BackupDescription, BackupHeader, BackupKey, RootKey, SegmentHeader, ShippingRecord,
};
use strongroom_types::{Region, Timestamp};

/// Records read in one step.
const PAGE: usize = 500;
/// Bytes of the journal or of a file read in one step.
const PIECE: usize = 256 << 10;
/// Past all store keys.
const END: &[u8] = &[0xff];

/// What a backup says of where it comes from, as far as the engine does not know.
#[derive(Debug, Clone)]
pub struct About {
    /// The time.
    pub time: Timestamp,
    /// The release.
    pub release: String,
    /// The file that says how the root key is provided, if there is one.
    pub provider: Option<Vec<u8>>,
    /// Milliseconds that the clock runs ahead, if it is one for tests.
    pub clock_ahead: Option<i64>,
    /// The server's Region.
    pub region: Option<Region>,
}

/// Where a backup goes.
pub struct Output<'a> {
    /// Takes the next bytes.
    pub bytes: &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    /// Is told how many records are done, of how many.
    pub progress: &'a mut dyn FnMut(u64, u64) -> std::io::Result<()>,
}

/// What a backup is made of.
pub(crate) struct Source<'a> {
    pub(crate) vault: &'a Vault,
    pub(crate) log: &'a mut dyn LogReader,
    /// How far the journal was durable before the snapshot is taken.
    pub(crate) before: Position,
    /// Held by whoever replaces the root key, if somebody may.
    pub(crate) hierarchy: Option<&'a tokio::sync::Mutex<()>>,
}

/// A backup in the making: store and journal are in it; files may follow, and the end must.
pub struct Writer<'a> {
    /// What it says of itself.
    pub description: BackupDescription,
    key: BackupKey,
    buffer: Vec<u8>,
    sealed: Vec<u8>,
    output: Output<'a>,
    totals: Totals,
    file: Option<String>,
}

/// The snapshot, and what is told of it.
struct Taken {
    frozen: Box<dyn Frozen>,
    head: Head,
    shipping: Option<ShippingRecord>,
    description: BackupDescription,
    key: BackupKey,
    header: BackupHeader,
}

/// Takes the snapshot, and writes it and its journal. `about` is asked with the fingerprint of the
/// root key, which is not replaced meanwhile.
pub(crate) async fn begin<'a>(
    source: Source<'_>,
    about: impl FnOnce(&str) -> std::io::Result<About>,
    output: Output<'a>,
) -> Result<Writer<'a>, BackupFailure> {
    let Source { vault, log, before, hierarchy } = source;
    let taken = take(vault, hierarchy, about).await?;
    // Whoever takes the bytes may be slow; from here on the root key may be replaced.
    let Taken { mut frozen, head, shipping, description, key, header } = taken;
    (output.bytes)(header.bytes())?;
    let (buffer, sealed, totals) = (Vec::new(), Vec::new(), Totals::default());
    let mut writer = Writer { description, key, buffer, sealed, output, totals, file: None };
    writer.store(&mut *frozen)?;
    // What commits replace takes no more room than the snapshot needs.
    drop(frozen);
    let from = shipping.map_or(0, |shipping| shipping.cursor.segment);
    writer.journal(log, from, before.max(head.journal))?;
    Ok(writer)
}

/// Takes the snapshot, and makes the header under the root key that it hangs from.
async fn take(
    vault: &Vault,
    hierarchy: Option<&tokio::sync::Mutex<()>>,
    about: impl FnOnce(&str) -> std::io::Result<About>,
) -> Result<Taken, BackupFailure> {
    let _turn = match hierarchy {
        Some(hierarchy) => Some(hierarchy.lock().await),
        None => None,
    };
    let root = vault.root();
    let mut frozen = vault.store().frozen()?;
    same_root_key(&*root, &mut *frozen)?;
    let about = about(root.fingerprint())?;
    let head = read::<Head>(vault, &mut *frozen, &Slot::head()).await?.unwrap_or_default();
    let shipping = read::<ShippingRecord>(vault, &mut *frozen, &Slot::shipping()).await?;
    let mut id = [0; 16];
    vault.entropy().fill(&mut id).map_err(|why| std::io::Error::other(why.to_string()))?;
    let accounts = SlotRange::accounts();
    let description = BackupDescription {
        id,
        time: about.time,
        release: about.release,
        root_key: root.fingerprint().to_owned(),
        provider: about.provider,
        clock_ahead: about.clock_ahead,
        region: about.region,
        accounts: frozen.count(accounts.prefix(), &accounts.end())?,
        keys: frozen.count(b"k/", b"k0")?,
        records: frozen.count(&[], END)?,
        sequence: head.sequence,
        commits: head.commits,
    };
    let (key, header) = BackupKey::begin(description.clone(), &*root, vault.entropy())?;
    Ok(Taken { frozen, head, shipping, description, key, header })
}

/// Refuses a snapshot of a store whose root key has been replaced since: what the backup says of its
/// root key would be true of another moment.
fn same_root_key(root: &dyn RootKey, frozen: &mut dyn Frozen) -> Result<(), BackupFailure> {
    let mark = frozen.scan(bare::ROOT, &[bare::ROOT, &[0]].concat(), 1)?.pop();
    let mark = mark.map(|entry| entry.found.value);
    let is_same = mark.as_deref() == Some(root.fingerprint().as_bytes());
    let replaced = || VaultError("the root key was replaced just now; try again".to_owned());
    is_same.then_some(()).ok_or_else(|| replaced().into())
}

/// The record at `slot` of the snapshot.
async fn read<T>(
    vault: &Vault,
    frozen: &mut dyn Frozen,
    slot: &Slot,
) -> Result<Option<T>, BackupFailure>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    let end = [slot.bytes(), &[0]].concat();
    let Some(entry) = frozen.scan(slot.bytes(), &end, 1)?.pop() else { return Ok(None) };
    let found: Versioned = entry.found;
    Ok(Some(vault.decode(slot.bytes(), slot.domain(), &found).await?))
}

impl Writer<'_> {
    fn store(&mut self, frozen: &mut dyn Frozen) -> Result<(), BackupFailure> {
        let mut from = Vec::new();
        loop {
            let page = frozen.scan(&from, END, PAGE)?;
            let is_last = page.len() < PAGE;
            if let Some(last) = page.last() {
                from = [last.key.as_slice(), &[0]].concat();
            }
            for entry in page {
                self.put(&Item::of(entry))?;
            }
            (self.output.progress)(self.totals.records, self.description.records)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// The journal's segments from `from` on, up to `until`.
    fn journal(
        &mut self,
        log: &mut dyn LogReader,
        from: u64,
        until: Position,
    ) -> Result<(), BackupFailure> {
        for number in log.segments()?.into_iter().filter(|n| (from..=until.segment).contains(n)) {
            let length =
                if number == until.segment { length_of(log, until)? } else { log.length(number)? };
            let mut at = 0;
            while at < length {
                let most = usize::try_from(length - at).unwrap_or(PIECE).min(PIECE);
                let piece = log.read_at(number, at, most)?;
                if piece.is_empty() {
                    return Err(short(number));
                }
                at += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                self.put(&Item::Journal(number, piece))?;
            }
        }
        Ok(())
    }

    /// Writes the next bytes of the file `path`. A file without any is written, too.
    ///
    /// # Errors
    /// [`BackupFailure`].
    pub fn file(&mut self, path: &str, bytes: &[u8]) -> Result<(), BackupFailure> {
        self.put(&Item::File(path.to_owned(), bytes.to_vec()))
    }

    /// Writes the end. Without it nobody restores the backup.
    ///
    /// # Errors
    /// [`BackupFailure`].
    pub fn finish(mut self) -> Result<Totals, BackupFailure> {
        Item::End(self.totals).append(&mut self.buffer)?;
        self.flush(BackupKey::CHUNK)?;
        let rest = std::mem::take(&mut self.buffer);
        self.chunk(true, &rest)?;
        Ok(self.totals)
    }

    fn put(&mut self, item: &Item) -> Result<(), BackupFailure> {
        let is_new = match item {
            Item::File(path, _) => self.file.as_ref() != Some(path),
            _ => false,
        };
        if let (Item::File(path, _), true) = (item, is_new) {
            self.file = Some(path.clone());
        }
        self.totals.count(item, is_new);
        item.append(&mut self.buffer)?;
        self.flush(BackupKey::CHUNK)
    }

    /// Writes whole chunks while there is more than `keep` bytes.
    fn flush(&mut self, keep: usize) -> Result<(), BackupFailure> {
        if self.buffer.len() <= keep {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let mut rest = buffer.as_slice();
        while let Some((chunk, after)) = rest.split_at_checked(BackupKey::CHUNK) {
            if after.is_empty() {
                break;
            }
            self.chunk(false, chunk)?;
            rest = after;
        }
        self.buffer = rest.to_vec();
        Ok(())
    }

    fn chunk(&mut self, is_last: bool, plain: &[u8]) -> Result<(), BackupFailure> {
        self.sealed.clear();
        self.key.seal(is_last, plain, &mut self.sealed)?;
        Ok((self.output.bytes)(&self.sealed)?)
    }
}

/// Bytes of the segment up to `until`, by the lengths that frames begin with.
fn length_of(log: &mut dyn LogReader, until: Position) -> Result<u64, BackupFailure> {
    // A length (4), two numbers (8 each), then what the length counts.
    const PREFIX: u64 = 4 + 8 + 8;
    let (mut at, mut piece, mut start) = (SegmentHeader::LEN as u64, Vec::new(), 0_u64);
    for _ in 0..until.frames {
        let within = |start: u64| usize::try_from(at.saturating_sub(start)).unwrap_or(usize::MAX);
        if piece.len() < within(start).saturating_add(4) {
            piece = log.read_at(until.segment, at, PIECE)?;
            start = at;
        }
        let length = piece.get(within(start)..).and_then(<[u8]>::first_chunk::<4>);
        let length = length.ok_or_else(|| short(until.segment))?;
        at += PREFIX + u64::from(u32::from_be_bytes(*length));
    }
    Ok(at)
}

fn short(segment: u64) -> BackupFailure {
    crate::ledger::RecoveryError::Missing { segment }.into()
}
