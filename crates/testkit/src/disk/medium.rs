//! What is on the medium, and what might be after a power cut.

use super::Call;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a power cut left: files by their paths.
pub type Image = BTreeMap<String, Vec<u8>>;

/// What becomes of writes that were not synced when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// None is there.
    Nothing,
    /// All are there.
    Everything,
    /// Those up to some point are there, the last of them in part.
    Torn,
    /// Any of them are there, whole.
    Writes,
    /// Any of their pages of 4,096 bytes.
    Pages,
    /// Any of their sectors of 512 bytes.
    Sectors,
}

impl Damage {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Nothing, Self::Everything, Self::Torn, Self::Writes, Self::Pages, Self::Sectors];
}

/// Numbers that look random and are the same each time.
pub struct Dice(u64);

impl Dice {
    /// The numbers of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, below `bound`.
    ///
    /// # Panics
    /// When `bound` is zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).expect("a bound")).expect("below it")
    }

    fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write(at, data) => put(to, *at, data),
            Self::Cut(length) => to.resize(*length, 0),
        }
    }
}

#[derive(Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Naming {
    Add(String, usize),
    Remove(String),
    Move(String, String),
}

/// A disk that has seen some calls.
#[derive(Clone, Default)]
pub struct Medium {
    files: Vec<File>,
    directories: BTreeSet<String>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<Naming>,
    /// Of files whose names begin so, syncs are acknowledged and not done.
    liar: Option<&'static str>,
}

impl Medium {
    /// From now on, syncs of files whose paths begin with `prefix` are acknowledged and not done.
    pub fn lie_about(&mut self, prefix: &'static str) {
        self.liar = Some(prefix);
    }

    /// Takes a call over.
    ///
    /// # Panics
    /// When it is about a file that is not there.
    pub fn take(&mut self, call: &Call) {
        match call {
            Call::Create(path) => {
                self.files.push(File::default());
                let file = self.files.len() - 1;
                self.names.insert(path.clone(), file);
                self.pending_names.push(Naming::Add(path.clone(), file));
            }
            Call::Write { path, at, data } => {
                self.file(path).pending.push(Change::Write(*at, data.clone()));
            }
            Call::Cut { path, length } => self.file(path).pending.push(Change::Cut(*length)),
            Call::Unlink(path) => {
                self.names.remove(path);
                self.pending_names.push(Naming::Remove(path.clone()));
            }
            Call::Rename(from, to) => {
                let file = self.names.remove(from).expect("what is renamed is there");
                self.names.insert(to.clone(), file);
                self.pending_names.push(Naming::Move(from.clone(), to.clone()));
            }
            Call::Directory(path) => drop(self.directories.insert(path.clone())),
            Call::Sync(path) if path.is_empty() || self.directories.contains(path) => {
                self.sync_names(path);
            }
            Call::Sync(path) if self.liar.is_some_and(|liar| path.starts_with(liar)) => {}
            Call::Sync(path) => {
                let file = self.file(path);
                for change in std::mem::take(&mut file.pending) {
                    change.apply(&mut file.durable);
                }
            }
        }
    }

    fn file(&mut self, path: &str) -> &mut File {
        let at = *self.names.get(path).unwrap_or_else(|| panic!("no file {path}"));
        self.files.get_mut(at).expect("a file with a name")
    }

    fn sync_names(&mut self, directory: &str) {
        let parent =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(p, _)| p.to_owned());
        let within = |naming: &Naming| match naming {
            Naming::Add(path, _) | Naming::Remove(path) | Naming::Move(path, _) => {
                parent(path) == directory
            }
        };
        let (done, left) = std::mem::take(&mut self.pending_names).into_iter().partition(within);
        self.pending_names = left;
        let done: Vec<Naming> = done;
        done.iter().for_each(|naming| name(&mut self.durable_names, naming));
    }

    /// What a power cut now might leave.
    #[must_use]
    pub fn after_power_cut(&self, damage: Damage, dice: &mut Dice) -> Image {
        let mut names = self.durable_names.clone();
        let kept = match damage {
            Damage::Nothing => 0,
            Damage::Everything => self.pending_names.len(),
            _ => dice.below(self.pending_names.len() + 1),
        };
        self.pending_names.iter().take(kept).for_each(|naming| name(&mut names, naming));
        let contents = |(path, at): (String, usize)| {
            let file = self.files.get(at).cloned().unwrap_or_default();
            let mut bytes = file.after(damage, dice);
            if path.ends_with("-shm") {
                // Mapped into memory and never synced: anything may be in it.
                bytes
                    .iter_mut()
                    .for_each(|byte| *byte = u8::try_from(dice.below(256)).unwrap_or(0));
            }
            (path, bytes)
        };
        names.into_iter().map(contents).collect()
    }
}

impl File {
    fn after(self, damage: Damage, dice: &mut Dice) -> Vec<u8> {
        let Self { durable: mut bytes, pending } = self;
        let last = dice.below(pending.len() + 1);
        for (number, change) in pending.iter().enumerate() {
            match (damage, change) {
                (Damage::Nothing, _) => {}
                (Damage::Everything, change) => change.apply(&mut bytes),
                (Damage::Torn, change) if number < last => change.apply(&mut bytes),
                (Damage::Torn, Change::Write(at, data)) if number == last => {
                    let most = data.len() / 512 + 1;
                    let end = (dice.below(most) * 512).saturating_sub(at % 512).min(data.len());
                    put(&mut bytes, *at, data.get(..end).unwrap_or_default());
                }
                (Damage::Torn, _) => {}
                (Damage::Pages, Change::Write(at, data)) => {
                    in_pieces(&mut bytes, *at, data, 4096, dice);
                }
                (Damage::Sectors, Change::Write(at, data)) => {
                    in_pieces(&mut bytes, *at, data, 512, dice);
                }
                (_, change) => {
                    if dice.coin() {
                        change.apply(&mut bytes);
                    }
                }
            }
        }
        bytes
    }
}

/// Writes some of the pieces of `data` that end at multiples of `size`.
fn in_pieces(bytes: &mut Vec<u8>, at: usize, data: &[u8], size: usize, dice: &mut Dice) {
    let mut from = 0;
    while from < data.len() {
        let end = (from + size - (at + from) % size).min(data.len());
        if dice.coin() {
            put(bytes, at + from, data.get(from..end).unwrap_or_default());
        }
        from = end;
    }
}

fn put(to: &mut Vec<u8>, at: usize, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    let end = at + data.len();
    if to.len() < end {
        to.resize(end, 0);
    }
    to.get_mut(at..end).expect("it was made long enough").copy_from_slice(data);
}

fn name(names: &mut BTreeMap<String, usize>, naming: &Naming) {
    match naming {
        Naming::Add(path, file) => drop(names.insert(path.clone(), *file)),
        Naming::Remove(path) => drop(names.remove(path)),
        Naming::Move(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
    }
}

/// Puts `image` into the empty directory at `path`.
///
/// # Panics
/// When there is no room.
pub(super) fn write(image: &Image, path: &Path) {
    for (name, bytes) in image {
        let file = path.join(name);
        let parent = file.parent().expect("it is in the directory");
        std::fs::create_dir_all(parent).expect("a directory");
        std::fs::write(&file, bytes).expect("room for the image");
    }
}
