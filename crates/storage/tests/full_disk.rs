//! Writes that fail half-way because the medium is full. The process limits the length of its own
//! files (`RLIMIT_FSIZE`), which fails a write in the same place as a full disk does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the test starts processes and tells them by variables"
)]

mod common;

use common::{commit, put, read};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;
use std::process::Command;
use strongroom_engine::ports::{CommitError, Log};
use strongroom_storage::{FileLog, SqliteStore};

const CHILD: &str = "STRONGROOM_FULL_DISK";

/// Runs the ignored test `name` in a process of its own, where exceeding the limit is an error and
/// not a signal.
fn run(name: &str) {
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Lets no file grow beyond `bytes`; `None`: as long as it likes.
fn limit(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(Resource::Fsize, Rlimit { current: bytes.or(maximum), maximum }).unwrap();
}

#[test]
fn a_log_on_a_full_disk_keeps_its_length_and_goes_on() {
    run("log_child");
}

#[test]
fn a_store_on_a_full_disk_shows_nothing_of_the_batch_and_goes_on() {
    run("store_child");
}

#[test]
#[ignore = "run in a process of its own"]
fn log_child() {
    if !is_child() {
        return;
    }
    let outer = tempfile::tempdir().unwrap();
    let file = outer.path().join("journal-00000001.log");
    let mut log = FileLog::open(outer.path()).unwrap();
    log.create(1, b"header").unwrap();
    let mut expected = b"header".to_vec();
    limit(Some(300_000));
    let large = [1; 70_000];
    while log.append(&large).is_ok() {
        expected.extend_from_slice(&large);
    }
    assert_eq!(expected.len(), 6 + 4 * large.len(), "as many as fit, although no reserve does");
    assert!(fs::read(&file).unwrap() == expected, "something of the failed append was left");
    log.append(b"small").unwrap();
    expected.extend_from_slice(b"small");

    limit(Some(3));
    assert!(log.create(2, b"header").is_err());
    assert_eq!(log.segments().unwrap(), [1]);
    limit(None);
    log.append(b"after").unwrap();
    expected.extend_from_slice(b"after");
    log.create(2, b"header").unwrap();
    assert!(fs::read(&file).unwrap() == expected);
}

#[test]
#[ignore = "run in a process of its own"]
fn store_child() {
    if !is_child() {
        return;
    }
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store.db");
    let wal = outer.path().join("store.db-wal");
    let store = SqliteStore::open(&path).unwrap();
    let large = vec![1; 1 << 20];
    // With no room the fence cannot be written either, with a little it can.
    for (round, room) in [(1, 0), (2, 20_000), (3, 0)] {
        commit(&store, &put(b"k", round, b"old")).unwrap();
        limit(Some(fs::metadata(&wal).unwrap().len() + room));
        for _ in 0..3 {
            let failed = commit(&store, &put(b"k", 9, &large));
            assert!(matches!(failed, Err(CommitError::Failed(_))), "{failed:?}");
            assert_eq!(read(&store, b"k"), Some((round, b"old".to_vec())));
        }
        limit(None);
        commit(&store, &put(b"l", round, b"after")).unwrap();
        assert_eq!(read(&store, b"k"), Some((round, b"old".to_vec())));
    }
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(read(&store, b"k"), Some((3, b"old".to_vec())));
    assert_eq!(read(&store, b"l"), Some((3, b"after".to_vec())));
    commit(&store, &put(b"k", 4, &large)).unwrap();
    assert_eq!(read(&store, b"k"), Some((4, large)));
}
