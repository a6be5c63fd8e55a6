//! What the contract cannot show from outside: files, the reserve, and failing media.

use super::*;
use std::os::unix::fs::MetadataExt;
use tempfile::TempDir;

fn opened() -> (TempDir, FileLog) {
    let outer = tempfile::tempdir().unwrap();
    let log = FileLog::open(&outer.path().join("journal")).unwrap();
    (outer, log)
}

/// A log whose current segment is the device at `path`.
fn on_device(path: &str) -> (TempDir, FileLog) {
    let (outer, mut log) = opened();
    let file = OpenOptions::new().write(true).open(path).unwrap();
    log.current = Some(Current { number: 1, file, length: 0, reserved: 0 });
    (outer, log)
}

fn length(log: &FileLog, segment: u64) -> u64 {
    fs::metadata(log.path(segment)).unwrap().len()
}

#[test]
fn only_the_owner_may_read_the_files() {
    let (_outer, mut log) = opened();
    log.create(1, b"header").unwrap();
    log.append(b"frame").unwrap();
    log.cut(1, 8).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&log.directory), 0o700);
    let files = fs::read_dir(&log.directory).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.collect();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|file| mode(file) == 0o600));
}

#[test]
fn the_reserve_is_made_once_and_cut_off_in_the_end() {
    let (_outer, mut log) = opened();
    let reserve = u64::from(RESERVE);
    log.create(1, b"header").unwrap();
    assert_eq!(length(&log, 1), 6 + reserve);
    let frame = vec![1; 1000];
    for _ in 0..RESERVE / 1000 {
        log.append(&frame).unwrap();
        assert_eq!(length(&log, 1), 6 + reserve);
    }
    log.append(&frame).unwrap();
    let appended = 6 + u64::from(RESERVE / 1000 + 1) * 1000;
    assert_eq!(length(&log, 1), appended + reserve);
    assert_eq!(log.read(1).unwrap().len(), usize::try_from(appended).unwrap());
    log.create(2, b"").unwrap();
    assert_eq!(length(&log, 1), appended);
    log.append(b"frame").unwrap();
    let path = log.path(2);
    drop(log);
    assert_eq!(fs::read(path).unwrap(), b"frame");
}

#[test]
fn after_a_crash_zeros_follow_and_cutting_them_keeps_nothing() {
    let (_outer, mut log) = opened();
    log.create(1, b"header").unwrap();
    log.append(b"frame\0").unwrap();
    let crashed = FileLog::open(&log.directory);
    let mut crashed = crashed.unwrap();
    let read = crashed.read(1).unwrap();
    let (appended, reserve) = read.split_at(12);
    assert_eq!(appended, b"headerframe\0");
    assert!(reserve.iter().all(|byte| *byte == 0) && !reserve.is_empty());
    crashed.cut(1, 12).unwrap();
    assert_eq!(crashed.read(1).unwrap(), b"headerframe\0");
    assert_eq!(fs::read_dir(&log.directory).unwrap().count(), 1);
}

#[test]
fn each_torn_end_is_kept_in_a_file_of_its_own() {
    let (_outer, mut log) = opened();
    log.create(7, b"header").unwrap();
    for (n, torn) in [(1, &b"first"[..]), (2, b"second")] {
        log.append(torn).unwrap();
        log.cut(7, 6).unwrap();
        let kept = log.directory.join(format!("journal-00000007.torn-{n}"));
        assert_eq!(fs::read(kept).unwrap(), torn);
    }
    log.append(b"frame").unwrap();
    assert_eq!(log.read(7).unwrap(), b"headerframe");
    assert_eq!(log.segments().unwrap(), [7]);
}

#[test]
fn other_files_are_not_segments() {
    let (_outer, mut log) = opened();
    for name in ["journal-1.log", "journal-00000001.torn-1", "journal-x.log", "journal-.log"] {
        fs::write(log.directory.join(name), b"").unwrap();
    }
    fs::write(log.directory.join("journal-+0000001.log"), b"").unwrap();
    assert_eq!(log.segments().unwrap(), Vec::<u64>::new());
    for segment in [99_999_999, 100_000_000, u64::MAX] {
        log.create(segment, b"header").unwrap();
    }
    assert_eq!(log.segments().unwrap(), [99_999_999, 100_000_000, u64::MAX]);
}

#[test]
fn after_a_failed_sync_nothing_is_appended_any_more() {
    // Writes to the null device succeed and syncs fail.
    let (_outer, mut log) = on_device("/dev/null");
    assert!(log.append(b"frame").unwrap_err().0.starts_with("append: "));
    let refused = LogError("an earlier failure left the medium unknown".to_owned());
    assert_eq!(log.append(b"frame"), Err(refused.clone()));
    assert_eq!(log.create(2, b"header"), Err(refused.clone()));
    assert_eq!(log.cut(1, 0), Err(refused));
}

#[test]
fn a_failed_write_that_cannot_be_undone_ends_the_log_too() {
    // Writes to the full device fail, and it cannot be truncated.
    let (_outer, mut log) = on_device("/dev/full");
    assert!(log.append(b"frame").unwrap_err().0.starts_with("append: "));
    assert!(log.lost);
    assert!(log.append(b"frame").is_err());
}

#[test]
fn a_segment_never_grows_beyond_its_limit() {
    let (_outer, mut log) = opened();
    log.create(1, b"header").unwrap();
    log.current.as_mut().unwrap().length = MAX_SEGMENT - 4;
    assert_eq!(log.append(b"frame"), Err(LogError("append: segment is full".to_owned())));
    assert!(!log.lost);
    log.append(b"fram").unwrap();
    fs::File::create(log.path(2)).unwrap().set_len(MAX_SEGMENT + 1).unwrap();
    assert!(log.read(2).unwrap_err().0.contains("too long"));
}
