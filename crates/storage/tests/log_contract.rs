//! The contract of the `Log` port, clause by clause, against every adapter.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use strongroom_engine::ports::Log;
use strongroom_storage::{FileLog, MemoryLog};

/// A log, and what opens the same contents once more, after it is dropped.
struct Adapter<'a> {
    log: Box<dyn Log>,
    open: &'a dyn Fn() -> Box<dyn Log>,
}

/// Runs `clause` on a new log of each kind.
fn each(clause: impl Fn(Adapter<'_>)) {
    let memory = MemoryLog::default();
    let open: &dyn Fn() -> Box<dyn Log> = &|| Box::new(memory.clone());
    clause(Adapter { log: open(), open });
    let outer = tempfile::tempdir().unwrap();
    let directory = outer.path().join("journal");
    let open: &dyn Fn() -> Box<dyn Log> = &|| Box::new(FileLog::open(&directory).unwrap());
    clause(Adapter { log: open(), open });
}

fn restarted(log: Box<dyn Log>, open: &dyn Fn() -> Box<dyn Log>) -> Box<dyn Log> {
    drop(log);
    open()
}

#[test]
fn a_new_log_has_no_segments_and_cannot_be_appended_to() {
    each(|Adapter { mut log, .. }| {
        assert_eq!(log.segments(), Ok(vec![]));
        assert!(log.read(1).is_err());
        assert!(log.cut(1, 0).is_err());
        assert!(log.append(b"frame").is_err());
    });
}

#[test]
fn what_is_appended_follows_the_header_and_survives() {
    each(|Adapter { mut log, open }| {
        log.create(1, b"header").unwrap();
        assert_eq!(log.read(1).unwrap(), b"header");
        let mut expected = b"header".to_vec();
        for n in 0..=255_u8 {
            let frame = vec![n; usize::from(n) * 20];
            log.append(&frame).unwrap();
            expected.extend_from_slice(&frame);
        }
        assert!(log.read(1).unwrap() == expected);
        let mut log = restarted(log, open);
        assert!(log.read(1).unwrap() == expected);
        assert_eq!(log.segments(), Ok(vec![1]));
    });
}

#[test]
fn frames_larger_than_any_reserve_and_frames_of_zeros_are_kept() {
    each(|Adapter { mut log, open }| {
        log.create(1, b"").unwrap();
        let frames = [vec![1; 3 << 20], vec![0; 100], vec![2; 300_000], vec![0; 300_000]];
        for frame in &frames {
            log.append(frame).unwrap();
        }
        assert!(restarted(log, open).read(1).unwrap() == frames.concat());
    });
}

#[test]
fn segments_ascend_and_appends_go_to_the_last_created() {
    each(|Adapter { mut log, open }| {
        for segment in [3, 4, 1000] {
            log.create(segment, &[0xaa]).unwrap();
            log.append(&segment.to_be_bytes()).unwrap();
        }
        for not_greater in [0, 3, 5, 1000] {
            assert!(log.create(not_greater, b"header").is_err());
        }
        log.append(b"more").unwrap();
        let mut log = restarted(log, open);
        assert_eq!(log.segments(), Ok(vec![3, 4, 1000]));
        assert_eq!(log.read(4).unwrap()[1..], 4_u64.to_be_bytes());
        assert_eq!(log.read(1000).unwrap()[9..], *b"more");
        assert!(log.read(5).is_err());
        assert!(log.create(1000, b"header").is_err());
        log.create(1001, b"header").unwrap();
        assert_eq!(log.segments(), Ok(vec![3, 4, 1000, 1001]));
    });
}

#[test]
fn a_reopened_log_begins_a_segment_before_it_appends() {
    each(|Adapter { mut log, open }| {
        log.create(1, b"header").unwrap();
        log.append(b"frame").unwrap();
        let mut log = restarted(log, open);
        assert!(log.append(b"lost").is_err());
        log.create(2, b"header").unwrap();
        log.append(b"kept").unwrap();
        assert_eq!(log.read(1).unwrap(), b"headerframe");
        assert_eq!(log.read(2).unwrap(), b"headerkept");
    });
}

#[test]
fn cutting_shortens_any_segment_and_the_current_one_goes_on_there() {
    each(|Adapter { mut log, open }| {
        for segment in [1, 2] {
            log.create(segment, b"header").unwrap();
            log.append(b"frame").unwrap();
            log.append(b"to\0rn").unwrap();
        }
        for segment in [1, 2] {
            assert!(log.cut(segment, 17).is_err());
            log.cut(segment, 16).unwrap();
            log.cut(segment, 11).unwrap();
            assert_eq!(log.read(segment).unwrap(), b"headerframe");
        }
        assert!(log.cut(3, 0).is_err());
        log.append(b"next").unwrap();
        assert_eq!(log.read(2).unwrap(), b"headerframenext");
        let mut log = restarted(log, open);
        assert_eq!(log.read(1).unwrap(), b"headerframe");
        log.cut(2, 0).unwrap();
        assert_eq!(log.read(2).unwrap(), b"");
        assert_eq!(log.segments(), Ok(vec![1, 2]));
    });
}

#[test]
fn nothing_is_a_possible_frame() {
    each(|Adapter { mut log, .. }| {
        log.create(1, b"").unwrap();
        log.append(b"").unwrap();
        assert_eq!(log.read(1).unwrap(), b"");
    });
}

#[test]
fn a_snapshot_in_memory_is_separate_and_tells_what_was_torn() {
    let mut log = MemoryLog::default();
    log.create(1, b"header").unwrap();
    log.append(b"frame").unwrap();
    let mut snapshot = log.snapshot();
    log.cut(1, 6).unwrap();
    assert_eq!(log.torn(), [(1, b"frame".to_vec())]);
    assert_eq!(snapshot.torn(), []);
    assert_eq!(snapshot.read(1).unwrap(), b"headerframe");
    log.append(&[0; 10]).unwrap();
    log.cut(1, 6).unwrap();
    assert_eq!(log.torn().len(), 1, "zeros alone were kept");
}
