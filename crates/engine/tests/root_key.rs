//! Another root key and other domain keys: nothing is lost, whenever the process ends, and nothing
//! hangs from the keys before once they are destroyed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::await_holding_lock, reason = "one thread, which waits for nobody")]

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use strongroom_crypto::SecretKey;
use strongroom_engine::ledger::OpenError;
use strongroom_engine::ports::{Batch, Store as _};
use strongroom_engine::{DomainRotation, root_fingerprint};
use strongroom_keys::{LocalRootKey, RootKey, domain_number};
use strongroom_testkit::{Kit, Port, World, base64, region};

/// Root keys of tests: all bytes the same.
fn root(byte: u8) -> Arc<dyn RootKey> {
    let key = SecretKey::from_slice(&[byte; 32]).unwrap();
    Arc::new(LocalRootKey::new(key).unwrap())
}

/// The root key of every world's beginning.
const FIRST: u8 = 0x5a;

fn replace(kit: &Kit, byte: u8, domains: bool) -> Result<(), String> {
    let replaced = kit.engine().replace_root_key(root(byte), domains, region());
    kit.block_on(replaced).map_err(|why| why.to_string())
}

fn step(kit: &Kit) -> DomainRotation {
    kit.block_on(kit.engine().continue_domain_rotation(region(), true)).unwrap()
}

/// Walks to the end of the walk that is due.
fn walk(kit: &Kit) -> DomainRotation {
    loop {
        match step(kit) {
            DomainRotation::Walking => {}
            end => return end,
        }
    }
}

/// Delivers all there is, so that segments of the journal are removed.
fn deliver(kit: &Kit) {
    loop {
        let round = kit.block_on(kit.engine().begin_round(&mut kit.tail())).unwrap();
        let Some(round) = round else { return };
        kit.block_on(kit.engine().end_round(&mut kit.tail(), &round)).unwrap();
    }
}

/// A thing of each kind, and ciphertexts that must decrypt for ever.
struct Things {
    key: String,
    ciphertexts: Vec<String>,
}

impl Things {
    fn new(kit: &Kit) -> Self {
        let key = kit.create_key().to_string();
        let done = |operation: &str, input: Value| kit.call(operation, &input).ok().json();
        done("CreateAlias", json!({ "AliasName": "alias/one", "TargetKeyId": key }));
        done("RotateKeyOnDemand", json!({ "KeyId": key }));
        let user = "arn:aws:iam::111122223333:root";
        let grant = json!({ "KeyId": key, "GranteePrincipal": user, "Operations": ["Decrypt"] });
        done("CreateGrant", grant);
        done("CreateKey", json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" }));
        let mut things = Self { key, ciphertexts: Vec::new() };
        things.encrypt(kit);
        things
    }

    fn encrypt(&mut self, kit: &Kit) {
        let input = json!({ "KeyId": "alias/one", "Plaintext": base64(b"the plaintext") });
        let made = kit.call("Encrypt", &input).ok().json();
        self.ciphertexts.push(made["CiphertextBlob"].as_str().unwrap().to_owned());
    }

    /// All that was made is there and works.
    #[track_caller]
    fn check(&self, kit: &Kit) {
        for blob in &self.ciphertexts {
            let opened = kit.call("Decrypt", &json!({ "CiphertextBlob": blob })).ok().json();
            assert_eq!(opened["Plaintext"], base64(b"the plaintext"));
        }
        let grants = kit.call("ListGrants", &json!({ "KeyId": self.key })).ok().json();
        assert_eq!(grants["Grants"].as_array().unwrap().len(), 1);
        let keys = kit.call("ListKeys", &json!({})).ok().json();
        assert!(keys["Keys"].as_array().unwrap().len() >= 2);
    }
}

/// The numbers of the domain keys that records are sealed under, the head's and those of changes
/// that wait for delivery excepted.
fn numbers(world: &World) -> Vec<u32> {
    let is_sealed = |key: &[u8]| {
        let is_kept = [b"d/".as_slice(), b"u/"].iter().any(|prefix| key.starts_with(prefix));
        !is_kept && key != b"root" && key != b"head"
    };
    let entries = world.store.entries().into_iter().filter(|entry| is_sealed(&entry.key));
    let mut numbers: Vec<u32> =
        entries.map(|entry| domain_number(&entry.found.value).unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn domain_keys(world: &World) -> Vec<String> {
    let entries = world.store.entries().into_iter().filter(|entry| entry.key.starts_with(b"d/"));
    entries.map(|entry| String::from_utf8(entry.key).unwrap()).collect()
}

#[test]
fn another_root_key_opens_the_store_and_the_one_before_does_not() {
    let kit = Kit::new();
    let mut things = Things::new(&kit);
    replace(&kit, 7, false).unwrap();
    assert_eq!(kit.engine().root_fingerprint(), root(7).fingerprint());
    things.check(&kit);
    things.encrypt(&kit);
    // A Region that is used for the first time afterwards.
    let mut abroad = kit.owner();
    abroad.region = "eu-north-1".parse().unwrap();
    let _ = kit.block_on(abroad.call("CreateKey", &json!({}))).ok();
    drop(abroad);
    let mut world = kit.stop();
    assert_eq!(world.root, [FIRST; 32]);
    let Err(refused) = world.snapshot().open() else { panic!("the old root key opens it") };
    assert!(matches!(refused, OpenError::RootKey { .. }), "{refused}");
    world.root = [7; 32];
    let kit = world.open().unwrap();
    things.check(&kit);
    assert_eq!(walk(&kit), DomainRotation::None);
    let events = kit.world.trail();
    assert_eq!(events.iter().filter(|event| event.operation == "ReplaceRootKey").count(), 1);
}

#[test]
fn domain_keys_from_before_are_destroyed_once_nothing_hangs_from_them() {
    let kit = Kit::new();
    let mut things = Things::new(&kit);
    assert_eq!(numbers(&kit.world), [1]);
    replace(&kit, 7, true).unwrap();
    things.encrypt(&kit);
    assert_eq!(walk(&kit), DomainRotation::Waiting);
    assert_eq!(numbers(&kit.world), [2]);
    assert_eq!(domain_keys(&kit.world).len(), 4, "{:?}", domain_keys(&kit.world));
    deliver(&kit);
    // A session token or an import token may still be under the old ones.
    kit.world.clock.advance_days(1);
    assert_eq!(walk(&kit), DomainRotation::Waiting);
    kit.world.clock.advance_days(1);
    things.check(&kit);
    assert_eq!(walk(&kit), DomainRotation::Destroyed);
    let left = domain_keys(&kit.world);
    assert!(left.len() == 2 && left.iter().all(|place| place.ends_with("/0000000002")), "{left:?}");
    things.check(&kit);
    assert_eq!(walk(&kit), DomainRotation::None);
    let mut world = kit.stop();
    world.root = [7; 32];
    let kit = world.open().unwrap();
    things.check(&kit);
    things.encrypt(&kit);
    // Once more, from there.
    replace(&kit, 8, true).unwrap();
    assert_eq!(walk(&kit), DomainRotation::Waiting);
    assert_eq!(numbers(&kit.world), [3]);
    things.check(&kit);
}

#[test]
fn a_clock_that_is_not_believed_destroys_nothing() {
    let kit = Kit::new();
    let things = Things::new(&kit);
    replace(&kit, 7, true).unwrap();
    assert_eq!(walk(&kit), DomainRotation::Waiting);
    deliver(&kit);
    kit.world.clock.advance_days(30);
    let step =
        |believed| kit.block_on(kit.engine().continue_domain_rotation(region(), believed)).unwrap();
    assert_eq!(step(false), DomainRotation::Waiting);
    assert_eq!(domain_keys(&kit.world).len(), 4);
    assert_eq!(step(true), DomainRotation::Destroyed);
    things.check(&kit);
}

/// Whoever can write to the store has kept a domain key wrapped under the root key of now, and puts it
/// back once it is destroyed.
#[test]
fn a_destroyed_domain_key_that_is_put_back_opens_nothing() {
    let kit = Kit::new();
    let things = Things::new(&kit);
    let user = json!({ "KeyId": things.key, "GranteePrincipal": "arn:aws:iam::111122223333:root",
                       "Operations": ["Encrypt"] });
    let token = kit.call("CreateGrant", &user).ok().json()["GrantToken"].clone();
    let uses = |kit: &Kit| {
        let input = json!({ "KeyId": things.key, "Plaintext": "AA==", "GrantTokens": [token] });
        kit.call("Encrypt", &input)
    };
    replace(&kit, 7, true).unwrap();
    assert_eq!(walk(&kit), DomainRotation::Waiting);
    let kept = kit.world.store.entries().into_iter().find(|e| e.key == b"d/global/0000000001");
    let kept = kept.unwrap();
    assert!(uses(&kit).is_ok(), "a token of before is good for the time being");
    deliver(&kit);
    kit.world.clock.advance_days(2);
    assert_eq!(walk(&kit), DomainRotation::Destroyed);
    let mut world = kit.stop();
    let batch = Batch { put: vec![(kept.key, kept.found)], ..Batch::default() };
    Kit::new().block_on(world.store.commit(&batch)).unwrap();
    world.root = [7; 32];
    let kit = world.open().unwrap();
    assert_eq!(uses(&kit).code(), "InvalidGrantTokenException");
}

#[test]
fn a_second_rotation_before_the_first_has_ended_leaves_nothing_behind() {
    let kit = Kit::new();
    let things = Things::new(&kit);
    replace(&kit, 7, true).unwrap();
    let _ = step(&kit);
    replace(&kit, 8, true).unwrap();
    assert_eq!(walk(&kit), DomainRotation::Waiting);
    assert_eq!(numbers(&kit.world), [3]);
    deliver(&kit);
    kit.world.clock.advance_days(2);
    assert_eq!(walk(&kit), DomainRotation::Destroyed);
    let mut world = kit.stop();
    world.root = [8; 32];
    things.check(&world.open().unwrap());
}

/// Opens a copy of the world with the root key that its store names, and checks it.
#[track_caller]
fn survives(world: &World, things: &Things) {
    let mut copy = world.snapshot();
    let mark = Kit::new().block_on(root_fingerprint(&copy.store)).unwrap().unwrap();
    let byte = [FIRST, 7].into_iter().find(|byte| root(*byte).fingerprint() == mark);
    copy.root = [byte.expect("one of the two"); 32];
    things.check(&copy.open().unwrap());
}

#[test]
fn whoever_is_killed_at_any_step_goes_on() {
    let kit = Kit::new();
    let things = Things::new(&kit);
    deliver(&kit);
    survives(&kit.world, &things);
    replace(&kit, 7, true).unwrap();
    survives(&kit.world, &things);
    for _ in 0..2 {
        loop {
            let now = step(&kit);
            survives(&kit.world, &things);
            if now != DomainRotation::Walking {
                break;
            }
        }
        deliver(&kit);
        kit.world.clock.advance_days(2);
    }
    assert_eq!(domain_keys(&kit.world).len(), 2);
}

#[test]
fn a_commit_that_fails_changes_nothing_and_is_tried_again() {
    for failing in 0..12 {
        let kit = Kit::new();
        let things = Things::new(&kit);
        deliver(&kit);
        kit.world.faults.nth(&[Port::Commit], failing);
        if replace(&kit, 7, true).is_err() {
            assert_eq!(kit.engine().root_fingerprint(), root(FIRST).fingerprint());
            replace(&kit, 7, true).unwrap();
        }
        for _ in 0..2 {
            let step = || kit.block_on(kit.engine().continue_domain_rotation(region(), true));
            while let Ok(DomainRotation::Walking) | Err(_) = step() {}
            things.check(&kit);
            // Whoever delivers tries again, too.
            kit.world.faults.heal();
            deliver(&kit);
            kit.world.clock.advance_days(2);
        }
        assert_eq!(domain_keys(&kit.world).len(), 2, "failing at {failing}");
        survives(&kit.world, &things);
    }
}

#[test]
fn requests_go_on_while_keys_are_rotated() {
    let kit = World::default().open_with_threads(4).unwrap();
    let key = kit.create_key().to_string();
    let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let workers: Vec<_> = (0..6)
        .map(|number| {
            let (client, key) = (kit.owner(), key.clone());
            let (stop, served) = (stop.clone(), served.clone());
            kit.spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let input = json!({ "KeyId": key, "Plaintext": base64(b"text") });
                    let made = client.call("Encrypt", &input).await.ok().json();
                    let input = json!({ "CiphertextBlob": made["CiphertextBlob"] });
                    let _ = client.call("Decrypt", &input).await.ok();
                    if number == 0 {
                        let made = client.call("CreateKey", &json!({})).await.ok().json();
                        let id = &made["KeyMetadata"]["KeyId"];
                        let _ = client.call("DisableKey", &json!({ "KeyId": id })).await.ok();
                    }
                    served.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    for byte in 10..30 {
        let before = served.load(Ordering::SeqCst);
        replace(&kit, byte, true).unwrap();
        assert_eq!(walk(&kit), DomainRotation::Waiting);
        while served.load(Ordering::SeqCst) < before + 6 {
            std::thread::yield_now();
        }
    }
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        kit.block_on(worker).unwrap();
    }
    let mut world = kit.stop();
    world.root = [29; 32];
    let kit = world.open().unwrap();
    let _ = kit.call("DescribeKey", &json!({ "KeyId": key })).ok();
}
