//! The check of a store at rest: it names what is wrong, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use std::sync::Arc;
use strongroom_crypto::SecretKey;
use strongroom_engine::check::{Checked, Told};
use strongroom_engine::still::Still;
use strongroom_keys::{DomainFloorRecord, LocalRootKey, RestoreRecord};
use strongroom_testkit::{Kit, World};
use strongroom_types::{AccountId, KeyArn, Timestamp};
use tokio::runtime::Builder;

fn check(world: &World) -> (Checked, Vec<(String, String)>) {
    let key = LocalRootKey::new(SecretKey::from_slice(&world.root).unwrap()).unwrap();
    let (store, log) = (Arc::new(world.store.clone()), Box::new(world.log.clone()));
    let mut found = Vec::new();
    let told = Told {
        finding: &mut |finding| found.push((finding.place, finding.what)),
        progress: &mut |_, _| {},
    };
    let checked = Builder::new_current_thread().build().unwrap().block_on(async {
        let mut still = Still::open(store, log, Arc::new(key)).await.unwrap();
        still.check(told).await.unwrap()
    });
    assert_eq!(checked.findings, found.len() as u64);
    (checked, found)
}

/// A store with one of most things, and a key in it.
fn world() -> (World, KeyArn) {
    let kit = Kit::new();
    let key = kit.create_key();
    let other = kit.create_key().to_string();
    let id = key.to_string();
    let _ = kit.call("CreateAlias", &json!({ "AliasName": "alias/one", "TargetKeyId": id })).ok();
    let grantee = format!("arn:aws:iam::{}:root", AccountId::INITIAL);
    let grant = json!({
        "KeyId": id, "GranteePrincipal": grantee, "RetiringPrincipal": grantee,
        "Operations": ["Decrypt"], "Name": "one"
    });
    let _ = kit.call("CreateGrant", &grant).ok();
    let _ = kit.call("EnableKeyRotation", &json!({ "KeyId": id })).ok();
    let _ = kit.call("ScheduleKeyDeletion", &json!({ "KeyId": other })).ok();
    for _ in 0..5 {
        let _ = kit.call("Encrypt", &json!({ "KeyId": id, "Plaintext": "eA==" })).ok();
    }
    let kit = kit.restart();
    let _ = kit.call("Encrypt", &json!({ "KeyId": id, "Plaintext": "eA==" })).ok();
    (kit.stop(), key)
}

fn place(key: &KeyArn) -> String {
    format!("k/{}/{}/{}", key.account, key.region, key.key)
}

/// The places beginning with `prefix`.
fn places(world: &World, prefix: &str) -> Vec<Vec<u8>> {
    let entries = world.store.entries().into_iter().map(|entry| entry.key);
    let found: Vec<_> = entries.filter(|key| key.starts_with(prefix.as_bytes())).collect();
    assert!(!found.is_empty(), "{prefix}");
    found
}

/// Exactly these findings, in any order: what the place begins with, and part of what is told.
#[track_caller]
fn assert_found(world: &World, expected: &[(&str, &str)]) {
    let (_, found) = check(world);
    let fits = |(place, what): &(String, String), (start, part): &(&str, &str)| {
        place.starts_with(start) && what.contains(part)
    };
    for one in expected {
        assert!(found.iter().any(|finding| fits(finding, one)), "{one:?} in {found:?}");
    }
    for finding in &found {
        assert!(expected.iter().any(|one| fits(finding, one)), "{finding:?}");
    }
}

#[test]
fn a_sound_store_has_no_findings() {
    let (world, _) = world();
    let (checked, found) = check(&world);
    assert_eq!(found, []);
    let Checked { accounts, keys, materials, aliases, grants, segments, uses, .. } = checked;
    assert_eq!((accounts, keys, materials, aliases, grants, segments), (2, 2, 2, 1, 1, 2));
    assert_eq!(uses, 6);
    assert_eq!(checked.records, world.store.entries().len() as u64);
}

#[test]
fn every_altered_record_is_named_and_no_other() {
    let (world, _) = world();
    for entry in world.store.entries() {
        let place = String::from_utf8(entry.key.clone()).unwrap();
        // The mark decides whether the store is opened at all.
        if place == "root" || place.starts_with("d/") {
            continue;
        }
        let altered = world.snapshot();
        let mut found = entry.found.clone();
        let last = found.value.len() - 1;
        found.value[last] ^= 1;
        altered.put_behind_its_back(&entry.key, Some(found));
        let (_, found) = check(&altered);
        assert!(found.iter().any(|(told, _)| *told == place), "{place}: {found:?}");
        assert!(found.iter().all(|(told, _)| *told == place), "{place}: {found:?}");
    }
}

#[test]
fn a_record_that_was_removed_moved_or_put_back_shows_in_the_head() {
    let (world, key) = world();
    let removed = world.snapshot();
    removed.put_behind_its_back(&places(&world, "cred/")[0], None);
    let (_, found) = check(&removed);
    assert!(found.iter().any(|(place, what)| place == "head" && what.contains("removed")));
    assert!(found.iter().any(|(place, what)| place.starts_with("rk/") && what.contains("cred/")));
    let before = world.stored(place(&key).as_bytes()).unwrap();
    let later = world.snapshot();
    later.edit_key(&key, |record| record.description = "later".to_owned());
    assert_found(&later, &[]);
    later.put_behind_its_back(place(&key).as_bytes(), Some(before.clone()));
    assert_found(&later, &[("head", "put back")]);
    let moved = world.snapshot();
    moved.put_behind_its_back(b"k/111122223333/eu-west-2/nothing", Some(before));
    let (_, found) = check(&moved);
    assert!(found.iter().any(|(place, _)| place == "k/111122223333/eu-west-2/nothing"));
}

#[test]
fn what_does_not_fit_together_is_named() {
    let (world, key) = world();
    let own = place(&key);
    let edited = |edit: &dyn Fn(&mut strongroom_keys::KeyRecord)| {
        let world = world.snapshot();
        world.edit_key(&key, edit);
        world
    };
    assert_found(&edited(&|key| key.material[0].id[0] ^= 1), &[(&own, "key material")]);
    assert_found(&edited(&|key| key.material[0].wrapped[40] ^= 1), &[(&own, "key material")]);
    assert_found(&edited(&|key| key.grants = Some(3)), &[(&own, "counts 3 grants")]);
    assert_found(&edited(&|key| key.policy = "{".to_owned()), &[(&own, "its policy")]);
    let deleted = Timestamp::from_millis(1_900_000_000_000);
    assert_found(&edited(&|key| key.deletion = Some(deleted)), &[(&own, "what is due of it")]);
    assert_found(&edited(&|key| key.rotation = None), &[("due/", "does not say so")]);
    for (gone, told) in [
        ("ak/", vec![("a/", "that its key has it")]),
        ("a/", vec![("ak/", "the alias is missing")]),
        ("gt/", vec![("g/", "as a named one")]),
        ("ge/", vec![("g/", "what its grantee")]),
        ("gr/", vec![("g/", "what its retiring party")]),
        (
            "g/",
            vec![("gt/", "grant is"), ("ge/", "grant is"), ("gr/", "grant is"), ("k/", "counts 1")],
        ),
        ("due/", vec![("k/", "what is due of it")]),
    ] {
        let without = world.snapshot();
        without.remove_record(&places(&world, gone)[0]);
        assert_found(&without, &told);
    }
    let unknown = world.snapshot();
    unknown.put_global("zz/top", &true);
    assert_found(&unknown, &[("zz/top", "no record that this release knows")]);
}

#[test]
fn the_journal_is_read_to_its_end() {
    let (mut world, _) = world();
    let segments = world.journal();
    let (number, whole) = segments[0].clone();
    let mut altered = whole.clone();
    altered[200] ^= 1;
    let mut damaged = segments.clone();
    damaged[0].1 = altered;
    world.replace_journal(&damaged);
    let name = format!("journal segment {number}");
    assert_found(&world, &[(&name, "damaged at record")]);
    // The first of two is gone.
    world.replace_journal(&segments[1..]);
    assert_found(&world, &[("journal segment", "not delivered yet")]);
    // The last one is gone, and the newest changes are in it.
    world.replace_journal(&segments[..1]);
    let (_, found) = check(&world);
    assert_eq!(found, []);
    let mut cut = whole.clone();
    cut.truncate(400);
    world.replace_journal(&[(number, cut)]);
    assert_found(&world, &[("head", "the journal ends before that")]);
    // A store of before, beside a journal that saw more.
    world.replace_journal(&segments);
    let kit = world.open().unwrap();
    let older = kit.world.store.snapshot();
    let _ = kit.create_key();
    let world = kit.stop();
    let world = World { store: older, ..world };
    assert_found(&world, &[("head", "older")]);
}

#[test]
fn what_iam_knows_leads_from_one_to_the_other_and_back() {
    let kit = Kit::new();
    let owner = kit.owner();
    let iam = |action: &str, parameters: &[(&str, &str)]| {
        let _ = kit.block_on(owner.iam(action, parameters)).ok();
    };
    let (user, group) = (("UserName", "ann"), ("GroupName", "ops"));
    let document = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let arn = format!("arn:aws:iam::{}:policy/one", AccountId::INITIAL);
    iam("CreateUser", &[user]);
    iam("CreateAccessKey", &[user]);
    iam("CreateGroup", &[group]);
    iam("AddUserToGroup", &[group, user]);
    iam("CreatePolicy", &[("PolicyName", "one"), ("PolicyDocument", document)]);
    iam("AttachUserPolicy", &[user, ("PolicyArn", &arn)]);
    iam("PutUserPermissionsBoundary", &[user, ("PermissionsBoundary", &arn)]);
    iam("CreateAccountAlias", &[("AccountAlias", "first")]);
    drop(owner);
    let world = kit.stop();
    assert_found(&world, &[]);
    let key = places(&world, "cred/").into_iter().find(|place| {
        // Those of the root users were not made by a request.
        !place.starts_with(b"cred/AKIATESTKIT")
    });
    let key = String::from_utf8(key.unwrap()).unwrap();
    for (gone, told) in [
        (key.as_str(), vec![("iu/", "an access key is missing")]),
        ("iu/", vec![("cred/", "its user"), ("im/", "its user"), ("ia/", "whom"), ("ib/", "whom")]),
        ("ig/", vec![("gn/", "its group is missing")]),
        ("ip/", vec![("iu/", "an attached policy is missing")]),
        ("ia/", vec![("iu/", "is found by"), ("ip/", "counts 1 attachments")]),
        ("ib/", vec![("iu/", "is found by"), ("ip/", "counts 1 attachments")]),
        ("im/", vec![("iu/", "a membership"), ("ig/", "counts 1 users")]),
        ("gn/", vec![("iu/", "a group"), ("ig/", "its name")]),
        ("al/", vec![("acct/", "its alias")]),
    ] {
        let without = world.snapshot();
        without.remove_record(&places(&world, gone)[0]);
        assert_found(&without, &told);
    }
}

#[test]
fn domain_keys_below_their_floor_are_named() {
    let (world, _) = world();
    let domain = places(&world, "d/eu-west-2/").pop().unwrap();
    let floor = |least: u32| {
        let world = world.snapshot();
        let least = vec![("eu-west-2".to_owned(), least)];
        world.put_global("df", &DomainFloorRecord { least });
        check(&world).1
    };
    assert_eq!(floor(1), []);
    let domain = String::from_utf8(domain).unwrap();
    let found = floor(2);
    let is_told =
        |at: &str, what: &str| found.iter().any(|(place, told)| place == at && told.contains(what));
    assert!(is_told(&domain, "was destroyed"), "{found:?}");
    assert!(is_told("df", "the newest is 1"), "{found:?}");
    // One that cannot be read is a finding, and the rest is looked at.
    let altered = world.snapshot();
    altered.put_global("df", &DomainFloorRecord { least: Vec::new() });
    let mut record = altered.stored(b"df").unwrap();
    *record.value.last_mut().unwrap() ^= 1;
    altered.put_behind_its_back(b"df", Some(record));
    assert_found(&altered, &[("df", "")]);
}

#[test]
fn a_history_that_begins_after_the_store_is_named() {
    let (world, _) = world();
    let restored = |first: u64| {
        let world = world.snapshot();
        let (time, backup) = (Timestamp::from_millis(1), [1; 16]);
        let record = RestoreRecord { time, backup, taken: time, sequence: 1, commits: 1, first };
        world.put_global("restored", &record);
        check(&world).1
    };
    assert_eq!(restored(1), []);
    let found = restored(u64::MAX);
    assert!(found.len() == 1 && found[0].1.contains("its history begins"), "{found:?}");
}

#[test]
fn without_its_head_the_rest_is_looked_at() {
    let (world, _) = world();
    let mut head = world.stored(b"head").unwrap();
    *head.value.last_mut().unwrap() ^= 1;
    world.put_behind_its_back(b"head", Some(head));
    assert_found(&world, &[("head", "")]);
}
