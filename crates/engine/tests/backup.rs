//! Backups: whatever is done to one is refused, and what is restored serves on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use strongroom_crypto::SecretKey;
use strongroom_engine::backup::{About, BackupFailure, Item, Output, Reader, read_header};
use strongroom_engine::check::Told;
use strongroom_engine::ledger::OpenError;
use strongroom_engine::ports::{Batch, Clock, Store};
use strongroom_engine::still::Still;
use strongroom_keys::{BackupKey, LocalRootKey, RootKey};
use strongroom_testkit::{Kit, World, region};
use strongroom_types::Timestamp;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn root(bytes: &[u8; 32]) -> Arc<LocalRootKey> {
    Arc::new(LocalRootKey::new(SecretKey::from_slice(bytes).unwrap()).unwrap())
}

fn about(time: Timestamp) -> About {
    let (release, region) = ("0.0.0".to_owned(), Some(region()));
    About { time, release, provider: Some(b"provider".to_vec()), clock_ahead: None, region }
}

fn still(world: &World) -> Still {
    let (store, log) = (Arc::new(world.store.clone()), Box::new(world.log.clone()));
    runtime().block_on(Still::open(store, log, root(&world.root))).unwrap()
}

/// The bytes that `make` writes.
fn written(make: impl FnOnce(Output<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    make(Output {
        bytes: &mut |more| {
            bytes.extend_from_slice(more);
            Ok(())
        },
        progress: &mut |_, _| Ok(()),
    });
    bytes
}

/// A backup of a stopped server.
fn backup_of(world: &World) -> Vec<u8> {
    let mut still = still(world);
    written(|output| {
        let made = runtime().block_on(async {
            let writer = still.back_up(|_| Ok(about(world.clock.now())), output).await?;
            writer.finish()
        });
        let _ = made.unwrap();
    })
}

/// A backup of a running one.
fn backup_while_running(kit: &Kit) -> Vec<u8> {
    written(|output| {
        let made = kit.block_on(async {
            let writer = kit.engine().back_up(|_| Ok(about(kit.engine().now())), output).await?;
            writer.finish()
        });
        let _ = made.unwrap();
    })
}

fn items(mut bytes: &[u8], root_key: &[u8; 32]) -> Result<Vec<Item>, BackupFailure> {
    let header = read_header(&mut bytes)?;
    let mut reader = Reader::open(&header, &*root(root_key), &mut bytes)?;
    let mut items = Vec::new();
    loop {
        let item = reader.next_item()?;
        let is_end = matches!(item, Item::End(_));
        items.push(item);
        if is_end {
            return Ok(items);
        }
    }
}

/// The world that a backup restores, later than `of`; as it is, without a history of its own.
fn restored(bytes: &[u8], of: &World) -> World {
    let mut world = World { root: of.root, ..World::default() };
    let (mut batch, mut segments) = (Batch::default(), Vec::<(u64, Vec<u8>)>::new());
    for item in items(bytes, &of.root).unwrap() {
        match item {
            Item::Journal(number, bytes) => match segments.last_mut() {
                Some((last, segment)) if *last == number => segment.extend(bytes),
                _ => segments.push((number, bytes)),
            },
            other => batch.put.extend(other.entry().map(|entry| (entry.key, entry.found))),
        }
    }
    runtime().block_on(world.store.commit(&batch)).unwrap();
    world.replace_journal(&segments);
    world
}

/// Begins a history of its own; returns its first version.
fn begin_history(world: &World, bytes: &[u8], now: Timestamp) -> u64 {
    let description = read_header(&mut &*bytes).unwrap().description;
    let still = still(world);
    let began = still.begin_history(now, &description, region());
    let began = runtime().block_on(began).unwrap();
    assert_eq!(began.head.sequence, description.sequence);
    began.first
}

fn findings(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let told = Told {
        finding: &mut |finding| found.push(format!("{}: {}", finding.place, finding.what)),
        progress: &mut |_, _| {},
    };
    let _ = runtime().block_on(still(world).check(told)).unwrap();
    found
}

fn small() -> World {
    let kit = Kit::new();
    let _ = kit.create_key();
    kit.stop()
}

#[test]
fn a_flipped_bit_or_another_length_is_refused() {
    let world = small();
    let bytes = backup_of(&world);
    let whole = items(&bytes, &world.root).unwrap();
    assert!(whole.iter().filter(|item| matches!(item, Item::Record(..))).count() > 5);
    assert!(whole.iter().any(|item| matches!(item, Item::Journal(..))));
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(items(&flipped, &world.root).is_err(), "byte {at}");
        assert!(items(&bytes[..at], &world.root).is_err(), "length {at}");
    }
    assert!(items(&[bytes.as_slice(), &[0]].concat(), &world.root).is_err());
    assert!(items(&bytes.repeat(2), &world.root).is_err());
    assert!(matches!(items(&bytes, &[1; 32]), Err(BackupFailure::Backup(_))));
}

#[test]
fn chunks_open_in_their_order_only() {
    let kit = Kit::new();
    for _ in 0..200 {
        let _ = kit.create_key();
    }
    let world = kit.stop();
    let bytes = backup_of(&world);
    let header = read_header(&mut bytes.as_slice()).unwrap().bytes().len();
    let mut chunks: Vec<&[u8]> = Vec::new();
    let mut rest = &bytes[header..];
    while !rest.is_empty() {
        let length = BackupKey::PREFIX + BackupKey::rest(rest.first_chunk().unwrap()).unwrap();
        chunks.push(&rest[..length]);
        rest = &rest[length..];
    }
    assert!(chunks.len() >= 3, "{}", chunks.len());
    let joined = |chunks: &[&[u8]]| [&bytes[..header], &chunks.concat()].concat();
    assert!(items(&joined(&chunks), &world.root).is_ok());
    let mut swapped = chunks.clone();
    swapped.swap(0, 1);
    assert!(items(&joined(&swapped), &world.root).is_err());
    for at in 0..chunks.len() {
        let mut fewer = chunks.clone();
        let _ = fewer.remove(at);
        assert!(items(&joined(&fewer), &world.root).is_err(), "without chunk {at}");
        let mut twice = chunks.clone();
        twice.insert(at, chunks[at]);
        assert!(items(&joined(&twice), &world.root).is_err(), "chunk {at} twice");
    }
    // The chunks of one backup under the header of another.
    let other = backup_of(&world);
    assert_ne!(other, bytes);
    let mixed = [&other[..header], &bytes[header..]].concat();
    assert!(items(&mixed, &world.root).is_err());
}

#[test]
fn what_is_restored_serves_on() {
    let kit = Kit::new();
    let key = kit.create_key().to_string();
    let input = json!({ "KeyId": key, "Plaintext": "aGVsbG8=" });
    let blob = kit.call("Encrypt", &input).ok().json()["CiphertextBlob"].clone();
    let bytes = backup_while_running(&kit);
    // What happens afterwards is not in it.
    let _ = kit.create_key();
    let description = read_header(&mut bytes.as_slice()).unwrap().description;
    assert_eq!((description.accounts, description.keys), (2, 1));
    let of = kit.stop();
    let world = restored(&bytes, &of);
    assert_eq!(findings(&world), Vec::<String>::new());
    let now = of.clock.now();
    let _ = begin_history(&world, &bytes, now);
    assert_eq!(findings(&world), Vec::<String>::new());
    let kit = world.open().unwrap();
    let plain = kit.call("Decrypt", &json!({ "CiphertextBlob": blob })).ok().json();
    assert_eq!(plain["Plaintext"], "aGVsbG8=");
    assert_eq!(kit.call("ListKeys", &json!({})).ok().json()["Keys"].as_array().unwrap().len(), 1);
    let world = kit.stop();
    let told = world.trail().into_iter().filter(|record| record.operation == "RestoreBackup");
    assert_eq!(told.count(), 1);
}

#[test]
fn a_backup_under_load_is_of_one_moment() {
    let kit = World::default().open_with_threads(3).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let (client, stop) = (kit.owner(), stop.clone());
            kit.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let key = client.call("CreateKey", &json!({})).await.ok().json();
                    let key = key["KeyMetadata"]["KeyId"].clone();
                    let input = json!({ "KeyId": key, "Plaintext": "eA==" });
                    let _ = client.call("Encrypt", &input).await.ok();
                    let _ = client.call("DisableKey", &json!({ "KeyId": key })).await.ok();
                }
            })
        })
        .collect();
    let backup = |_| {
        let _ = kit.create_key();
        backup_while_running(&kit)
    };
    let backups: Vec<Vec<u8>> = (0..12).map(backup).collect();
    stop.store(true, Ordering::Relaxed);
    for worker in workers {
        kit.block_on(worker).unwrap();
    }
    let of = kit.stop();
    let mut before = 0;
    for bytes in backups {
        let world = restored(&bytes, &of);
        assert_eq!(findings(&world), Vec::<String>::new());
        let description = read_header(&mut bytes.as_slice()).unwrap().description;
        assert!(description.sequence >= before);
        before = description.sequence;
        // Its journal is no older than its store, and tells of no younger one.
        let _ = world.open().unwrap();
    }
    assert!(before > 20, "{before}");
}

#[test]
fn no_history_takes_what_another_one_has_left() {
    let kit = Kit::new();
    let key = kit.create_key();
    let bytes = backup_while_running(&kit);
    let input = json!({ "KeyId": key.to_string(), "Description": "of the history that is left" });
    let _ = kit.call("UpdateKeyDescription", &input).ok();
    let left = kit.stop();
    let place = format!("k/{}/{}/{}", key.account, key.region, key.key);
    let of_left = left.stored(place.as_bytes()).unwrap();
    let now = left.clock.now();
    let (one, other) = (restored(&bytes, &left), restored(&bytes, &left));
    let firsts = [begin_history(&one, &bytes, now), begin_history(&other, &bytes, now)];
    assert_ne!(firsts[0], firsts[1]);
    assert!(firsts.iter().all(|first| *first > left.head().sequence + 1_000_000));
    let kit = one.open().unwrap();
    let input = json!({ "KeyId": key.to_string(), "Description": "of the new history" });
    let _ = kit.call("UpdateKeyDescription", &input).ok();
    let one = kit.stop();
    let own = one.stored(place.as_bytes()).unwrap();
    assert!(own.version > firsts[0]);
    // Nor does a restore of a later backup, where the clock has gone back since.
    let again = one.snapshot();
    let begun = begin_history(&again, &backup_of(&again), Timestamp::from_millis(0));
    assert!(begun >= one.head().sequence + (1 << 20));
    // A record of the history that was left is noticed, whichever version it is said to have.
    for version in [of_left.version, own.version] {
        let altered = one.snapshot();
        let mut found = of_left.clone();
        found.version = version;
        altered.put_behind_its_back(place.as_bytes(), Some(found));
        assert!(!findings(&altered).is_empty(), "version {version}");
    }
    // Nor is a whole store of it taken for this one's, by the journal that is there.
    let mixed = World { store: left.store.snapshot(), ..one.snapshot() };
    assert!(matches!(mixed.open().err(), Some(OpenError::StoreOlder { .. })));
}

#[test]
fn rounds_of_delivery_go_on_under_other_numbers() {
    let kit = Kit::new();
    let _ = kit.create_key();
    let number = {
        let mut tail = kit.take_tail();
        let round = kit.block_on(kit.engine().begin_round(&mut tail)).unwrap().unwrap();
        kit.block_on(kit.engine().end_round(&mut tail, &round)).unwrap();
        round.number
    };
    let bytes = backup_while_running(&kit);
    let of = kit.stop();
    let world = restored(&bytes, &of);
    let first = begin_history(&world, &bytes, of.clock.now());
    let kit = world.open().unwrap();
    let mut tail = kit.take_tail();
    let round = kit.block_on(kit.engine().begin_round(&mut tail)).unwrap().unwrap();
    assert!(round.number > first && first > number);
    let restore = kit.block_on(kit.engine().restored()).unwrap().unwrap();
    assert_eq!((restore.first, restore.time), (first, of.clock.now()));
}

#[test]
fn a_backup_outlives_delivery() {
    let kit = Kit::new();
    let key = kit.create_key().to_string();
    // Some segments, of which the first are delivered and gone.
    let kit = kit.restart();
    let input = json!({ "KeyId": key, "Plaintext": "eA==" });
    let _ = kit.call("Encrypt", &input).ok();
    let mut tail = kit.take_tail();
    let round = kit.block_on(kit.engine().begin_round(&mut tail)).unwrap().unwrap();
    kit.block_on(kit.engine().end_round(&mut tail, &round)).unwrap();
    drop(tail);
    let kit = kit.restart();
    let _ = kit.call("Encrypt", &input).ok();
    let bytes = backup_while_running(&kit);
    let of = kit.stop();
    let world = restored(&bytes, &of);
    assert_eq!(findings(&world), Vec::<String>::new());
    let kit = world.open().unwrap();
    let mut tail = kit.take_tail();
    let round = kit.block_on(kit.engine().begin_round(&mut tail)).unwrap().unwrap();
    let told: Vec<&str> = round.records.iter().map(|record| record.operation.as_str()).collect();
    assert!(told.contains(&"Encrypt"), "{told:?}");
}

/// Begins a backup of a running server, while `meanwhile` happens where the backup says of itself.
fn begun(kit: &Kit, meanwhile: impl FnOnce(&str)) -> Result<(), BackupFailure> {
    let output = Output { bytes: &mut |_| Ok(()), progress: &mut |_, _| Ok(()) };
    let about = |root: &str| {
        meanwhile(root);
        Ok(about(kit.engine().now()))
    };
    kit.block_on(async { kit.engine().back_up(about, output).await?.finish() }).map(drop)
}

#[test]
fn the_root_key_is_not_replaced_while_a_backup_says_which_it_is() {
    let kit = Kit::new();
    let _ = kit.create_key();
    let engine = kit.engine().clone();
    let mut replacing = Box::pin(engine.replace_root_key(root(&[7; 32]), false, region()));
    let mut context = Context::from_waker(Waker::noop());
    let mut told = String::new();
    begun(&kit, |fingerprint| {
        told = fingerprint.to_owned();
        assert!(replacing.as_mut().poll(&mut context).is_pending());
        assert_eq!(engine.root_fingerprint(), fingerprint);
    })
    .unwrap();
    kit.block_on(replacing).unwrap();
    assert_ne!(engine.root_fingerprint(), told);
    begun(&kit, |fingerprint| assert_eq!(fingerprint, root(&[7; 32]).fingerprint())).unwrap();
}

#[test]
fn a_store_of_another_root_key_is_not_backed_up() {
    let world = small();
    let mut still = still(&world);
    let mut mark = world.stored(b"root").unwrap();
    mark.value = root(&[7; 32]).fingerprint().as_bytes().to_vec();
    world.put_behind_its_back(b"root", Some(mark));
    let output = Output { bytes: &mut |_| Ok(()), progress: &mut |_, _| Ok(()) };
    let made = still.back_up(|_| Ok(about(world.clock.now())), output);
    let why = runtime().block_on(made).map(drop).unwrap_err().to_string();
    assert!(why.contains("try again"), "{why}");
}

#[test]
fn one_backup_is_made_at_a_time() {
    let kit = Kit::new();
    let mut second = None;
    begun(&kit, |_| {
        let output = Output { bytes: &mut |_| Ok(()), progress: &mut |_, _| Ok(()) };
        let mut other = Box::pin(kit.engine().back_up(|_| Ok(about(kit.engine().now())), output));
        let polled = other.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        second = Some(matches!(polled, Poll::Ready(Err(BackupFailure::Busy))));
    })
    .unwrap();
    assert_eq!(second, Some(true));
    begun(&kit, |_| {}).unwrap();
}
