//! A file of the index: for each value, by its hash, which of some members hold it.
//!
//! ```text
//! "SRTRAIL1" | lengths: 4 × u32 | head (CBOR) | entries | postings | usage (CBOR)
//! entry: hash u64 | where its postings begin u32; by hash
//! postings: numbers of members, ascending, as LEB128 of the differences
//! ```
//! Integers are big-endian. Looking a value up reads some dozen small pieces, not the file.

use super::Usage;
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

const MAGIC: &[u8; 8] = b"SRTRAIL1";
/// Bytes before the head.
const FRONT: u64 = 24;
/// Bytes of an entry.
const ENTRY: u64 = 12;

/// One of what a block is about: a stretch of a file, a file of an hour, an hour of a day.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Member {
    /// Name of the file, number of the hour; empty for stretches.
    #[n(0)]
    pub(super) name: String,
    /// Time of its oldest record, milliseconds since 1970.
    #[n(1)]
    pub(super) oldest: i64,
    /// Time of its newest record.
    #[n(2)]
    pub(super) newest: i64,
    /// How many records it has.
    #[n(3)]
    pub(super) records: u64,
    /// Where the bytes of a stretch begin.
    #[n(4)]
    pub(super) from: u64,
    /// Where they end.
    #[n(5)]
    pub(super) to: u64,
}

impl Member {
    /// Whether it may have records of the time between, both ends included.
    pub(super) fn meets(&self, (from, to): (i64, i64)) -> bool {
        self.oldest <= to && self.newest >= from
    }

    /// The order of files within an hour: newer ones are greater.
    pub(super) fn rank(&self) -> (i64, i64, &str) {
        (self.newest, self.oldest, &self.name)
    }
}

/// A block that is being put together.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) members: Vec<Member>,
    pub(super) entries: BTreeMap<u64, Vec<u32>>,
    pub(super) usage: Usage,
}

impl Draft {
    /// Says that a member has a value of that hash; members come in ascending order.
    pub(super) fn note(&mut self, hash: u64, member: u32) {
        let members = self.entries.entry(hash).or_default();
        if members.last() != Some(&member) {
            members.push(member);
        }
    }

    /// Says which members have a value of that hash, ascending.
    pub(super) fn put(&mut self, hash: u64, members: Vec<u32>) {
        let all = self.entries.entry(hash).or_default();
        let are_more = !all.is_empty();
        all.extend(members);
        if are_more {
            // Two values have it.
            all.sort_unstable();
            all.dedup();
        }
    }

    /// Takes in a block of the level below as a member named `name`.
    pub(super) fn take(&mut self, name: String, block: &Block) -> io::Result<()> {
        let number = u32::try_from(self.members.len()).map_err(io::Error::other)?;
        self.members.push(block.summary(name));
        for hash in block.hashes()? {
            self.note(hash, number);
        }
        self.usage.add(&block.usage()?);
        Ok(())
    }

    /// Writes it at `path`, whole or not at all. Durable once the folder is.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let encoding = |why: minicbor::encode::Error<std::convert::Infallible>| {
            io::Error::other(why.to_string())
        };
        let head = minicbor::to_vec(&self.members).map_err(encoding)?;
        let usage = minicbor::to_vec(&self.usage).map_err(encoding)?;
        let mut entries = Vec::with_capacity(self.entries.len() * 12);
        let mut postings = Vec::new();
        for (hash, members) in &self.entries {
            entries.extend_from_slice(&hash.to_be_bytes());
            entries.extend_from_slice(&length(postings.len())?);
            let mut last = 0;
            for member in members {
                leb128(member - last, &mut postings);
                last = *member;
            }
        }
        let mut temporary = path.as_os_str().to_owned();
        temporary.push("~");
        let temporary = Path::new(&temporary);
        let open =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(temporary);
        let mut file = open?;
        let parts = [&head, &entries, &postings, &usage];
        let mut bytes = Vec::with_capacity(32 + parts.iter().map(|part| part.len()).sum::<usize>());
        bytes.extend_from_slice(MAGIC);
        for part in parts {
            bytes.extend_from_slice(&length(part.len())?);
        }
        for part in parts {
            bytes.extend_from_slice(part);
        }
        file.write_all(&bytes)?;
        file.sync_data()?;
        fs::rename(temporary, path)
    }
}

fn length(length: usize) -> io::Result<[u8; 4]> {
    u32::try_from(length).map(u32::to_be_bytes).map_err(io::Error::other)
}

fn leb128(mut number: u32, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap_or(0));
}

/// A block that is read.
pub(super) struct Block {
    file: File,
    pub(super) members: Vec<Member>,
    entries: u64,
    entries_at: u64,
    postings_at: u64,
    usage_at: u64,
    end: u64,
}

impl Block {
    /// Opens the block at `path`, if it is there.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let damaged =
            || io::Error::other(format!("{} is damaged; remove the index", path.display()));
        let mut front = [0; 24];
        file.read_exact_at(&mut front, 0).map_err(|_| damaged())?;
        let part = |number: usize| {
            let at = 8 + 4 * number;
            let bytes: Option<[u8; 4]> =
                front.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, |bytes| u64::from(u32::from_be_bytes(bytes)))
        };
        let (head, entries, postings, usage) = (part(0), part(1), part(2), part(3));
        let end = FRONT + head + entries + postings + usage;
        if !front.starts_with(MAGIC) || file.metadata()?.len() != end || entries % ENTRY != 0 {
            return Err(damaged());
        }
        let text = piece(&file, FRONT, head)?;
        let members = minicbor::decode(&text).map_err(|_| damaged())?;
        let entries_at = FRONT + head;
        let postings_at = entries_at + entries;
        let usage_at = postings_at + postings;
        let entries = entries / ENTRY;
        Ok(Some(Self { file, members, entries, entries_at, postings_at, usage_at, end }))
    }

    /// The members that have a value of that hash, ascending.
    pub(super) fn find(&self, hash: u64) -> io::Result<Vec<u32>> {
        let (mut low, mut high) = (0, self.entries);
        while low < high {
            let middle = low.midpoint(high);
            let (found, from) = self.entry(middle)?;
            match found.cmp(&hash) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    let to = if middle + 1 < self.entries {
                        self.entry(middle + 1)?.1
                    } else {
                        self.usage_at - self.postings_at
                    };
                    return self.postings(from, to);
                }
            }
        }
        Ok(Vec::new())
    }

    fn entry(&self, number: u64) -> io::Result<(u64, u64)> {
        let mut bytes = [0; 12];
        self.file.read_exact_at(&mut bytes, self.entries_at + number * ENTRY)?;
        let (hash, at) = bytes.split_at(8);
        let hash = hash.try_into().map_or(0, u64::from_be_bytes);
        Ok((hash, at.try_into().map_or(0, |at| u64::from(u32::from_be_bytes(at)))))
    }

    fn postings(&self, from: u64, to: u64) -> io::Result<Vec<u32>> {
        // No more is read than there is, whatever the entries say.
        let to = to.min(self.usage_at - self.postings_at);
        let bytes = piece(&self.file, self.postings_at + from, to.saturating_sub(from))?;
        let (mut members, mut last, mut number, mut shift) = (Vec::new(), 0_u32, 0_u32, 0_u32);
        for byte in bytes {
            number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift = shift.saturating_add(7);
            if byte & 0x80 == 0 {
                last = last.saturating_add(number);
                members.push(last);
                (number, shift) = (0, 0);
            }
        }
        Ok(members)
    }

    pub(super) fn hashes(&self) -> io::Result<Vec<u64>> {
        let bytes = piece(&self.file, self.entries_at, self.entries * ENTRY)?;
        let hash = |entry: &[u8]| {
            let hash = entry.get(..8).and_then(|hash| hash.try_into().ok());
            hash.map_or(0, u64::from_be_bytes)
        };
        Ok(bytes.chunks(12).map(hash).collect())
    }

    /// How often keys were used.
    pub(super) fn usage(&self) -> io::Result<Usage> {
        let bytes = piece(&self.file, self.usage_at, self.end - self.usage_at)?;
        minicbor::decode(&bytes).map_err(|why| io::Error::other(why.to_string()))
    }

    /// What this is as a member of the level above.
    pub(super) fn summary(&self, name: String) -> Member {
        let oldest = self.members.iter().map(|member| member.oldest).min();
        let newest = self.members.iter().map(|member| member.newest).max();
        Member {
            name,
            oldest: oldest.unwrap_or(i64::MAX),
            newest: newest.unwrap_or(i64::MIN),
            records: self.members.iter().fold(0, |sum, it| sum.saturating_add(it.records)),
            from: 0,
            to: 0,
        }
    }
}

fn piece(file: &File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::Count;
    use super::*;
    use proptest::prelude::*;

    fn member(number: u32) -> Member {
        let time = i64::from(number);
        Member {
            name: number.to_string(),
            oldest: time,
            newest: time + 1,
            records: 1,
            from: 0,
            to: 9,
        }
    }

    #[test]
    fn numbers_of_whoever_wrote_the_file_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("block");
        let most = Member { records: u64::MAX, ..member(0) };
        let mut draft = Draft { members: vec![most.clone(), most], ..Draft::default() };
        draft.usage.put("key", "Decrypt", Count { served: 1, refused: 0 });
        draft.note(0, 1);
        draft.note(1, 1);
        draft.write(&path).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        // The second of two entries says that its postings begin, and so the first's end, far beyond.
        let entries = 24 + minicbor::to_vec(&draft.members).unwrap().len();
        bytes[entries + 20..entries + 24].fill(0xff);
        fs::write(&path, bytes).unwrap();
        let block = Block::open(&path).unwrap().unwrap();
        assert_eq!(block.find(0).unwrap(), [1, 2]);
        assert!(block.find(1).unwrap().is_empty());
        assert_eq!(block.summary(String::new()).records, u64::MAX);
        let mut usage = block.usage().unwrap();
        let counts = usage.keys.get_mut("key").unwrap().get_mut("Decrypt").unwrap();
        counts.served = u64::MAX;
        let other = usage.clone();
        usage.add(&other);
        assert_eq!(usage, other);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_was_noted_is_found(notes in proptest::collection::vec((0_u64..40, 0_u32..300), 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("block");
            let mut notes = notes;
            notes.sort_by_key(|note| note.1);
            let mut draft = Draft { members: (0..300).map(member).collect(), ..Draft::default() };
            notes.iter().for_each(|(hash, member)| draft.note(*hash, *member));
            draft.write(&path).unwrap();
            let block = Block::open(&path).unwrap().unwrap();
            prop_assert_eq!(&block.members, &draft.members);
            for hash in 0..41 {
                let mut expected: Vec<u32> =
                    notes.iter().filter(|note| note.0 == hash).map(|note| note.1).collect();
                expected.dedup();
                prop_assert_eq!(block.find(hash).unwrap(), expected);
            }
        }

        #[test]
        fn damage_is_told_and_never_a_panic(at in 0_usize..400, byte: u8, cut in 0_usize..400) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("block");
            let mut draft = Draft { members: (0..9).map(member).collect(), ..Draft::default() };
            (0..9).for_each(|n| draft.note(u64::from(n), n));
            draft.write(&path).unwrap();
            let mut bytes = fs::read(&path).unwrap();
            if let Some(place) = bytes.get_mut(at) { *place = byte; }
            bytes.truncate(cut.max(1));
            fs::write(&path, bytes).unwrap();
            if let Ok(Some(block)) = Block::open(&path) {
                let _ = (block.find(3), block.usage(), block.hashes());
            }
        }
    }
}
