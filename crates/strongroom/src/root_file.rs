//! The files of the root key in a data directory, and how one takes another's place: the new one is
//! staged beside, the store is changed in one commit, and then it takes its name. The fingerprint in
//! the store tells whoever comes after a crash how far that had gone.

use crate::terminal::Failure;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use strongroom_crypto::{SecretBytes, SecretKey};
use strongroom_keys::{LocalRootKey, RootKey};
use strongroom_rootkeys::KeyFile;
use strongroom_storage::dir::{ReadError, read_private, rename_private, write_private};

/// What the file of a plain root key begins with.
const TITLE: &str = "strongroom root key v1";
/// The longest of these files, bytes.
const MAX_FILE: u64 = 16 * 1024;
const PLAIN: &str = "root.key";
const WRAPPED: &str = "root-key.toml";
/// What follows the name of one that is about to come into force, before its fingerprint.
const NEXT: &str = ".next-";

/// A root key as its file has it.
pub(crate) enum Kept {
    /// In the clear: whoever has the file has the key.
    Plain(SecretKey),
    /// Wrapped by a provider.
    Wrapped(KeyFile),
}

impl Kept {
    /// The root key's fingerprint.
    pub(crate) fn fingerprint(&self) -> Result<String, Failure> {
        match self {
            Self::Plain(key) => Ok(local(key)?.fingerprint().to_owned()),
            Self::Wrapped(file) => Ok(file.fingerprint.clone()),
        }
    }

    /// The provider's name, as `--root-key` takes it.
    pub(crate) fn provider(&self) -> &'static str {
        match self {
            Self::Plain(_) => "file",
            Self::Wrapped(file) => file.provider.name(),
        }
    }

    /// The files that are read to open it, beside its own.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::Wrapped(file) => file.provider.files(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => PLAIN,
            Self::Wrapped(_) => WRAPPED,
        }
    }

    fn text(&self) -> Result<SecretBytes, Failure> {
        match self {
            Self::Plain(key) => Ok(plain_text(key)),
            Self::Wrapped(file) => {
                let text = file.to_text().map_err(|why| Failure::new(why.to_string()))?;
                Ok(SecretBytes::new(text.into_bytes()))
            }
        }
    }
}

/// The root key of these bytes, which are copied.
pub(crate) fn local(key: &SecretKey) -> Result<LocalRootKey, Failure> {
    LocalRootKey::copy_of(key).map_err(|why| Failure::new(why.to_string()))
}

/// What the name of a file ends with that is being written.
const UNFINISHED: &str = ".tmp";

/// The files of one directory. Beside the one in force there may be others for a while, each with its
/// fingerprint in its name; none is removed before the store durably names another.
pub(crate) struct RootFiles<'a>(pub(crate) &'a Path);

impl RootFiles<'_> {
    /// The root key that is in force: the only one that is there, or the one that `mark`, the
    /// fingerprint in the store, names. `mark` is read if there are several.
    pub(crate) fn current(
        &self,
        mark: impl FnOnce() -> Result<Option<String>, Failure>,
    ) -> Result<Option<Kept>, Failure> {
        let names = self.names()?;
        if let [name] = names.as_slice()
            && is_final(name)
        {
            return self.read(name);
        }
        let Some(mark) = mark()? else {
            // Without a store nothing hangs from any of them.
            let first = names.iter().find(|name| is_final(name));
            return first.map_or(Ok(None), |name| self.read(name));
        };
        let mut found = Vec::new();
        for name in &names {
            match self.read(name) {
                Ok(Some(kept)) if kept.fingerprint()? == mark => found.push((name, kept)),
                Err(why) if is_final(name) && names.len() == 1 => return Err(why),
                // What a crash left of one that never came into force.
                _ => {}
            }
        }
        match found.len() {
            0 | 1 => Ok(found.pop().map(|(_, kept)| kept)),
            _ => Err(self.ambiguous(found.iter().map(|(name, _)| name.as_str()))),
        }
    }

    /// Writes `kept` beside the one in force. It is durable when this returns.
    pub(crate) fn stage(&self, kept: &Kept) -> Result<(), Failure> {
        let path = self.path(&staged(kept.name(), &kept.fingerprint()?));
        let text = kept.text()?;
        write_private(&path, text.expose()).map_err(|why| Failure::of(path.display(), why))
    }

    /// Gives the root key of this fingerprint its name, and removes all others. The store must name it
    /// durably.
    pub(crate) fn settle(&self, mark: &str) -> Result<(), Failure> {
        let names = self.names()?;
        for name in [WRAPPED, PLAIN] {
            let staged = staged(name, mark);
            if names.contains(&staged) {
                let to = self.path(name);
                rename_private(&self.path(&staged), &to)
                    .map_err(|why| Failure::of(to.display(), why))?;
            }
        }
        for name in self.names()? {
            let kept = self.read(&name);
            if !matches!(&kept, Ok(Some(kept)) if kept.fingerprint()? == mark) {
                self.remove(&name)?;
            }
        }
        let is_unfinished = |name: &&String| name.ends_with(UNFINISHED);
        self.entries()?.iter().filter(is_unfinished).try_for_each(|name| self.remove(name))
    }

    /// Writes the first root key of a directory.
    pub(crate) fn begin(&self, kept: &Kept) -> Result<(), Failure> {
        let path = self.path(kept.name());
        let text = kept.text()?;
        write_private(&path, text.expose()).map_err(|why| Failure::of(path.display(), why))
    }

    /// The names of all that are there.
    fn names(&self) -> Result<Vec<String>, Failure> {
        let mut names = self.entries()?;
        names.retain(|name| {
            let is_staged = [WRAPPED, PLAIN].iter().any(|own| {
                let rest = name.strip_prefix(own).and_then(|rest| rest.strip_prefix(NEXT));
                rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
            });
            is_final(name) || is_staged
        });
        names.sort_unstable();
        Ok(names)
    }

    /// The names of all that begin like one, also of what was not written to its end.
    fn entries(&self) -> Result<Vec<String>, Failure> {
        let failed = |why: std::io::Error| Failure::of(self.0.display(), why);
        let entries = match std::fs::read_dir(self.0) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if [WRAPPED, PLAIN].iter().any(|own| name.starts_with(own)) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn ambiguous<'n>(&self, names: impl Iterator<Item = &'n str>) -> Failure {
        let names: Vec<&str> = names.collect();
        Failure::new(format!(
            "{}: {} say how the same root key is opened; remove the one that is not yours",
            self.0.display(),
            names.join(" and ")
        ))
    }

    fn read(&self, name: &str) -> Result<Option<Kept>, Failure> {
        let path = self.path(name);
        let bytes = match read_private(&path, MAX_FILE) {
            Ok(bytes) => SecretBytes::new(bytes),
            Err(ReadError::Io(why)) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(Failure::of(path.display(), why)),
        };
        if name.starts_with(PLAIN) {
            return parse_plain(&path, &bytes).map(Kept::Plain).map(Some);
        }
        let text = std::str::from_utf8(bytes.expose()).unwrap_or_default();
        let file = KeyFile::parse(text).map_err(|why| Failure::of(path.display(), why))?;
        Ok(Some(Kept::Wrapped(file)))
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        let path = self.path(name);
        match std::fs::remove_file(&path) {
            Err(why) if why.kind() != ErrorKind::NotFound => Err(Failure::of(path.display(), why)),
            _ => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// The name of one that is about to come into force.
fn staged(name: &str, fingerprint: &str) -> String {
    format!("{name}{NEXT}{fingerprint}")
}

fn is_final(name: &str) -> bool {
    [WRAPPED, PLAIN].contains(&name)
}

fn plain_text(key: &SecretKey) -> SecretBytes {
    let base64 = base64_simd::STANDARD;
    let mut encoded = SecretBytes::zeroed(base64.encoded_length(SecretKey::LEN));
    let _ = base64.encode(key.expose(), base64_simd::Out::from_slice(encoded.expose_mut()));
    let mut text = Vec::with_capacity(TITLE.len() + encoded.len() + 2);
    for part in [TITLE.as_bytes(), b"\n", encoded.expose(), b"\n"] {
        text.extend_from_slice(part);
    }
    SecretBytes::new(text)
}

/// The plain root key in a file.
pub(crate) fn read_plain(path: &Path) -> Result<SecretKey, Failure> {
    let text = read_private(path, MAX_FILE).map_err(|why| Failure::of(path.display(), why))?;
    parse_plain(path, &SecretBytes::new(text))
}

pub(crate) fn parse_plain(path: &Path, text: &SecretBytes) -> Result<SecretKey, Failure> {
    let bad = || {
        Failure::new(format!(
            "{} is not a root key file: it has two lines, `{TITLE}` and 32 bytes in base64",
            path.display()
        ))
    };
    let rest = text.expose().strip_prefix(TITLE.as_bytes()).ok_or_else(bad)?;
    let decoded = base64_simd::STANDARD.decode_to_vec(rest.trim_ascii()).map_err(|_| bad())?;
    SecretKey::from_slice(SecretBytes::new(decoded).expose()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use strongroom_crypto::SystemEntropy;
    use strongroom_rootkeys::{Opener, Passphrase, Provider};

    fn plain(byte: u8) -> Kept {
        Kept::Plain(SecretKey::from_slice(&[byte; 32]).unwrap())
    }

    fn wrapped(byte: u8) -> Kept {
        let root = SecretKey::from_slice(&[byte; 32]).unwrap();
        let provider = Provider::Passphrase(Passphrase::new(&SystemEntropy).unwrap());
        let passphrase = SecretBytes::new(b"a passphrase of tests".to_vec());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let made = provider.wrap(&root, Opener::Secret(&passphrase), &SystemEntropy);
        Kept::Wrapped(runtime.block_on(made).unwrap().0)
    }

    /// Every place where the process may end on the way from one root key to the other, whatever kind
    /// each is of: the one that the store names is found afterwards, alone.
    #[test]
    fn whoever_is_killed_on_the_way_is_left_with_the_key_that_the_store_names() {
        for (before, after) in [
            (plain(1), plain(2)),
            (plain(1), wrapped(2)),
            (wrapped(1), plain(2)),
            (wrapped(1), wrapped(2)),
        ] {
            let (old, new) = (before.fingerprint().unwrap(), after.fingerprint().unwrap());
            for killed in 0..5 {
                let place = tempfile::tempdir().unwrap();
                let files = RootFiles(place.path());
                files.begin(&before).unwrap();
                let mut mark = old.clone();
                if killed > 0 {
                    // Another one that came to nothing.
                    files.stage(&plain(9)).unwrap();
                    let unfinished = format!("{}.tmp", staged(PLAIN, "0123"));
                    std::fs::write(files.path(&unfinished), "").unwrap();
                }
                if killed > 1 {
                    files.stage(&after).unwrap();
                }
                if killed > 2 {
                    mark.clone_from(&new);
                }
                if killed > 3 {
                    // Renamed, and the one before is still there.
                    let from = files.path(&staged(after.name(), &new));
                    std::fs::rename(from, files.path(after.name())).unwrap();
                }
                for settled in [false, true] {
                    let found = files.current(|| Ok(Some(mark.clone()))).unwrap().unwrap();
                    assert_eq!(found.fingerprint().unwrap(), mark, "killed at {killed}");
                    if !settled {
                        files.settle(&mark).unwrap();
                    }
                }
                let left = std::fs::read_dir(place.path()).unwrap().count();
                assert_eq!(left, 1, "killed at {killed}");
            }
        }
    }

    #[test]
    fn two_files_of_one_root_key_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let files = RootFiles(place.path());
        files.begin(&plain(1)).unwrap();
        files.begin(&wrapped(1)).unwrap();
        let mark = plain(1).fingerprint().unwrap();
        assert!(files.current(|| Ok(Some(mark))).is_err());
    }

    #[test]
    fn a_file_that_others_may_read_is_no_secret() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let files = RootFiles(place.path());
        assert!(files.current(|| Ok(None)).unwrap().is_none());
        files.begin(&plain(1)).unwrap();
        let path = place.path().join(PLAIN);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(files.current(|| Ok(None)).is_err());
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "strongroom root key v1\nAAAA\n").unwrap();
        assert!(files.current(|| Ok(None)).is_err());
    }
}
