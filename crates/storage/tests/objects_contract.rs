//! The contract of the `Objects` port, clause by clause, against every adapter.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the time of this test")]

mod common;

use common::now;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::Arc;
use strongroom_engine::ports::Clock;
use strongroom_engine::ports::archive::Objects;
use strongroom_storage::{DirectoryObjects, MAX_OBJECT, MemoryObjects};
use strongroom_types::Timestamp;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }
}

/// Runs `clause` on new objects of each kind.
fn each(clause: impl Fn(&dyn Objects)) {
    clause(&MemoryObjects::new(Arc::new(SystemClock)));
    let outer = tempfile::tempdir().unwrap();
    clause(&DirectoryObjects::new(&outer.path().join("trail")));
}

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

fn put(objects: &dyn Objects, key: &str) {
    now(objects.put("bucket", key, key.as_bytes(), &none())).unwrap();
}

fn keys(objects: &dyn Objects, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
    let found = now(objects.list("bucket", prefix, after, limit)).unwrap();
    found.into_iter().map(|summary| summary.key).collect()
}

#[test]
fn what_is_not_there_is_no_error() {
    each(|objects| {
        assert_eq!(now(objects.get("bucket", "a/b")).unwrap(), None);
        assert_eq!(keys(objects, "", None, 10), <[String; 0]>::default());
        put(objects, "a/b");
        for (bucket, key) in
            [("bucket", "a"), ("bucket", "a/b/c"), ("bucket", "x"), ("other", "a/b")]
        {
            assert_eq!(now(objects.get(bucket, key)).unwrap(), None, "{bucket} {key}");
        }
        assert_eq!(now(objects.list("other", "", None, 10)).unwrap(), []);
    });
}

#[test]
fn an_object_comes_back_as_it_was_put_and_replaces_another() {
    let metadata: BTreeMap<String, String> =
        [("signature", "0a1b"), ("quoted", "\"\n\u{e9}")].map(|(n, v)| (n.into(), v.into())).into();
    each(|objects| {
        let before = SystemClock.now();
        for (body, metadata) in
            [(&[0, 255, 10][..], &metadata), (b"", &none()), (b"third, longer", &metadata)]
        {
            now(objects.put("bucket", "a/b.json.gz", body, metadata)).unwrap();
            let found = now(objects.get("bucket", "a/b.json.gz")).unwrap().unwrap();
            assert_eq!((&*found.body, &found.metadata), (body, metadata));
            // A file system's clock may lag by a tick of the kernel.
            assert!(found.modified.plus_millis(50) >= before);
            assert!(found.modified <= SystemClock.now());
            let listed = now(objects.list("bucket", "", None, 10)).unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].key, "a/b.json.gz");
            assert_eq!(listed[0].size, u64::try_from(body.len()).unwrap());
            assert_eq!(listed[0].modified, found.modified);
        }
    });
}

#[test]
fn keys_that_lead_elsewhere_hold_nothing() {
    let hostile = [
        "",
        ".",
        "..",
        "/",
        "/a",
        "a/",
        "a//b",
        "../bucket/a",
        "a/../a",
        "a/./b",
        "a\0b",
        "a\\b",
        "%2e%2e/a",
        "a b",
        "a~",
        "a.metadata",
        "é",
    ];
    let long = ["a".repeat(300), vec!["a"; 600].join("/")];
    each(|objects| {
        put(objects, "a");
        for key in hostile.into_iter().chain(long.iter().map(String::as_str)) {
            assert!(now(objects.put("bucket", key, b"", &none())).is_err(), "{key:?}");
            assert_eq!(now(objects.get("bucket", key)).unwrap(), None, "{key:?}");
            let listed = keys(objects, key, None, 10);
            assert_eq!(listed.len(), usize::from(key.is_empty()), "{key:?}");
            keys(objects, "", Some(key), 10);
        }
        for bucket in ["", "..", ".", "a/b", "Bucket", "bucket/", "bucket\0", "ab"] {
            assert!(!objects.has_bucket(bucket));
            assert!(now(objects.put(bucket, "a", b"", &none())).is_err(), "{bucket:?}");
            assert_eq!(now(objects.get(bucket, "a")).unwrap(), None, "{bucket:?}");
            assert_eq!(now(objects.list(bucket, "", None, 10)).unwrap(), [], "{bucket:?}");
        }
        assert!(objects.has_bucket("bucket") && objects.has_bucket("another"));
        assert_eq!(keys(objects, "", None, 10), ["a"]);
    });
}

#[test]
fn a_listing_is_in_byte_order_of_whole_keys() {
    // As directories and files these would sort otherwise: `-` and `.` come before `/`.
    let ordered =
        ["A/z", "a-b", "a-b.c/d", "a.b", "a/b", "a/b-", "a/b.d/c", "a0", "aa/b/c", "aa/b/d", "b"];
    each(|objects| {
        for key in ordered.iter().rev() {
            put(objects, key);
        }
        assert_eq!(keys(objects, "", None, 100), ordered);
        assert_eq!(keys(objects, "", None, 3), ordered[..3]);
        assert_eq!(keys(objects, "", None, 0), <[&str; 0]>::default());
        assert_eq!(keys(objects, "", Some("a.b"), 2), ordered[4..6]);
        assert_eq!(keys(objects, "", Some("a/b.d/"), 2), ordered[6..8]);
        assert_eq!(keys(objects, "a/", Some("A"), 9), ordered[4..7]);
        assert_eq!(keys(objects, "a/b", Some("a/b"), 9), ordered[5..7]);
        assert_eq!(keys(objects, "aa/b/", None, 9), ordered[8..10]);
        assert_eq!(keys(objects, "aa/b", None, 9), ordered[8..10]);
        assert_eq!(keys(objects, "a", Some("b"), 9), <[&str; 0]>::default());
        assert_eq!(keys(objects, "b/", None, 9), <[&str; 0]>::default());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn both_adapters_list_the_same(
        names in btree_set(vec("[ab.-]{1,2}[x0]", 1..4), 0..25),
        prefix in "([ab.-]{1,2}[x0]/){0,2}[ab.-]{0,2}",
        after in proptest::option::of("([ab.-]{1,2}[x0]/?){0,3}"),
        limit in 0_usize..30,
    ) {
        let memory = MemoryObjects::new(Arc::new(SystemClock));
        let outer = tempfile::tempdir().unwrap();
        let directory = DirectoryObjects::new(outer.path());
        for name in names {
            // A name that is a directory already is no file's.
            let key = name.join("/");
            if now(directory.put("bucket", &key, b"", &none())).is_ok() {
                put(&memory, &key);
            }
        }
        let of = |objects: &dyn Objects| keys(objects, &prefix, after.as_deref(), limit);
        prop_assert_eq!(of(&directory), of(&memory));
    }
}

#[test]
fn pages_put_together_are_the_whole() {
    each(|objects| {
        for day in 0..7 {
            for number in 0..40 {
                put(objects, &format!("AWSLogs/2026/{day:02}/{number:03}.gz"));
            }
        }
        let whole = keys(objects, "AWSLogs/", None, 1000);
        assert_eq!(whole.len(), 280);
        let (mut pages, mut after) = (Vec::new(), None);
        while let page @ [.., _] = &*keys(objects, "AWSLogs/", after.as_deref(), 9) {
            pages.extend_from_slice(page);
            after = page.last().cloned();
        }
        assert_eq!(pages, whole);
    });
}

#[test]
fn files_are_private_whole_and_named_as_promised() {
    let outer = tempfile::tempdir().unwrap();
    let objects = DirectoryObjects::new(&outer.path().join("trail"));
    let metadata = [("signature".to_owned(), "ab".to_owned())].into();
    now(objects.put("bucket", "a/b.gz", b"body", &metadata)).unwrap();
    let folder = outer.path().join("trail/bucket/a");
    assert_eq!(fs::read(folder.join("b.gz")).unwrap(), b"body");
    assert_eq!(fs::read(folder.join("b.gz.metadata")).unwrap(), br#"{"signature":"ab"}"#);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!((mode(&folder), mode(&folder.join("b.gz"))), (0o700, 0o600));
    assert_eq!(mode(&folder.join("b.gz.metadata")), 0o600);
    // A crash's leavings are neither listed nor in the way.
    fs::write(folder.join("b.gz~"), b"half").unwrap();
    fs::write(folder.join("c.gz.metadata"), b"{}").unwrap();
    assert_eq!(keys(&objects, "", None, 10), ["a/b.gz"]);
    assert_eq!(now(objects.get("bucket", "a/c.gz")).unwrap(), None);
    now(objects.put("bucket", "a/b.gz", b"new", &none())).unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn links_are_not_followed() {
    let outer = tempfile::tempdir().unwrap();
    let outside = outer.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), b"secret").unwrap();
    let objects = DirectoryObjects::new(&outer.path().join("trail"));
    put(&objects, "a/b");
    let bucket = outer.path().join("trail/bucket");
    symlink(&outside, bucket.join("folder")).unwrap();
    symlink(outside.join("secret"), bucket.join("file")).unwrap();
    symlink(&outside, outer.path().join("trail/linked")).unwrap();
    for (bucket, key) in [("bucket", "folder/secret"), ("bucket", "file"), ("linked", "secret")] {
        assert_eq!(now(objects.get(bucket, key)).unwrap(), None, "{key}");
        assert_eq!(now(objects.list(bucket, "folder/", None, 9)).unwrap(), [], "{key}");
    }
    assert_eq!(keys(&objects, "", None, 10), ["a/b"]);
    assert!(now(objects.put("bucket", "folder/new", b"", &none())).is_err());
    assert!(now(objects.put("linked", "new", b"", &none())).is_err());
    // A link in the place of an object is replaced, not written through.
    now(objects.put("bucket", "file", b"mine", &none())).unwrap();
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn what_is_damaged_or_too_long_is_an_error_and_no_panic() {
    let outer = tempfile::tempdir().unwrap();
    let objects = DirectoryObjects::new(outer.path());
    let metadata = [("n".to_owned(), "v".to_owned())].into();
    now(objects.put("bucket", "a", b"body", &metadata)).unwrap();
    fs::write(outer.path().join("bucket/a.metadata"), b"[1]").unwrap();
    let error = now(objects.get("bucket", "a")).unwrap_err().to_string();
    assert!(error.starts_with("trail: bucket \"bucket\", object \"a\": "), "{error}");
    fs::write(outer.path().join("bucket/a.metadata"), vec![b' '; 20_000]).unwrap();
    assert!(now(objects.get("bucket", "a")).is_err());
    let long = fs::File::create(outer.path().join("bucket/long")).unwrap();
    long.set_len(MAX_OBJECT + 1).unwrap();
    assert!(now(objects.get("bucket", "long")).is_err());
    fs::write(outer.path().join("file"), b"").unwrap();
    let under_a_file = DirectoryObjects::new(&outer.path().join("file"));
    assert!(now(under_a_file.put("bucket", "a", b"", &none())).is_err());
}

#[test]
fn a_future_that_is_not_awaited_does_nothing() {
    each(|objects| {
        drop(objects.put("bucket", "a", b"", &none()));
        assert_eq!(now(objects.get("bucket", "a")).unwrap(), None);
    });
}
