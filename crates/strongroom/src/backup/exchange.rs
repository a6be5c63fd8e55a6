//! A restored store and journal in the place of others, which are kept. There is a store at every
//! moment, with the root key that its mark names, and an old store beside the new journal does not
//! open.

use crate::root_file::{Kept, RootFiles};
use crate::terminal::Failure;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use strongroom_storage::dir;
use strongroom_types::Timestamp;

/// What is exchanged for what.
pub(super) struct Exchange<'a> {
    new: &'a Path,
    old: &'a Path,
    fingerprint: &'a str,
    /// The new root key, if it is another one, or kept in another way.
    root: Option<&'a Kept>,
    /// Where the old ones are kept.
    pub(super) kept: PathBuf,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        new: &'a Path,
        old: &'a Path,
        (fingerprint, root): (&'a str, Option<&'a Kept>),
        now: Timestamp,
    ) -> Self {
        let stamp: String = now.civil().to_string();
        let stamp: String = stamp.chars().filter(char::is_ascii_alphanumeric).collect();
        let kept = old.join(format!("before-restore-{stamp}"));
        Self { new, old, fingerprint, root, kept }
    }

    /// Keeps what is there under other names, and puts the new root key beside the old one. Nothing
    /// changes by it yet.
    pub(super) fn prepare(&self) -> Result<(), Failure> {
        self.link().map_err(|why| Failure::of(self.kept.display(), why))?;
        match self.root {
            Some(root) => RootFiles(self.old).stage(root),
            None => Ok(()),
        }
    }

    fn link(&self) -> std::io::Result<()> {
        let _ = dir::create_private_dir(&self.kept)?;
        let link = |name: &str| match std::fs::hard_link(self.old.join(name), self.kept.join(name))
        {
            Err(why) if why.kind() != ErrorKind::NotFound => Err(why),
            _ => Ok(()),
        };
        // A store without its root key would be kept for nothing.
        ["store.db", "root.key", "root-key.toml"].into_iter().try_for_each(link)?;
        dir::sync_dir(&self.kept)
    }

    /// Exchanges them.
    pub(super) fn perform(&self) -> Result<(), Failure> {
        STEPS.iter().try_for_each(|step| step(self))
    }

    fn files(&self, done: std::io::Result<()>) -> Result<(), Failure> {
        done.map_err(|why| Failure::of(self.old.display(), why))
    }

    /// A clock for tests that runs ahead of both.
    fn clock(&self) -> Result<(), Failure> {
        self.files(unless_missing(self.rename("dev-clock")))
    }

    /// The journal, and what is there of the old store after a crash only.
    fn keep_journal(&self) -> Result<(), Failure> {
        let keep =
            |name: &str| unless_missing(std::fs::rename(self.old.join(name), self.kept.join(name)));
        let kept = ["store.db-wal", "store.db-shm", "journal"].into_iter().try_for_each(keep);
        self.files(kept.and_then(|()| dir::sync_dir(&self.kept)))
    }

    fn journal(&self) -> Result<(), Failure> {
        self.files(self.rename("journal").and_then(|()| dir::sync_dir(self.old)))
    }

    fn store(&self) -> Result<(), Failure> {
        self.files(self.rename("store.db").and_then(|()| dir::sync_dir(self.old)))
    }

    fn root_key(&self) -> Result<(), Failure> {
        RootFiles(self.old).settle(self.fingerprint)
    }

    fn trail(&self) -> Result<(), Failure> {
        let added = add_files(&self.new.join("trail"), &self.old.join("trail"));
        self.files(added.and_then(|()| dir::sync_dir(self.old)))
    }

    fn rename(&self, name: &str) -> std::io::Result<()> {
        std::fs::rename(self.new.join(name), self.old.join(name))
    }
}

type Step = fn(&Exchange<'_>) -> Result<(), Failure>;

/// The steps, in their order; whoever is killed between two leaves the store with its root key.
const STEPS: [Step; 6] = [
    |own| own.clock(),
    |own| own.keep_journal(),
    |own| own.journal(),
    |own| own.store(),
    |own| own.root_key(),
    |own| own.trail(),
];

fn unless_missing(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Moves the files below `new` that are not below `old`.
fn add_files(new: &Path, old: &Path) -> std::io::Result<()> {
    let entries = match new.read_dir() {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let place = old.join(entry.file_name());
        if entry.file_type()?.is_dir() && place.is_dir() {
            add_files(&entry.path(), &place)?;
        } else if !place.exists() {
            let _ = dir::create_private_dir(old)?;
            std::fs::rename(entry.path(), &place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use strongroom_crypto::SecretKey;

    const NOW: Timestamp = Timestamp::from_millis(1_795_329_425_123);

    fn key(byte: u8) -> Kept {
        Kept::Plain(SecretKey::from_slice(&[byte; 32]).unwrap())
    }

    /// A directory whose store is its mark.
    fn directory(path: &Path, root: &Kept) {
        std::fs::create_dir_all(path.join("journal")).unwrap();
        std::fs::write(path.join("journal/1"), root.fingerprint().unwrap()).unwrap();
        std::fs::write(path.join("store.db"), root.fingerprint().unwrap()).unwrap();
    }

    #[test]
    fn whoever_is_killed_on_the_way_has_the_root_key_that_the_store_names() {
        for steps in 0..=STEPS.len() {
            let outer = tempfile::tempdir().unwrap();
            let (new, old) = (outer.path().join("new"), outer.path().join("old"));
            let (before, after) = (key(1), key(2));
            directory(&old, &before);
            directory(&new, &after);
            RootFiles(&old).begin(&before).unwrap();
            let fingerprint = after.fingerprint().unwrap();
            let exchange = Exchange::new(&new, &old, (&fingerprint, Some(&after)), NOW);
            exchange.prepare().unwrap();
            STEPS.iter().take(steps).try_for_each(|step| step(&exchange)).unwrap();
            let mark = std::fs::read_to_string(old.join("store.db")).unwrap();
            let current = RootFiles(&old).current(|| Ok(Some(mark.clone()))).unwrap().unwrap();
            assert_eq!(current.fingerprint().unwrap(), mark, "{steps}");
            let expected = if steps < 4 { &before } else { &after };
            assert_eq!(mark, expected.fingerprint().unwrap(), "{steps}");
            // What was there before is kept, its root key too.
            let kept = RootFiles(&exchange.kept).current(|| Ok(None)).unwrap().unwrap();
            assert_eq!(kept.fingerprint().unwrap(), before.fingerprint().unwrap());
            let store = std::fs::read_to_string(exchange.kept.join("store.db")).unwrap();
            assert_eq!(store, before.fingerprint().unwrap());
        }
    }

    #[test]
    fn the_root_key_of_the_directory_stays_as_it_is() {
        let outer = tempfile::tempdir().unwrap();
        let (new, old) = (outer.path().join("new"), outer.path().join("old"));
        directory(&old, &key(1));
        directory(&new, &key(1));
        RootFiles(&old).begin(&key(1)).unwrap();
        let fingerprint = key(1).fingerprint().unwrap();
        let exchange = Exchange::new(&new, &old, (&fingerprint, None), NOW);
        exchange.prepare().unwrap();
        exchange.perform().unwrap();
        assert!(old.join("root.key").exists());
        assert!(exchange.kept.join("journal/1").exists() && old.join("journal/1").exists());
    }
}
