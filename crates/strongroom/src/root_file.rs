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

/// The files of one directory.
pub(crate) struct RootFiles<'a>(pub(crate) &'a Path);

impl RootFiles<'_> {
    /// The root key that is there.
    pub(crate) fn current(&self) -> Result<Option<Kept>, Failure> {
        match self.read(WRAPPED)? {
            Some(kept) => Ok(Some(kept)),
            None => self.read(PLAIN),
        }
    }

    /// Brings a change that was interrupted to its end, or takes it back: `mark` reads the
    /// fingerprint of the store's root key, and is called if something is to be decided.
    pub(crate) fn settle(
        &self,
        mark: impl FnOnce() -> Result<Option<String>, Failure>,
    ) -> Result<(), Failure> {
        let staged = [next(WRAPPED), next(PLAIN)].iter().any(|name| self.path(name).exists());
        let both = self.path(WRAPPED).exists() && self.path(PLAIN).exists();
        if !staged && !both {
            return Ok(());
        }
        // Without a store there is nothing yet that hangs from one.
        let Some(mark) = mark()? else { return Ok(()) };
        for name in [WRAPPED, PLAIN] {
            match self.read(&next(name))? {
                Some(kept) if kept.fingerprint()? == mark => self.install()?,
                Some(_) => self.remove(&next(name))?,
                None => {}
            }
        }
        let others = [(WRAPPED, PLAIN), (PLAIN, WRAPPED)];
        for (name, other) in others {
            let kept = self.read(name)?.map(|kept| kept.fingerprint()).transpose()?;
            if kept.as_ref() == Some(&mark) {
                return self.remove(other);
            }
        }
        Ok(())
    }

    /// Writes `kept` beside the one in force. It is durable when this returns.
    pub(crate) fn stage(&self, kept: &Kept) -> Result<(), Failure> {
        [WRAPPED, PLAIN].iter().try_for_each(|name| self.remove(&next(name)))?;
        let path = self.path(&next(kept.name()));
        let text = kept.text()?;
        write_private(&path, text.expose()).map_err(|why| Failure::of(path.display(), why))
    }

    /// Gives what was staged its name, and removes the one before.
    pub(crate) fn install(&self) -> Result<(), Failure> {
        for (name, other) in [(WRAPPED, PLAIN), (PLAIN, WRAPPED)] {
            let staged = self.path(&next(name));
            if staged.exists() {
                let to = self.path(name);
                rename_private(&staged, &to).map_err(|why| Failure::of(to.display(), why))?;
                self.remove(other)?;
            }
        }
        Ok(())
    }

    /// Writes the first root key of a directory.
    pub(crate) fn begin(&self, kept: &Kept) -> Result<(), Failure> {
        self.stage(kept)?;
        self.install()
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

fn next(name: &str) -> String {
    format!("{name}.next")
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
            for killed in 0..4 {
                let place = tempfile::tempdir().unwrap();
                let files = RootFiles(place.path());
                files.begin(&before).unwrap();
                let mut mark = old.clone();
                if killed > 0 {
                    files.stage(&after).unwrap();
                }
                if killed > 1 {
                    mark.clone_from(&new);
                }
                if killed > 2 {
                    // Renamed, and the one before is still there.
                    let staged = files.path(&next(after.name()));
                    std::fs::rename(staged, files.path(after.name())).unwrap();
                }
                files.settle(|| Ok(Some(mark.clone()))).unwrap();
                let found = files.current().unwrap().unwrap();
                assert_eq!(found.fingerprint().unwrap(), mark, "killed at {killed}");
                let left = std::fs::read_dir(place.path()).unwrap().count();
                assert_eq!(left, 1, "killed at {killed}");
            }
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_no_secret() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let files = RootFiles(place.path());
        assert!(files.current().unwrap().is_none());
        files.begin(&plain(1)).unwrap();
        let path = place.path().join(PLAIN);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(files.current().is_err());
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "strongroom root key v1\nAAAA\n").unwrap();
        assert!(files.current().is_err());
    }
}
