//! A process that commits and appends is killed at random moments. What it was told is durable must
//! be there afterwards, whole; what it was not told may be there, whole, or not at all. Killing a
//! process leaves the page cache alone: this finds errors of order and recovery, while what a
//! power cut does to synced data is promised by SQLite and the file system.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_macros,
    clippy::print_stderr,
    reason = "tests, which tell how much they have looked at"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the test starts processes and tells them by variables"
)]

mod common;

use common::{commit, delete, expecting, keys, put, read, together};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use strongroom_engine::ports::Log;
use strongroom_storage::{DirLock, FileLog, SqliteStore};

const DIRECTORY: &str = "STRONGROOM_CRASH_DIRECTORY";
const FRAME: &str = "STRONGROOM_CRASH_FRAME";
/// Frames to a segment; few, so that the process is sometimes killed while it makes one.
const FRAMES: u64 = 23;

/// What the killed process was told is durable.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    commits: u64,
    frames: u64,
}

#[test]
fn nothing_acknowledged_is_lost() {
    let slow = std::env::var("STRONGROOM_SLOW_TESTS").is_ok_and(|set| set == "1");
    let rounds = if slow { 50 } else { 1 };
    let (mut commits, mut frames) = (0, 0);
    for _ in 0..rounds {
        let told = kill_twenty_times();
        commits += told.commits;
        frames += told.frames;
    }
    let kills = rounds * 20;
    eprintln!("{kills} kills: of {commits} commits and {frames} frames acknowledged 0 were lost");
}

/// On one directory, so that each process also recovers what the one before left.
fn kill_twenty_times() -> Told {
    let outer = tempfile::tempdir().unwrap();
    let mut told = Told::default();
    for round in 0..20 {
        let heard = run_and_kill(outer.path(), told.frames + 1, round % 5 == 4);
        told.commits = told.commits.max(heard.commits);
        told.frames = told.frames.max(heard.frames);
        told = Told {
            commits: check_store(&outer.path().join("store.db"), told.commits),
            frames: check_log(&outer.path().join("journal"), told.frames),
        };
    }
    assert!(told.commits > 20 && told.frames > 20, "hardly anything happened: {told:?}");
    told
}

/// The process that is killed. Each number is written to standard output after the call that made
/// it durable returned.
#[test]
#[ignore = "run by the test above, in a process of its own"]
fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let mut frame: u64 = std::env::var(FRAME).unwrap().parse().unwrap();
    let _lock = DirLock::acquire(&directory).unwrap();
    let store = SqliteStore::open(&directory.join("store.db")).unwrap();
    let mut log = FileLog::open(&directory.join("journal")).unwrap();
    let mut out = std::io::stdout();
    loop {
        let segment = log.segments().unwrap().last().map_or(1, |last| last + 1);
        log.create(segment, b"header").unwrap();
        for _ in 0..FRAMES {
            let n = commit_next(&store);
            out.write_all(format!("\ncommit {n}\n").as_bytes()).unwrap();
            log.append(&encode(frame)).unwrap();
            out.write_all(format!("\nframe {frame}\n").as_bytes()).unwrap();
            frame += 1;
        }
    }
}

fn commit_next(store: &SqliteStore) -> u64 {
    let before = read(store, b"counter").map(|(version, _)| version);
    let n = before.unwrap_or(0) + 1;
    let batch = together([
        put(b"counter", n, b""),
        put(format!("a/{n}"), n, value(n)),
        put(format!("b/{n}"), n, value(n + 1)),
        put(format!("c/{n}"), n, b""),
        delete(format!("c/{}", n - 1)),
    ]);
    commit(store, &expecting(batch, b"counter", before)).unwrap();
    n
}

/// Up to 7 KiB that tell which number they belong to.
fn value(n: u64) -> Vec<u8> {
    n.to_be_bytes().repeat(1 + usize::try_from(n * 37 % 900).unwrap())
}

fn random_below(bound: u64) -> u64 {
    RandomState::new().build_hasher().finish() % bound
}

/// Starts the process, kills it, and tells what it said before. `early`: kills it at once, while
/// it is opening or recovering.
fn run_and_kill(directory: &Path, frame: u64, early: bool) -> Told {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "child", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .env(FRAME, frame.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
    let mut told = Told::default();
    if !early {
        let said = lines.by_ref().take_while(|line| !hear(line.as_ref().unwrap(), &mut told));
        said.for_each(drop);
        assert_ne!(told.commits, 0, "the process ended before it did anything");
    }
    let delay = Duration::from_micros(random_below(if early { 20_000 } else { 80_000 }));
    std::thread::scope(|scope| {
        scope.spawn(|| kill_after(&mut child, delay));
        for line in lines {
            hear(&line.unwrap(), &mut told);
        }
    });
    told
}

fn kill_after(child: &mut Child, delay: Duration) {
    std::thread::sleep(delay);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.code().is_none(), "the process ended by itself: {status}");
}

/// Whether `line` tells of something durable.
fn hear(line: &[u8], told: &mut Told) -> bool {
    let text = String::from_utf8_lossy(line);
    match text.split_once(' ') {
        Some(("commit", n)) => told.commits = n.parse().unwrap(),
        Some(("frame", n)) => told.frames = n.parse().unwrap(),
        _ => return false,
    }
    true
}

/// Checks that the store holds the first `told` commits and at most one more, and how many.
fn check_store(path: &Path, told: u64) -> u64 {
    let _lock = DirLock::acquire(path.parent().unwrap()).unwrap();
    let store = SqliteStore::open(path).unwrap();
    let found = read(&store, b"counter").map_or(0, |(version, _)| version);
    assert!(found == told || found == told + 1, "{told} commits were acknowledged, {found} found");
    for n in 1..=found {
        assert!(read(&store, format!("a/{n}")) == Some((n, value(n))), "commit {n} of {told}");
        assert!(read(&store, format!("b/{n}")) == Some((n, value(n + 1))), "commit {n} of {told}");
    }
    let count = |from: &[u8], to: &[u8]| keys(&store, from, to, usize::MAX).len();
    assert_eq!(u64::try_from(count(b"a/", b"c/")).unwrap(), found * 2);
    if found > 0 {
        assert_eq!(keys(&store, b"c/", b"counter", 9), [format!("c/{found}").into_bytes()]);
    }
    store.close().unwrap();
    let connection = rusqlite::Connection::open(path).unwrap();
    let sound: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    found
}

/// Checks that the log holds the first `told` frames and at most one more, cuts off what is torn,
/// and tells how many.
fn check_log(directory: &Path, told: u64) -> u64 {
    let mut log = FileLog::open(directory).unwrap();
    let mut found = 0;
    for segment in log.segments().unwrap() {
        let bytes = log.read(segment).unwrap();
        let Some(mut rest) = bytes.strip_prefix(b"header") else {
            // Killed while it was made.
            log.cut(segment, 0).unwrap();
            continue;
        };
        while let Some((frame, behind)) = decode(rest) {
            assert_eq!(frame, found + 1);
            found = frame;
            rest = behind;
        }
        log.cut(segment, u64::try_from(bytes.len() - rest.len()).unwrap()).unwrap();
    }
    assert!(found == told || found == told + 1, "{told} frames were acknowledged, {found} found");
    found
}

/// A frame: length, payload, and a sum of it.
fn encode(n: u64) -> Vec<u8> {
    let payload = value(n);
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &payload, &sum(&payload).to_be_bytes()].concat()
}

/// The number of the whole frame at the start of `bytes`, and what is behind it.
fn decode(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
    let (payload, rest) = rest.split_at_checked(length).filter(|_| length > 0)?;
    let (found, rest) = rest.split_first_chunk()?;
    let (n, _) = payload.split_first_chunk()?;
    (sum(payload) == u64::from_be_bytes(*found)).then_some((u64::from_be_bytes(*n), rest))
}

/// FNV-1a, 64 bits.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
