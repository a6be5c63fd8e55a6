//! Audit that is buffered: a use is answered before its record is on the medium, which comes there
//! soon; a change never is; what cannot be written is owed, and nobody is answered until it is paid.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use std::time::Duration;
use strongroom_engine::ledger::Durability;
use strongroom_testkit::{Answer, Kit, Port, World, base64};
use strongroom_types::KeyArn;

fn open() -> Kit {
    World { durability: Durability::Buffered, ..World::default() }.open().unwrap()
}

fn encrypt(kit: &Kit, key: &KeyArn) -> Answer {
    kit.call("Encrypt", &json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")}))
}

/// Lets as much time pass as is promised that records take.
fn wait(kit: &Kit) {
    kit.block_on(async { tokio::time::sleep(Duration::from_millis(100)).await });
}

#[test]
fn a_use_is_answered_at_once_and_recorded_soon() {
    let kit = open();
    let key = kit.create_key();
    wait(&kit);
    let before = kit.world.trail().len();
    for _ in 0..100 {
        let _ = encrypt(&kit, &key).ok();
    }
    assert_eq!(kit.world.trail().len(), before, "nobody waited for a record");
    wait(&kit);
    assert_eq!(kit.world.trail().len(), before + 100);
    // A change waits.
    let _ = kit.create_key();
    assert_eq!(kit.world.trail().len(), before + 101);
}

#[test]
fn a_stop_writes_what_is_left() {
    let kit = open();
    let key = kit.create_key();
    let before = kit.world.trail().len();
    for _ in 0..10 {
        let _ = encrypt(&kit, &key).ok();
    }
    let world = kit.stop();
    assert_eq!(world.trail().len(), before + 10);
}

#[test]
fn what_cannot_be_written_is_owed_and_nobody_is_answered_meanwhile() {
    let kit = open();
    let key = kit.create_key();
    wait(&kit);
    let before = kit.world.trail().len();
    kit.world.faults.always(&Port::LOG);
    for _ in 0..5 {
        let _ = encrypt(&kit, &key).ok();
    }
    wait(&kit);
    assert_eq!(encrypt(&kit, &key).code(), "KMSInternalException", "it waits for its own record");
    assert!(kit.engine().failure().is_some());
    kit.world.faults.heal();
    let _ = encrypt(&kit, &key).ok();
    assert!(kit.engine().failure().is_none());
    wait(&kit);
    // The five that were answered, and the last; of the one that was refused there may be a record.
    let records = kit.world.trail().len() - before;
    assert!((6..=7).contains(&records), "{records}");
}

#[test]
fn what_waits_in_memory_is_bounded() {
    let kit = open();
    let key = kit.create_key();
    wait(&kit);
    let before = kit.world.trail().len();
    // A context of some 8 KiB is in each record.
    let context = json!({"a": "x".repeat(8000)});
    let input =
        json!({"KeyId": key.to_string(), "Plaintext": base64(b"s"), "EncryptionContext": context});
    for _ in 0..2000 {
        let _ = kit.call("Encrypt", &input).ok();
    }
    assert!(kit.world.trail().len() > before, "what is much is written earlier");
    wait(&kit);
    assert_eq!(kit.world.trail().len(), before + 2000);
}
