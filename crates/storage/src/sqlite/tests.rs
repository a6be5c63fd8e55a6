//! What the contract cannot show from outside: files, foreign databases and failures inside.

use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use strongroom_engine::ports::MAX_STORE_KEY;
use tempfile::TempDir;

fn opened() -> (TempDir, PathBuf, SqliteStore) {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    (outer, path, store)
}

fn put(key: &[u8], version: u64, value: &[u8]) -> Batch {
    let found = Versioned { version, value: value.to_vec() };
    Batch { put: vec![(key.to_vec(), found)], ..Batch::default() }
}

fn value(store: &SqliteStore, key: &[u8]) -> Option<Vec<u8>> {
    store.read_now(key).unwrap().map(|found| found.value)
}

/// Runs `sql` on the file at `path` through a connection of its own.
fn run(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn on_writer(store: &SqliteStore, sql: &str) {
    store.writer.lock().unwrap().connection.execute_batch(sql).unwrap();
}

fn beside(path: &Path) -> [PathBuf; 2] {
    ["store.db-wal", "store.db-shm"].map(|name| path.with_file_name(name))
}

#[test]
fn only_the_owner_may_read_the_files() {
    let (_outer, path, store) = opened();
    store.commit_now(&put(b"k", 1, b"v")).unwrap();
    let [wal, shm] = beside(&path);
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!([&path, &wal, &shm].map(mode), [0o600; 3]);
    drop(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _store = SqliteStore::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn the_settings_took_effect() {
    let (_outer, _path, store) = opened();
    let number = |connection: &Connection, pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).unwrap()
    };
    let writer = store.writer.lock().unwrap();
    let full = 2;
    for (pragma, expected) in [
        ("synchronous", full),
        ("secure_delete", 1),
        ("wal_autocheckpoint", 1000),
        ("journal_size_limit", 16 << 20),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("mmap_size", 0),
    ] {
        assert_eq!(number(&writer.connection, pragma), expected, "{pragma}");
    }
    store
        .readers
        .with(|reader| {
            assert_eq!(number(reader, "trusted_schema"), 0);
            assert!(reader.execute("DELETE FROM fence", []).is_err());
            Ok(())
        })
        .unwrap();
}

#[test]
fn closing_leaves_one_file_with_everything_in_it() {
    for close in [true, false] {
        let (_outer, path, store) = opened();
        store.commit_now(&put(b"k", 1, b"v")).unwrap();
        assert!(beside(&path).iter().all(|file| file.exists()));
        if close {
            store.close().unwrap();
        } else {
            drop(store);
        }
        assert!(!beside(&path).iter().any(|file| file.exists()));
        assert_eq!(value(&SqliteStore::open(&path).unwrap(), b"k").unwrap(), b"v");
    }
}

#[test]
fn the_write_ahead_log_stays_bounded() {
    let (_outer, path, store) = opened();
    let [wal, _] = beside(&path);
    let mut longest = 0;
    for version in 1..=40 {
        store.commit_now(&put(b"k", version, &vec![7; 1 << 20])).unwrap();
        longest = longest.max(fs::metadata(&wal).unwrap().len());
    }
    assert!(longest < 8 << 20, "{longest}");
}

#[test]
fn what_is_not_a_store_is_refused_and_left_alone() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("other");
    let refused = |expected: OpenError| {
        let before = fs::read(&path).unwrap();
        assert_eq!(SqliteStore::open(&path).err().unwrap(), expected);
        assert_eq!(fs::read(&path).unwrap(), before);
    };
    fs::write(&path, vec![b'x'; 5000]).unwrap();
    refused(OpenError::Foreign);
    fs::write(&path, b"short").unwrap();
    refused(OpenError::Foreign);
    fs::remove_file(&path).unwrap();
    run(&path, "CREATE TABLE t (a)");
    refused(OpenError::Foreign);
    run(&path, "PRAGMA user_version = 1");
    refused(OpenError::Foreign);
    run(&path, "DROP TABLE t; PRAGMA application_id = 7");
    refused(OpenError::Foreign);
}

#[test]
fn a_later_schema_is_refused_with_both_versions() {
    let (_outer, path, store) = opened();
    drop(store);
    run(&path, "PRAGMA user_version = 2");
    let refused = SqliteStore::open(&path).err().unwrap();
    assert_eq!(refused, OpenError::TooNew { found: 2, known: 1 });
    assert!(refused.to_string().contains("schema 2, this release knows 1"));
}

#[test]
fn a_store_that_was_never_finished_is_finished() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store.db");
    fs::write(&path, b"").unwrap();
    let store = SqliteStore::open(&path).unwrap();
    store.commit_now(&put(b"k", 1, b"v")).unwrap();
}

#[test]
fn a_name_that_looks_like_a_uri_is_a_name() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("file:x?mode=memory");
    SqliteStore::open(&path).unwrap().commit_now(&put(b"k", 1, b"v")).unwrap();
    assert_eq!(value(&SqliteStore::open(&path).unwrap(), b"k").unwrap(), b"v");
}

#[test]
fn a_failing_commit_is_rolled_back_and_fenced_off() {
    let (_outer, path, store) = opened();
    store.commit_now(&put(b"k", 1, b"old")).unwrap();
    // A violation that SQLite finds at COMMIT and not before.
    on_writer(
        &store,
        "CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TEMP TABLE child (id REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TEMP TRIGGER fails AFTER UPDATE ON main.record WHEN new.version = 2
         BEGIN INSERT INTO child VALUES (1); END;
         PRAGMA foreign_keys = ON;",
    );
    let both = Batch {
        put: [put(b"k", 2, b"new").put, put(b"l", 1, b"l").put].concat(),
        ..Batch::default()
    };
    assert!(matches!(store.commit_now(&both), Err(CommitError::Failed(_))));
    assert_eq!((value(&store, b"k"), value(&store, b"l")), (Some(b"old".to_vec()), None));
    store.commit_now(&put(b"k", 3, b"newer")).unwrap();
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!((value(&store, b"k"), value(&store, b"l")), (Some(b"newer".to_vec()), None));
    let raised = "SELECT raised FROM fence";
    let raised = store.readers.with(|reader| reader.query_row(raised, [], |row| row.get(0)));
    assert_eq!(raised, Ok(1_i64));
}

#[test]
fn a_commit_in_doubt_holds_up_later_ones_until_it_is_fenced_off() {
    let (_outer, _path, store) = opened();
    store.commit_now(&put(b"k", 1, b"old")).unwrap();
    on_writer(
        &store,
        "CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TEMP TABLE child (id REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TEMP TRIGGER fails AFTER UPDATE ON main.record
         BEGIN INSERT INTO child VALUES (1); END;
         CREATE TEMP TRIGGER fails_too AFTER UPDATE ON main.fence
         BEGIN INSERT INTO child VALUES (1); END;
         PRAGMA foreign_keys = ON;",
    );
    assert!(store.commit_now(&put(b"k", 2, b"new")).is_err());
    on_writer(&store, "DROP TRIGGER fails");
    let Err(CommitError::Failed(StoreError(why))) = store.commit_now(&put(b"k", 2, b"new")) else {
        panic!("committed after a doubtful commit");
    };
    assert!(why.contains("in doubt"), "{why}");
    assert_eq!(value(&store, b"k").unwrap(), b"old");
    on_writer(&store, "DROP TRIGGER fails_too");
    store.commit_now(&put(b"k", 2, b"new")).unwrap();
    assert_eq!(value(&store, b"k").unwrap(), b"new");
}

#[test]
fn a_full_database_fails_cleanly() {
    let (_outer, _path, store) = opened();
    store.commit_now(&put(b"k", 1, b"v")).unwrap();
    on_writer(&store, "PRAGMA max_page_count = 20");
    let big = vec![1; 1 << 20];
    assert!(matches!(store.commit_now(&put(b"k", 2, &big)), Err(CommitError::Failed(_))));
    assert_eq!(value(&store, b"k").unwrap(), b"v");
    store.commit_now(&put(b"k", 3, b"w")).unwrap();
    assert_eq!(value(&store, b"k").unwrap(), b"w");
}

#[test]
fn a_backup_is_a_store_with_the_same_entries() {
    let (outer, _path, store) = opened();
    for n in 0..=255 {
        store.commit_now(&put(&[n], u64::MAX - u64::from(n), &vec![n; 3000])).unwrap();
    }
    let copy = outer.path().join("copy.db");
    store.backup_to(&copy).unwrap();
    assert_eq!(fs::metadata(&copy).unwrap().mode() & 0o777, 0o600);
    assert!(store.backup_to(&copy).is_err(), "an existing file was overwritten");
    store.commit_now(&put(b"later", 1, b"")).unwrap();
    let copied = SqliteStore::open(&copy).unwrap();
    let all = |store: &SqliteStore| store.scan_now(b"", &[0xff; 2], usize::MAX).unwrap();
    assert_eq!(all(&copied).len(), 256);
    assert!(all(&store).iter().filter(|entry| entry.key != b"later").eq(&all(&copied)));
}

#[test]
fn the_deleted_is_overwritten() {
    let (_outer, path, store) = opened();
    let needle = b"something that must not be found in the file any more";
    store.commit_now(&put(b"k", 1, needle)).unwrap();
    store.close().unwrap();
    let found = |path: &Path| fs::read(path).unwrap().windows(needle.len()).any(|at| at == needle);
    assert!(found(&path));
    let store = SqliteStore::open(&path).unwrap();
    let delete = Batch { delete: vec![b"k".to_vec()], ..Batch::default() };
    store.commit_now(&delete).unwrap();
    store.close().unwrap();
    assert!(!found(&path));
}

#[test]
fn a_key_of_the_greatest_length_fits() {
    let (_outer, _path, store) = opened();
    let key = [0xff; MAX_STORE_KEY];
    store.commit_now(&put(&key, 1, b"v")).unwrap();
    assert_eq!(value(&store, &key).unwrap(), b"v");
}
