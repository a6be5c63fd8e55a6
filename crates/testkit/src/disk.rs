//! A disk that remembers: what a process did to its files, call by call, and from that every state
//! in which a power cut could have left them. [`disk.c`](disk/disk.c) is preloaded into the process
//! and writes the calls down, or fails one of them; it sees SQLite's as well as ours.
//!
//! What is taken for durable is what POSIX promises and no more: a file's bytes when `fsync` or
//! `fdatasync` of it has returned, a name when its directory was synced. Of everything else any part
//! may be there, sectors of 512 bytes being whole. Two things are taken from journalling file
//! systems: names become durable in the order in which they were changed, and directories at once.

mod medium;
mod trace;

pub use medium::{Damage, Dice, Image, Medium};
pub use trace::{Call, Trace};

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// How a call to the operating system fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// Nothing is done.
    Outright,
    /// The disk is full, for this call and the next ones that need room.
    Full,
    /// A write does half of what it should.
    Short,
    /// It is done, and told to have failed.
    Afterwards,
}

impl Failing {
    /// Every way there is.
    pub const ALL: [Self; 4] = [Self::Outright, Self::Full, Self::Short, Self::Afterwards];

    fn name(self) -> &'static str {
        match self {
            Self::Outright => "eio",
            Self::Full => "full",
            Self::Short => "short",
            Self::Afterwards => "after",
        }
    }
}

/// Runs the ignored test `name` of this test's binary in a process of its own, whose calls to files
/// under `root` are written down. The call of number `failing.0` fails, if there is one.
///
/// # Panics
/// When there is no C compiler, or the process cannot be started.
#[must_use]
pub fn run(name: &str, root: &Path, failing: Option<(usize, Failing)>) -> (Output, Trace) {
    let root = root.canonicalize().expect("the directory is there");
    let outer = tempfile::tempdir().expect("a directory");
    let file = outer.path().join("trace");
    let mut process = Command::new(std::env::current_exe().expect("this test's binary"));
    process
        .args(["--ignored", "--exact", name, "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", library())
        .env("STRONGROOM_DISK_ROOT", &root)
        .env("STRONGROOM_DISK_TRACE", &file);
    if let Some((number, how)) = failing {
        process.env("STRONGROOM_DISK_FAIL", format!("{number} {}", how.name()));
    }
    let output = process.output().expect("the process runs");
    let trace = Trace::read(&file, &root);
    (output, trace)
}

/// The directory that a process started by [`run`] works in; `None` in any other.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a test tells its process by variables")]
pub fn root() -> Option<PathBuf> {
    std::env::var_os("STRONGROOM_DISK_ROOT").map(PathBuf::from)
}

/// Puts what a power cut left into the directory at `path`.
///
/// # Panics
/// When there is no room.
pub fn restore(image: &Image, path: &Path) {
    medium::write(image, path);
}

/// An empty directory for an image, in memory where the system has such a place: what the tests
/// look for does not depend on how long a sync takes.
///
/// # Panics
/// When there is no room.
#[must_use]
pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a directory")
}

/// Whether tests shall take their long form.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a developer tells tests by variables")]
pub fn slow() -> bool {
    std::env::var("STRONGROOM_SLOW_TESTS").is_ok_and(|set| set == "1")
}

/// The library to be preloaded, built once for each process of tests.
fn library() -> PathBuf {
    static BUILT: OnceLock<tempfile::TempDir> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let outer = tempfile::tempdir().expect("a directory");
        let source = outer.path().join("disk.c");
        std::fs::write(&source, include_str!("disk/disk.c")).expect("room for the source");
        let compiler = Command::new("cc")
            .args(["-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o"])
            .arg(outer.path().join("disk.so"))
            .arg(&source)
            .output()
            .expect("a C compiler");
        let said = String::from_utf8_lossy(&compiler.stderr).into_owned();
        assert!(compiler.status.success(), "{said}");
        outer
    });
    built.path().join("disk.so")
}
