//! Deletion when it is due: the key goes with its aliases, the service says so in the trail, and
//! what was encrypted under it stays closed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::ports::Clock as _;
use strongroom_testkit::{Kit, Port, base64};
use strongroom_types::KeyArn;

fn id(key: &KeyArn) -> Value {
    json!({ "KeyId": key.to_string() })
}

fn ciphertext(kit: &Kit, key: &KeyArn) -> String {
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")});
    kit.call("Encrypt", &input).ok().string("CiphertextBlob")
}

fn run(kit: &Kit) -> usize {
    kit.block_on(kit.engine().run_due_tasks(strongroom_engine::Due::Everything)).unwrap()
}

#[test]
fn a_key_is_deleted_when_it_is_due_and_not_before() {
    let kit = Kit::new();
    let (key, kept) = (kit.create_key(), kit.create_key());
    for (alias, target) in [("alias/one", key), ("alias/two", key), ("alias/kept", kept)] {
        let input = json!({"AliasName": alias, "TargetKeyId": target.to_string()});
        let _ = kit.call("CreateAlias", &input).ok();
    }
    let blob = ciphertext(&kit, &key);
    let _ = kit.call("ScheduleKeyDeletion", &id(&key)).ok();
    let due = kit.world.clock.now().plus_days(30);

    kit.world.clock.set(due.plus_millis(-1));
    assert_eq!(run(&kit), 0);
    let described = kit.call("DescribeKey", &id(&key)).ok().json();
    assert_eq!(described["KeyMetadata"]["KeyState"], "PendingDeletion");

    // Also a server that was down when the time came deletes it.
    let kit = kit.restart();
    kit.world.clock.set(due);
    assert_eq!(run(&kit), 1);
    assert_eq!(run(&kit), 0);

    for kit in [kit.restart()] {
        let gone = kit.call("DescribeKey", &id(&key));
        assert_eq!(gone.code(), "NotFoundException");
        assert_eq!(gone.message(), format!("Key '{key}' does not exist"));
        for alias in ["alias/one", "alias/two"] {
            let gone = kit.call("DescribeKey", &json!({ "KeyId": alias }));
            let arn = format!("arn:aws:kms:eu-west-2:111122223333:{alias}");
            assert_eq!(gone.message(), format!("Alias {arn} is not found."));
        }
        let _ = kit.call("DescribeKey", &json!({"KeyId": "alias/kept"})).ok();
        check_ciphertext(&kit, &key, &blob);
        check_nothing_left(&kit, &key);
        check_event(&kit, &key);
    }
}

/// AWS's answers to the ciphertext of a key that is gone.
fn check_ciphertext(kit: &Kit, key: &KeyArn, blob: &str) {
    let refused = kit.call("Decrypt", &json!({ "CiphertextBlob": blob }));
    assert_eq!(refused.code(), "AccessDeniedException");
    assert_eq!(
        refused.message(),
        "User: arn:aws:iam::111122223333:root is not authorized to perform: kms:Decrypt on the \
         resource associated with this ciphertext because the resource does not exist in this \
         Region, no resource-based policies allow access, or a resource-based policy explicitly \
         denies access"
    );
    let named = json!({"CiphertextBlob": blob, "KeyId": key.to_string()});
    assert_eq!(kit.call("Decrypt", &named).code(), "NotFoundException");
}

fn check_nothing_left(kit: &Kit, key: &KeyArn) {
    let id = key.key.to_string();
    for entry in kit.world.contents() {
        let place = String::from_utf8_lossy(&entry.key).into_owned();
        assert!(!place.contains(&id), "{place}");
        assert!(!place.ends_with("alias/one") && !place.ends_with("alias/two"), "{place}");
    }
}

fn check_event(kit: &Kit, key: &KeyArn) {
    let events: Vec<_> =
        kit.world.trail().into_iter().filter(|record| record.operation == "DeleteKey").collect();
    let [event] = events.as_slice() else { panic!("{} events", events.len()) };
    assert_eq!(event.service, "kms");
    assert_eq!(event.resources, [key.to_string()]);
    assert_eq!((event.account, event.region), (key.account, key.region));
    assert!(event.identity.is_none() && event.arrival.is_none());
    assert_eq!(event.time, kit.world.clock.now());
    assert!(!event.read_only && event.error_code.is_none());
}

#[test]
fn a_cancelled_deletion_does_not_come_back() {
    let kit = Kit::new();
    let key = kit.create_key();
    let blob = ciphertext(&kit, &key);
    let _ = kit.call("ScheduleKeyDeletion", &id(&key)).ok();
    let _ = kit.call("CancelKeyDeletion", &id(&key)).ok();
    kit.world.clock.advance_days(400);
    let kit = kit.restart();
    assert_eq!(run(&kit), 0);
    assert_eq!(kit.call("Decrypt", &json!({"CiphertextBlob": blob})).code(), "DisabledException");
    let _ = kit.call("EnableKey", &id(&key)).ok();
    let plain = kit.call("Decrypt", &json!({ "CiphertextBlob": blob })).ok();
    assert_eq!(plain.bytes("Plaintext"), b"secret");
}

/// A deletion scheduled anew counts from then.
#[test]
fn only_the_latest_date_counts() {
    let kit = Kit::new();
    let key = kit.create_key();
    let schedule = |days: i64| {
        let input = json!({"KeyId": key.to_string(), "PendingWindowInDays": days});
        let _ = kit.call("ScheduleKeyDeletion", &input).ok();
    };
    schedule(7);
    let _ = kit.call("CancelKeyDeletion", &id(&key)).ok();
    schedule(30);
    kit.world.clock.advance_days(29);
    assert_eq!(run(&kit), 0);
    kit.world.clock.advance_days(1);
    assert_eq!(run(&kit), 1);
}

/// A key whose record does not open stays where it is, and keeps no other alive.
#[test]
fn one_damaged_key_does_not_keep_the_others() {
    let kit = Kit::new();
    let (damaged, key) = (kit.create_key(), kit.create_key());
    for key in [&damaged, &key] {
        let _ = kit.call("ScheduleKeyDeletion", &id(key)).ok();
    }
    kit.world.clock.advance_days(30);
    let world = kit.stop();
    let place = format!("k/{}/{}/{}", damaged.account, damaged.region, damaged.key).into_bytes();
    let mut found = world.stored(&place).unwrap();
    *found.value.last_mut().unwrap() ^= 1;
    world.put_behind_its_back(&place, Some(found));
    let kit = world.open().unwrap();
    assert_eq!(run(&kit), 1);
    assert!(kit.world.incidents.all().iter().any(|told| told.contains(&damaged.to_string())));
    check_nothing_left(&kit, &key);
    assert!(kit.world.stored(&place).is_some());
}

/// The medium fails at each step of the deletion: the key is then there whole, or gone whole.
#[test]
fn a_deletion_that_fails_is_made_up_for() {
    let kit = Kit::new();
    let key = kit.create_key();
    let alias = json!({"AliasName": "alias/one", "TargetKeyId": key.to_string()});
    let _ = kit.call("CreateAlias", &alias).ok();
    let _ = kit.call("ScheduleKeyDeletion", &id(&key)).ok();
    kit.world.clock.advance_days(30);
    let world = kit.stop();

    let kit = world.snapshot().open().unwrap();
    kit.world.faults.heal();
    assert_eq!(run(&kit), 1);
    let calls = kit.world.faults.calls(&Port::STORE);
    for number in 0..calls {
        let kit = world.snapshot().open().unwrap();
        let before = kit.world.contents();
        kit.world.faults.nth(&Port::STORE, number);
        let outcome = kit.block_on(kit.engine().run_due_tasks(strongroom_engine::Due::Everything));
        let told = kit.world.incidents.all().len();
        assert!(outcome.is_err() || told > 0, "call {number}");
        let untouched = kit.world.contents() == before;
        let kit = kit.restart();
        assert_eq!(run(&kit), usize::from(untouched), "call {number}");
        check_nothing_left(&kit, &key);
        check_event(&kit, &key);
    }
}
