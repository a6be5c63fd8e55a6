//! A large private file that is there whole or not at all.

use crate::dir;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file in the making, of mode 0600: it is collected beside its place, in
/// `<path>.<suffix>.tmp`, and gets its name once it is whole and durable. Dropped before, it is
/// removed.
pub struct NewFile {
    file: File,
    path: PathBuf,
    temporary: PathBuf,
    replaces: bool,
}

impl NewFile {
    /// Begins the file that shall be at `path`. `suffix` is nobody else's, nor of a process that ended
    /// before it was done. Unless it `replaces` what is there by then,
    /// [`NewFile::finish`] fails where something is.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path, suffix: &str, replaces: bool) -> io::Result<Self> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{suffix}.tmp"));
        let temporary = PathBuf::from(temporary);
        let file = dir::create_file(&temporary)?;
        Ok(Self { file, path: path.to_owned(), temporary, replaces })
    }

    /// Makes the file durable and gives it its name.
    ///
    /// # Errors
    /// When the medium fails, or there is something under its name that it does not replace.
    pub fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        if self.replaces {
            fs::rename(&self.temporary, &self.path)?;
        } else {
            rename_new(&self.temporary, &self.path)?;
        }
        dir::sync_dir(dir::parent(&self.path))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // Once it has its name there is nothing under this one.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Gives `from` the name `to`, which must be free. A file system that cannot say so at once is asked
/// twice.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) if !to.exists() => fs::rename(from, to),
        Err(Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::AlreadyExists.into()),
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_seen_when_it_is_whole() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("file");
        let mut file = NewFile::create(&path, "1", false).unwrap();
        file.write_all(b"content").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(names(outer.path()), ["file"]);
        drop(NewFile::create(&path, "1", true).unwrap());
        assert_eq!(names(outer.path()), ["file"]);
    }

    #[test]
    fn it_replaces_another_only_if_it_shall() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("file");
        let file = NewFile::create(&path, "1", false).unwrap();
        fs::write(&path, b"another").unwrap();
        assert_eq!(file.finish().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"another");
        assert_eq!(names(outer.path()), ["file"]);
        NewFile::create(&path, "1", true).unwrap().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
}
