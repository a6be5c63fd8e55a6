//! Rotation over the years: what is due happens once, and old ciphertexts decrypt for ever.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::Due;
use strongroom_testkit::{Kit, base64};
use strongroom_types::KeyArn;

fn run_due(kit: &Kit) -> usize {
    kit.block_on(kit.engine().run_due_tasks(Due::Reversible)).unwrap()
}

fn material(kit: &Kit, key: &KeyArn) -> String {
    let found = kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).ok().json();
    found["KeyMetadata"]["CurrentKeyMaterialId"].as_str().unwrap().to_owned()
}

fn encrypt(kit: &Kit, key: &KeyArn) -> Vec<u8> {
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"rotated")});
    kit.call("Encrypt", &input).ok().bytes("CiphertextBlob")
}

fn decrypts(kit: &Kit, blob: &[u8], material: &str) {
    let answer = kit.call("Decrypt", &json!({"CiphertextBlob": base64(blob)})).ok();
    assert_eq!(answer.bytes("Plaintext"), b"rotated");
    assert_eq!(answer.json()["KeyMaterialId"], material);
}

fn rotations(kit: &Kit, key: &KeyArn) -> Vec<Value> {
    let input = json!({"KeyId": key.to_string(), "IncludeKeyMaterial": "ALL_KEY_MATERIAL"});
    kit.call("ListKeyRotations", &input).ok().json()["Rotations"].as_array().unwrap().clone()
}

fn enable(kit: &Kit, key: &KeyArn, days: i64) {
    let input = json!({"KeyId": key.to_string(), "RotationPeriodInDays": days});
    let _ = kit.call("EnableKeyRotation", &input).ok();
}

#[test]
fn thirty_rotations_and_as_many_restarts_later_everything_decrypts() {
    let mut kit = Kit::new();
    let key = kit.create_key();
    enable(&kit, &key, 90);
    let mut made = vec![(material(&kit, &key), encrypt(&kit, &key))];
    for round in 0..30 {
        kit.world.clock.advance_days(89);
        assert_eq!(run_due(&kit), 0, "round {round}");
        kit.world.clock.advance_days(1);
        assert_eq!(run_due(&kit), 1, "round {round}");
        assert_eq!(run_due(&kit), 0, "round {round}: once");
        made.push((material(&kit, &key), encrypt(&kit, &key)));
        kit = kit.restart();
        for (material, blob) in &made {
            decrypts(&kit, blob, material);
        }
    }
    let listed = rotations(&kit, &key);
    assert_eq!(listed.len(), 31);
    assert!(listed[0].get("RotationDate").is_none());
    assert!(listed[1..].iter().all(|one| one["RotationType"] == "AUTOMATIC"));
    let ids: Vec<&str> = listed.iter().map(|one| one["KeyMaterialId"].as_str().unwrap()).collect();
    assert_eq!(ids, made.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>());
    let current = listed.iter().filter(|one| one["KeyMaterialState"] == "CURRENT");
    assert_eq!(current.count(), 1);
    let events = kit.world.trail().into_iter().filter(|record| record.operation == "RotateKey");
    assert_eq!(events.count(), 30);
}

#[test]
fn a_key_that_is_not_enabled_waits_until_it_is() {
    let kit = Kit::new();
    let key = kit.create_key();
    enable(&kit, &key, 100);
    let input = json!({"KeyId": key.to_string()});
    let _ = kit.call("DisableKey", &input).ok();
    kit.world.clock.advance_days(150);
    assert_eq!(run_due(&kit), 0);
    let status = kit.call("GetKeyRotationStatus", &input).ok().json();
    assert_eq!(status["KeyRotationEnabled"], true);
    let _ = kit.call("EnableKey", &input).ok();
    assert_eq!(run_due(&kit), 1);
    assert_eq!(run_due(&kit), 0);
    // The schedule goes on as it was.
    kit.world.clock.advance_days(50);
    assert_eq!(run_due(&kit), 1);
    assert_eq!(rotations(&kit, &key).len(), 3);
}

#[test]
fn a_key_about_to_go_is_not_rotated_and_is_again_when_it_stays() {
    let kit = Kit::new();
    let key = kit.create_key();
    enable(&kit, &key, 90);
    let input = json!({"KeyId": key.to_string()});
    let schedule = json!({"KeyId": key.to_string(), "PendingWindowInDays": 30});
    let _ = kit.call("ScheduleKeyDeletion", &schedule).ok();
    let status = kit.call("GetKeyRotationStatus", &input).ok().json();
    assert_eq!(status["KeyRotationEnabled"], false);
    let _ = kit.call("CancelKeyDeletion", &input).ok();
    let status = kit.call("GetKeyRotationStatus", &input).ok().json();
    assert_eq!(status["KeyRotationEnabled"], true);
}

#[test]
fn rotations_on_demand_end_after_25_and_do_not_move_the_schedule() {
    let kit = Kit::new();
    let key = kit.create_key();
    enable(&kit, &key, 365);
    let input = json!({"KeyId": key.to_string()});
    let next = |kit: &Kit| kit.call("GetKeyRotationStatus", &input).ok().json();
    let before = next(&kit)["NextRotationDate"].clone();
    let first = (material(&kit, &key), encrypt(&kit, &key));
    for _ in 0..25 {
        kit.world.clock.advance_days(1);
        let answer = kit.call("RotateKeyOnDemand", &input).ok().json();
        assert_eq!(answer["KeyId"], key.to_string());
    }
    let refused = kit.call("RotateKeyOnDemand", &input);
    assert_eq!(refused.code(), "LimitExceededException");
    assert_eq!(
        refused.message(),
        format!(
            "The on-demand rotations limit has been reached for the given keyId. No more \
             on-demand rotations can be performed for this key: {key}"
        )
    );
    assert_eq!(next(&kit)["NextRotationDate"], before);
    decrypts(&kit, &first.1, &first.0);
    // Automatic rotation goes on.
    kit.world.clock.advance_days(365);
    assert_eq!(run_due(&kit), 1);
    assert_eq!(rotations(&kit, &key).len(), 27);
}

#[test]
fn another_period_begins_anew_and_the_same_does_not() {
    let kit = Kit::new();
    let key = kit.create_key();
    enable(&kit, &key, 200);
    kit.world.clock.advance_days(150);
    enable(&kit, &key, 200);
    kit.world.clock.advance_days(50);
    assert_eq!(run_due(&kit), 1);
    enable(&kit, &key, 90);
    kit.world.clock.advance_days(90);
    assert_eq!(run_due(&kit), 1);
    let _ = kit.call("DisableKeyRotation", &json!({"KeyId": key.to_string()})).ok();
    kit.world.clock.advance_days(4000);
    assert_eq!(run_due(&kit), 0);
}

/// The clock is set, or the server was off for years: one rotation, not one for each that is missed.
#[test]
fn what_was_missed_is_not_made_up_for() {
    let kit = Kit::new();
    let key = kit.create_key();
    enable(&kit, &key, 90);
    kit.world.clock.advance_days(1000);
    assert_eq!(run_due(&kit), 1);
    assert_eq!(run_due(&kit), 0);
    assert_eq!(rotations(&kit, &key).len(), 2);
}
