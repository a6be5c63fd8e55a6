//! Where a command writes: a file that is there whole under its name or not at all, or a pipe.
//!
//! A file has no name until it is whole and on the disk (`O_TMPFILE`, linkat(2)), so that whatever ends
//! the process leaves nothing behind. Where the file system cannot do that, it has a name of its own in
//! the same directory, which is removed on every failure and on the signals that end a process.

use super::exit::{Cause, Ended};
use super::input::Place;
use super::interrupted;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, fchown};
use std::path::{Path, PathBuf};
use strongroom_crypto::{Entropy, SystemEntropy};

/// What new files may be read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Whoever the umask lets: it is encrypted.
    Usual,
    /// Its owner only: it is a plaintext.
    Owner,
    /// Whoever may read the file that it replaces.
    Same { mode: u32, owner: u32, group: u32 },
}

impl Access {
    /// That of a file.
    pub(super) fn of(file: &Metadata) -> Self {
        Self::Same { mode: file.mode() & 0o7777, owner: file.uid(), group: file.gid() }
    }

    const fn mode(self) -> Mode {
        match self {
            Self::Usual => Mode::from_raw_mode(0o666),
            Self::Owner | Self::Same { .. } => Mode::from_raw_mode(0o600),
        }
    }

    /// Gives a new file what its making has not.
    fn grant(self, file: &File) -> io::Result<()> {
        let Self::Same { mode, owner, group } = self else { return Ok(()) };
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (owner, group) {
            let given = fchown(file, Some(owner), Some(group));
            given.map_err(|why| io::Error::other(format!("cannot keep its owner: {why}")))?;
        }
        // Last: a change of the owner takes bits away.
        rustix::fs::fchmod(file, Mode::from_raw_mode(mode))?;
        Ok(())
    }
}

/// An output that is being written. Dropped, it is as if it had never been begun.
pub(super) struct Output {
    file: File,
    name: PathBuf,
    kind: Kind,
    force: bool,
}

enum Kind {
    /// A pipe, a terminal or a device, where nothing can be taken back.
    Stream,
    /// A file without a name.
    Nameless,
    /// A file with a name that is not the final one.
    Named(PathBuf),
}

/// What is told of an output when something has failed.
pub(super) struct Told {
    pub(super) name: String,
    is_stream: bool,
}

impl Told {
    /// What is written to memory, or to nothing.
    pub(super) fn nowhere() -> Self {
        Self { name: "memory".to_owned(), is_stream: true }
    }
}

impl Output {
    /// Where a job is to write. `root` is what its command works on, and `standard` what standard output
    /// is to it.
    pub(super) fn at(
        to: &Place,
        root: &Path,
        force: bool,
        access: Access,
        standard: fn() -> Result<Self, Ended>,
    ) -> Result<Self, Ended> {
        match to {
            Place::Standard => standard(),
            Place::Named(path) => Self::named(path, force, access),
            Place::Derived(path) => {
                parents(path, root)?;
                Self::file(path, force, access)
            }
        }
    }

    /// Standard output, for a plaintext.
    pub(super) fn standard() -> Result<Self, Ended> {
        let name = PathBuf::from("standard output");
        let handle = rustix::io::dup(io::stdout());
        let file = handle.map_err(|why| Ended::of(Cause::Output, name.display(), why))?.into();
        Ok(Self { file, name, kind: Kind::Stream, force: false })
    }

    /// Standard output, for a message: on a terminal it would be of no use to anybody.
    pub(super) fn pipe() -> Result<Self, Ended> {
        match io::stdout().is_terminal() {
            true => {
                Err(Ended::new(Cause::Usage, "no message is written to a terminal: give --output"))
            }
            false => Self::standard(),
        }
    }

    /// What somebody has named: a pipe or a device is written to as it is, and else it is a file.
    pub(super) fn named(path: &Path, force: bool, access: Access) -> Result<Self, Ended> {
        let failed = |why: &dyn std::fmt::Display| Ended::of(Cause::Output, path.display(), why);
        let is_stream = |there: &Metadata| {
            let kind = there.file_type();
            kind.is_fifo() || kind.is_char_device()
        };
        if !std::fs::metadata(path).is_ok_and(|there| is_stream(&there)) {
            return match descriptor(path) {
                Some(_) => Err(failed(&"is an open file of this process, and no pipe")),
                None => Self::file(path, force, access),
            };
        }
        let file = File::options().write(true).open(path).map_err(|why| failed(&why))?;
        if !file.metadata().is_ok_and(|opened| is_stream(&opened)) {
            return Err(failed(&"is another file now"));
        }
        Ok(Self { file, name: path.to_owned(), kind: Kind::Stream, force })
    }

    /// A file that is not there yet, or with `force` takes the place of what is there. What is a pipe or
    /// a device is none: somebody else may have put it where a name was to be expected.
    pub(super) fn file(path: &Path, force: bool, access: Access) -> Result<Self, Ended> {
        let failed = |why: &dyn std::fmt::Display| Ended::of(Cause::Output, path.display(), why);
        if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(failed(&"is there already, and is no file"));
        }
        // A link counts as what it is, also one that leads nowhere.
        if !force && is_there(path) {
            return Err(failed(&"is there already; --force replaces it"));
        }
        if path.file_name().is_none() {
            return Err(failed(&"is no name of a file"));
        }
        let (file, kind) = create(path, access).map_err(|why| failed(&why))?;
        let output = Self { file, name: path.to_owned(), kind, force };
        access.grant(&output.file).map_err(|why| failed(&why))?;
        Ok(output)
    }

    /// Whether what is written can no more be taken back.
    pub(super) const fn is_stream(&self) -> bool {
        matches!(self.kind, Kind::Stream)
    }

    /// What is told of it.
    pub(super) fn told(&self) -> Told {
        Told { name: self.name.display().to_string(), is_stream: self.is_stream() }
    }

    /// It is whole: puts it on the disk and gives it its name.
    pub(super) fn commit(mut self) -> Result<(), Ended> {
        let done = self.publish();
        done.map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => {
                let why = "is there already; --force replaces it";
                Ended::of(Cause::Output, self.name.display(), why)
            }
            _ => failed(&self.told(), &why),
        })
    }

    fn publish(&mut self) -> io::Result<()> {
        match &self.kind {
            Kind::Stream => return self.file.flush(),
            Kind::Nameless | Kind::Named(_) => self.file.sync_all()?,
        }
        let named = match &self.kind {
            Kind::Named(path) => path.clone(),
            _ if !self.force => {
                link(&self.file, &self.name)?;
                return sync_directory(&self.name);
            }
            // A link does not replace: it takes a name beside, and then the final one.
            _ => {
                let beside = beside(&self.name)?;
                interrupted::expect(&beside);
                self.kind = Kind::Named(beside.clone());
                link(&self.file, &beside)?;
                beside
            }
        };
        if self.force {
            rustix::fs::rename(&named, &self.name)?;
        } else {
            rename_to_free(&named, &self.name)?;
        }
        self.kind = Kind::Nameless;
        interrupted::forget(&named);
        sync_directory(&self.name)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Kind::Named(path) = &self.kind {
            let _ = std::fs::remove_file(path);
            interrupted::forget(path);
        }
    }
}

/// Why writing failed, in words for who has typed the command.
pub(super) fn failed(to: &Told, why: &io::Error) -> Ended {
    let left = match to.is_stream {
        true => "what has left must not be used as if it were whole",
        false => "what was written is removed",
    };
    let text = match why.kind() {
        io::ErrorKind::StorageFull => format!("the disk is full; {left}"),
        io::ErrorKind::QuotaExceeded => format!("the quota is used up; {left}"),
        io::ErrorKind::BrokenPipe => "nobody reads it any more".to_owned(),
        _ => why.to_string(),
    };
    Ended::of(Cause::Output, &to.name, text)
}

/// Whether something has this name.
pub(super) fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// The number of the open file of this process that a path is a name of, as `/dev/stdout` is.
pub(super) fn descriptor(path: &Path) -> Option<u32> {
    let own = std::fs::canonicalize("/proc/self/fd").ok()?;
    let mut path = path.to_owned();
    // More links than these lead from no name that a system has for them.
    for _ in 0..8 {
        let parent = std::fs::canonicalize(directory(&path)).ok()?;
        if parent == own {
            return path.file_name()?.to_str()?.parse().ok();
        }
        path = parent.join(std::fs::read_link(&path).ok()?);
    }
    None
}

/// Makes the directories that `path` lies in, where it is one of the files of the directory `root`.
fn parents(path: &Path, root: &Path) -> Result<(), Ended> {
    if !root.is_dir() {
        return Ok(());
    }
    let directory = directory(path);
    let made = std::fs::create_dir_all(directory);
    made.map_err(|why| Ended::of(Cause::Output, directory.display(), why))
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn create(path: &Path, access: Access) -> io::Result<(File, Kind)> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let has_descriptors = Path::new("/proc/self/fd").exists();
    let nameless = rustix::fs::open(directory(path), flags, access.mode());
    match nameless {
        Ok(file) if has_descriptors => Ok((file.into(), Kind::Nameless)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => {
            Err(io::Error::other("its directory is not there, or may not be written to"))
        }
        // The file system, or the kernel, has no such files.
        _ => create_beside(path, access),
    }
}

fn create_beside(path: &Path, access: Access) -> io::Result<(File, Kind)> {
    let beside = beside(path)?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    interrupted::expect(&beside);
    match rustix::fs::open(&beside, flags | OFlags::NOFOLLOW, access.mode()) {
        Ok(file) => Ok((file.into(), Kind::Named(beside))),
        Err(why) => {
            interrupted::forget(&beside);
            Err(why.into())
        }
    }
}

/// A name in the same directory that nobody else has.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    SystemEntropy.fill(&mut random).map_err(io::Error::other)?;
    let suffix = strongroom_crypto::hash::hex(&random);
    Ok(directory(path).join(format!(".strongroom-{suffix}.tmp")))
}

fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let descriptor = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, descriptor, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// Gives a file a name that nobody has, and takes its own. Every file system with hard links can do
/// that; of those without (FAT), most rename to a free name only, if they are asked so.
fn rename_to_free(named: &Path, path: &Path) -> io::Result<()> {
    match rustix::fs::linkat(CWD, named, CWD, path, AtFlags::empty()) {
        Ok(()) => std::fs::remove_file(named),
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => rename_without_links(named, path),
        Err(why) => Err(why.into()),
    }
}

fn rename_without_links(named: &Path, path: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, named, CWD, path, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Err(io::Error::other(
            "its file system gives no name that is sure to be free; --force takes it all the same",
        )),
        done => Ok(done?),
    }
}

/// That the name is on the disk, too. Not every file system can do that for directories, and who may
/// write to one may not always read it: the file is whole under its name all the same.
fn sync_directory(path: &Path) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(directory(path), flags, Mode::empty());
    match opened.and_then(rustix::fs::fsync) {
        Err(Errno::INVAL | Errno::ACCESS | Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        done => Ok(done?),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let mut output = Output::file(&path, false, Access::Owner).unwrap();
        output.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(output);
        assert!(names(directory.path()).is_empty());

        let mut output = Output::file(&path, false, Access::Owner).unwrap();
        output.write_all(b"whole").unwrap();
        output.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn nothing_is_replaced_unless_it_shall_be() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        // It was made by somebody else in the meantime.
        let mut output = Output::file(&path, false, Access::Usual).unwrap();
        output.write_all(b"ours").unwrap();
        std::fs::write(&path, "theirs").unwrap();
        let refused = output.commit().unwrap_err();
        assert_eq!(refused.cause(), Cause::Output);
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert!(Output::file(&path, false, Access::Usual).is_err());

        let mut output = Output::file(&path, true, Access::Usual).unwrap();
        output.write_all(b"ours").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        output.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"ours");
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn links_and_other_things_are_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let (link, to) = (directory.path().join("link"), directory.path().join("to"));
        std::os::unix::fs::symlink(&to, &link).unwrap();
        assert!(Output::file(&link, false, Access::Usual).is_err(), "a link that leads nowhere");
        std::fs::write(&to, "kept").unwrap();
        let mut output = Output::file(&link, true, Access::Usual).unwrap();
        output.write_all(b"new").unwrap();
        output.commit().unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"kept");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_file());
        assert!(Output::file(directory.path(), true, Access::Usual).is_err());
        assert!(Output::file(&directory.path().join("no/a"), false, Access::Usual).is_err());
    }

    #[test]
    fn streams_are_written_to_where_somebody_names_them() {
        let null = Path::new("/dev/null");
        assert!(Output::named(null, false, Access::Usual).unwrap().is_stream());
        assert!(Output::file(null, true, Access::Usual).is_err());
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(Output::file(&pipe, false, Access::Owner).is_err());
        assert!(Output::file(&pipe, true, Access::Owner).is_err());

        let mut full = Output::named(Path::new("/dev/full"), false, Access::Usual).unwrap();
        let why = full.write_all(b"x").unwrap_err();
        let told = failed(&full.told(), &why).to_string();
        assert!(told.contains("disk is full") && told.contains("must not be used"), "{told}");
    }

    #[test]
    fn names_of_open_files_are_known() {
        assert_eq!(descriptor(Path::new("/dev/stdout")), Some(1));
        assert_eq!(descriptor(Path::new("/dev/fd/2")), Some(2));
        assert_eq!(descriptor(Path::new("/proc/self/fd/17")), Some(17));
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/dev/stdout", &link).unwrap();
        assert_eq!(descriptor(&link), Some(1));
        for other in ["/dev/null", "/dev/nothing", "1", "x/y", "/"] {
            assert_eq!(descriptor(Path::new(other)), None, "{other}");
        }
        let open = tempfile::tempfile().unwrap();
        use std::os::fd::AsRawFd;
        let name = format!("/dev/fd/{}", open.as_raw_fd());
        assert!(Output::named(Path::new(&name), true, Access::Usual).is_err());
    }

    #[test]
    fn what_replaces_a_file_has_its_access() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        std::fs::write(&path, "old").unwrap();
        let access = std::fs::Permissions::from_mode(0o4640);
        std::fs::set_permissions(&path, access).unwrap();
        let access = Access::of(&std::fs::metadata(&path).unwrap());
        let mut output = Output::file(&path, true, access).unwrap();
        output.write_all(b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        output.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o4640);
    }

    #[test]
    fn a_name_is_taken_only_if_it_is_free() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        for how in [rename_to_free, rename_without_links] {
            let (file, kind) = create_beside(&path, Access::Owner).unwrap();
            let Kind::Named(named) = kind else { panic!("it has a name") };
            drop(file);
            std::fs::write(&path, "theirs").unwrap();
            let taken = how(&named, &path).unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
            assert!(named.exists());
            std::fs::remove_file(&path).unwrap();
            how(&named, &path).unwrap();
            assert_eq!(names(directory.path()), ["a"]);
            std::fs::remove_file(&path).unwrap();
        }
    }
}
