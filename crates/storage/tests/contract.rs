//! The contract of the `Store` port, clause by clause, against every adapter.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "threads of this test")]

mod common;

use common::{commit, delete, expecting, keys, now, put, read, together};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use strongroom_engine::ports::{Batch, CommitError, Entry, MAX_STORE_KEY, Store, Versioned};
use strongroom_storage::{MemoryStore, SqliteStore};

/// A store, and what opens the same contents once more, after it is dropped.
struct Adapter<'a> {
    store: Box<dyn Store>,
    open: &'a dyn Fn() -> Box<dyn Store>,
}

/// Runs `clause` on a new store of each kind.
fn each(clause: impl Fn(Adapter<'_>)) {
    let memory = MemoryStore::default();
    let open: &dyn Fn() -> Box<dyn Store> = &|| Box::new(memory.clone());
    clause(Adapter { store: open(), open });
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store.db");
    let open: &dyn Fn() -> Box<dyn Store> = &|| Box::new(SqliteStore::open(&path).unwrap());
    clause(Adapter { store: open(), open });
}

fn restarted(store: Box<dyn Store>, open: &dyn Fn() -> Box<dyn Store>) -> Box<dyn Store> {
    drop(store);
    open()
}

fn on_each(clause: impl Fn(&dyn Store)) {
    each(|adapter| clause(&*adapter.store));
}

fn everything(store: &dyn Store) -> Vec<Entry> {
    now(store.scan(b"", &[0xff; MAX_STORE_KEY + 1], usize::MAX)).unwrap()
}

#[test]
fn a_missing_key_is_no_error() {
    on_each(|store| {
        assert_eq!(read(store, b"k"), None);
        assert_eq!(read(store, b""), None);
        assert_eq!(read(store, [0; MAX_STORE_KEY + 1]), None);
        assert_eq!(everything(store), []);
        commit(store, &delete(b"k")).unwrap();
    });
}

#[test]
fn values_and_versions_come_back_as_they_were_put() {
    let big: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[1] ^ n.to_le_bytes()[0]).collect();
    let cases: [(&[u8], u64, &[u8]); 6] = [
        (b"empty value", 1, b""),
        (b"", 2, b"empty key"),
        (b"\0", 3, b"\0\xff\0"),
        (b"\xff\xff", i64::MAX.unsigned_abs(), b"largest positive"),
        (b"a\0b", u64::MAX, b"largest version"),
        (b"big", 1 << 63, &big),
    ];
    each(|Adapter { store, open }| {
        for (key, version, value) in cases {
            commit(&*store, &put(key, version, value)).unwrap();
        }
        let check = |store: &dyn Store| {
            for (key, version, value) in cases {
                assert!(read(store, key) == Some((version, value.to_vec())), "{key:?}");
            }
            assert_eq!(everything(store).len(), cases.len());
        };
        check(&*store);
        check(&*restarted(store, open));
    });
}

#[test]
fn a_put_replaces_and_a_delete_removes() {
    each(|Adapter { store, open }| {
        commit(&*store, &put(b"k", 5, b"old")).unwrap();
        commit(&*store, &put(b"l", 1, b"other")).unwrap();
        commit(&*store, &put(b"k", 6, b"new")).unwrap();
        assert_eq!(read(&*store, b"k"), Some((6, b"new".to_vec())));
        commit(&*store, &delete(b"k")).unwrap();
        let store = restarted(store, open);
        assert_eq!(read(&*store, b"k"), None);
        assert_eq!(keys(&*store, b"", b"z", 9), [b"l"]);
        commit(&*store, &put(b"k", 1, b"again")).unwrap();
        assert_eq!(read(&*store, b"k"), Some((1, b"again".to_vec())));
    });
}

#[test]
fn a_scan_is_in_byte_order_within_its_bounds_and_limit() {
    let ordered: [&[u8]; 10] =
        [b"", b"\0", b"\0\0", b"A", b"Z", b"a", b"a\0", b"aa", b"\x80", b"\xff\xff"];
    on_each(|store| {
        for key in ordered.iter().rev() {
            commit(store, &put(key, 1, key)).unwrap();
        }
        assert_eq!(keys(store, b"", b"\xff\xff\xff", 100), ordered);
        assert!(everything(store).iter().all(|entry| entry.found.value == entry.key));
        assert_eq!(keys(store, b"A", b"a", 100), [b"A", b"Z"]);
        assert_eq!(keys(store, b"a", b"b", 100), ordered[5..8]);
        assert_eq!(keys(store, b"B", b"Y", 100), <[&[u8]; 0]>::default());
        assert_eq!(keys(store, b"\0", b"\xff\xff", 3), ordered[1..4]);
        for (from, to) in [(&b"a"[..], &b"a"[..]), (b"b", b"a"), (b"", b"")] {
            assert_eq!(keys(store, from, to, 100), <[&[u8]; 0]>::default());
        }
        assert_eq!(keys(store, b"", b"z", 0), <[&[u8]; 0]>::default());
        assert_eq!(keys(store, b"", b"\xff\xff\xff", usize::MAX), ordered);
    });
}

#[test]
fn a_batch_happens_when_all_expectations_hold() {
    on_each(|store| {
        commit(store, &expecting(put(b"k", 1, b"one"), b"k", None)).unwrap();
        commit(store, &expecting(put(b"k", u64::MAX, b"two"), b"k", Some(1))).unwrap();
        let batch = expecting(put(b"l", 1, b"l"), b"k", Some(u64::MAX));
        commit(store, &expecting(batch, b"nothing", None)).unwrap();
        commit(store, &expecting(Batch::default(), b"l", Some(1))).unwrap();
        commit(store, &expecting(delete(b"l"), b"l", Some(1))).unwrap();
        assert_eq!(everything(store).len(), 1);
    });
}

#[test]
fn a_conflict_leaves_nothing_of_the_batch() {
    each(|Adapter { store, open }| {
        commit(&*store, &put(b"k", 7, b"seven")).unwrap();
        commit(&*store, &put(b"l", 1, b"l")).unwrap();
        let before = everything(&*store);
        let changes = together([put(b"k", 8, b"eight"), put(b"m", 1, b"m"), delete(b"l")]);
        let cases: [(&[u8], Option<u64>); 5] =
            [(b"k", None), (b"k", Some(6)), (b"k", Some(8)), (b"m", Some(1)), (b"l", Some(0))];
        for (key, version) in cases {
            // The first holds, so every expectation must have been looked at.
            let batch = expecting(changes.clone(), b"k", Some(7));
            let batch = expecting(batch, key, version);
            assert_eq!(commit(&*store, &batch), Err(CommitError::Conflict), "{key:?} {version:?}");
            assert_eq!(everything(&*store), before);
        }
        assert_eq!(everything(&*restarted(store, open)), before);
    });
}

#[test]
fn expectations_are_of_the_state_before_the_batch() {
    on_each(|store| {
        let batch = expecting(put(b"k", 1, b""), b"k", Some(1));
        assert_eq!(commit(store, &batch), Err(CommitError::Conflict));
    });
}

#[test]
fn a_batch_is_applied_whole() {
    each(|Adapter { store, open }| {
        let puts = (0..500_u32).map(|n| put(n.to_be_bytes(), u64::from(n) + 1, vec![7; 1500]));
        commit(&*store, &together(puts)).unwrap();
        let deletes = (0..500_u32).step_by(2).map(|n| delete(n.to_be_bytes()));
        let puts = (500..600_u32).map(|n| put(n.to_be_bytes(), 1, b""));
        commit(&*store, &together(deletes.chain(puts))).unwrap();
        let store = restarted(store, open);
        let kept = (1..500_u32).step_by(2).chain(500..600).map(|n| n.to_be_bytes().to_vec());
        assert!(keys(&*store, b"", b"\xff", usize::MAX).into_iter().eq(kept));
        let found = Versioned { version: 4, value: vec![7; 1500] };
        assert_eq!(now(store.read(&3_u32.to_be_bytes())), Ok(Some(found)));
    });
}

#[test]
fn a_batch_that_contradicts_itself_or_the_bounds_is_refused() {
    let long = [b'k'; MAX_STORE_KEY + 1];
    let longest = [b'k'; MAX_STORE_KEY];
    on_each(|store| {
        for batch in [
            together([put(b"k", 1, b"a"), put(b"k", 2, b"b")]),
            together([put(b"k", 1, b"a"), delete(b"k")]),
            together([delete(b"k"), delete(b"k")]),
            put(b"k", 0, b"version zero"),
            put(long, 1, b""),
            delete(long),
            expecting(put(b"k", 1, b""), long, None),
        ] {
            let batch = together([put(b"other", 1, b""), batch]);
            assert!(matches!(commit(store, &batch), Err(CommitError::Failed(_))), "{batch:?}");
            assert_eq!(everything(store), []);
        }
        commit(store, &put(longest, 1, b"fits")).unwrap();
        assert_eq!(read(store, longest), Some((1, b"fits".to_vec())));
    });
}

#[test]
fn a_future_that_is_not_awaited_does_nothing() {
    on_each(|store| {
        drop(store.commit(&put(b"k", 1, b"v")));
        assert_eq!(read(store, b"k"), None);
    });
}

/// Two writers race by expectation; readers must always see both halves of a batch, and never an
/// older state than one they have seen.
#[test]
fn readers_see_whole_batches_during_commits() {
    const COMMITS: u64 = 200;
    let increment = |store: &dyn Store| {
        let seen = read(store, b"a").map(|(version, _)| version);
        let next = seen.unwrap_or(0) + 1;
        let both = together([put(b"a", next, vec![1; 2000]), put(b"b", next, vec![2; 2000])]);
        commit(store, &expecting(both, b"a", seen))
    };
    let watch = |store: &dyn Store, done: &AtomicBool| {
        let mut latest = 0;
        let mut looks = 0_u64;
        while !done.load(Ordering::Relaxed) || looks == 0 {
            let found = now(store.scan(b"a", b"c", 9)).unwrap();
            let versions: Vec<u64> = found.iter().map(|entry| entry.found.version).collect();
            match versions[..] {
                [] => assert_eq!(latest, 0),
                [a, b] if a == b && a >= latest => latest = a,
                ref other => panic!("saw {other:?} after {latest}"),
            }
            let (version, _) = read(store, b"b").unwrap_or((0, Vec::new()));
            assert!(version >= latest);
            looks += 1;
        }
    };
    on_each(|store| {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let watchers: Vec<_> = (0..6).map(|_| scope.spawn(|| watch(store, &done))).collect();
            let writer = || {
                let tries = std::iter::repeat_with(|| increment(store)).take(COMMITS as usize);
                tries.filter(|outcome| outcome.is_ok()).count() as u64
            };
            let writers = [scope.spawn(writer), scope.spawn(writer)];
            let outcomes = writers.map(|writer| writer.join());
            done.store(true, Ordering::Relaxed);
            let applied: u64 = outcomes.into_iter().map(Result::unwrap).sum();
            watchers.into_iter().for_each(|watcher| watcher.join().unwrap());
            assert!(applied >= COMMITS, "{applied}");
            assert_eq!(read(store, b"b").unwrap().0, applied);
        });
    });
}

#[test]
fn a_snapshot_is_separate_and_a_clone_is_not() {
    let store = MemoryStore::default();
    commit(&store, &put(b"k", 1, b"v")).unwrap();
    let (snapshot, clone) = (store.snapshot(), store.clone());
    commit(&store, &put(b"k", 2, b"w")).unwrap();
    assert_eq!(read(&snapshot, b"k"), Some((1, b"v".to_vec())));
    assert_eq!(read(&clone, b"k"), Some((2, b"w".to_vec())));
    assert_eq!(clone.entries(), everything(&store));
}

type Model = BTreeMap<Vec<u8>, Versioned>;

#[derive(Debug, Clone)]
enum Op {
    Commit(Batch),
    /// Expects what is true, so that it happens.
    CommitWithTruth(Batch),
    Scan(Vec<u8>, Vec<u8>, usize),
    Reopen,
}

fn keys_of_few() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(0_u8), Just(b'a'), Just(0xff)], 0..3)
}

fn batches() -> impl Strategy<Value = Batch> {
    let found = (1_u64..4, vec(any::<u8>(), 0..40))
        .prop_map(|(version, value)| Versioned { version, value });
    let expect = vec((keys_of_few(), proptest::option::of(1_u64..4)), 0..2);
    let put = vec((keys_of_few(), found), 0..4);
    (expect, put, vec(keys_of_few(), 0..3)).prop_map(|(expect, put, delete)| Batch {
        expect,
        put,
        delete,
    })
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => batches().prop_map(Op::Commit),
        4 => batches().prop_map(Op::CommitWithTruth),
        4 => (keys_of_few(), keys_of_few(), 0_usize..5).prop_map(|(from, to, n)| Op::Scan(from, to, n)),
        1 => Just(Op::Reopen),
    ]
}

/// What should come of committing `batch`, slowly and obviously.
fn model_commit(model: &mut Model, batch: &Batch) -> bool {
    let changed: Vec<&Vec<u8>> =
        batch.put.iter().map(|(key, _)| key).chain(&batch.delete).collect();
    if (1..changed.len()).any(|n| changed[..n].contains(&changed[n])) {
        return false;
    }
    if batch.expect.iter().any(|(key, version)| model.get(key).map(|f| f.version) != *version) {
        return false;
    }
    batch.put.iter().for_each(|(key, found)| drop(model.insert(key.clone(), found.clone())));
    model.retain(|key, _| !batch.delete.contains(key));
    true
}

fn agrees(Adapter { mut store, open }: Adapter<'_>, ops: &[Op]) {
    let mut model = Model::new();
    for op in ops {
        match op.clone() {
            Op::Commit(batch) => {
                assert_eq!(commit(&*store, &batch).is_ok(), model_commit(&mut model, &batch));
            }
            Op::CommitWithTruth(mut batch) => {
                for (key, version) in &mut batch.expect {
                    *version = model.get(key).map(|found| found.version);
                }
                assert_eq!(commit(&*store, &batch).is_ok(), model_commit(&mut model, &batch));
            }
            Op::Scan(from, to, limit) => {
                let within = model.keys().filter(|key| from <= **key && **key < to);
                let expected: Vec<Vec<u8>> = within.take(limit).cloned().collect();
                assert_eq!(keys(&*store, &from, &to, limit), expected);
            }
            Op::Reopen => store = restarted(store, open),
        }
        let entries = model.iter().map(|(key, found)| (key.clone(), found.clone()));
        assert!(everything(&*store).into_iter().map(|e| (e.key, e.found)).eq(entries));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_is_an_ordered_map(ops in vec(ops(), 1..40)) {
        each(|adapter| agrees(adapter, &ops));
    }
}

#[test]
fn a_frozen_store_stays_as_it_was_while_commits_go_on() {
    each(|Adapter { store, .. }| {
        for number in 0_u64..50 {
            commit(&*store, &put(format!("k/{number:03}"), number + 1, b"before")).unwrap();
        }
        let mut frozen = store.frozen().unwrap();
        assert_eq!(frozen.count(b"", &[0xff]).unwrap(), 50);
        // They are not held up, though nothing was read yet but that.
        for number in 0_u64..100 {
            commit(&*store, &put(format!("k/{number:03}"), number + 101, b"after")).unwrap();
        }
        commit(&*store, &delete("k/007")).unwrap();
        let mut all = Vec::new();
        loop {
            let from =
                all.last().map_or(Vec::new(), |entry: &Entry| [&entry.key, &[0][..]].concat());
            let page = frozen.scan(&from, &[0xff], 7).unwrap();
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        assert_eq!(all.len(), 50);
        assert!(all.iter().all(|entry| entry.found.value == b"before"));
        assert_eq!(all[7].found.version, 8);
        assert_eq!(frozen.count(b"k/010", b"k/020").unwrap(), 10);
        drop(frozen);
        assert_eq!(everything(&*store).len(), 99);
        assert_eq!(store.frozen().unwrap().count(b"", &[0xff]).unwrap(), 99);
    });
}
