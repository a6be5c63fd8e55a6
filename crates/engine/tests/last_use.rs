//! The last use of a key: what counts as one, and that it is remembered.

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

fn usage(kit: &Kit, key: &KeyArn) -> Value {
    let answer = kit.call("GetKeyLastUsage", &json!({"KeyId": key.to_string()})).ok().json();
    assert_eq!(answer["TrackingStartDate"], answer["KeyCreationDate"]);
    answer["KeyLastUsage"].clone()
}

fn encrypt(kit: &Kit, key: &KeyArn) -> strongroom_testkit::Answer {
    kit.call("Encrypt", &json!({"KeyId": key.to_string(), "Plaintext": base64(b"x")}))
}

#[test]
fn only_what_succeeds_and_uses_material_counts() {
    let kit = Kit::new();
    let key = kit.create_key();
    assert_eq!(usage(&kit, &key), json!({}));
    let _ = kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).ok();
    let dry = json!({"KeyId": key.to_string(), "Plaintext": base64(b"x"), "DryRun": true});
    assert_eq!(kit.call("Encrypt", &dry).code(), "DryRunOperationException");
    let _ = kit.call("DisableKey", &json!({"KeyId": key.to_string()})).ok();
    assert_eq!(encrypt(&kit, &key).code(), "DisabledException");
    let _ = kit.call("EnableKey", &json!({"KeyId": key.to_string()})).ok();
    assert_eq!(usage(&kit, &key), json!({}));

    let answer = encrypt(&kit, &key).ok();
    let used = usage(&kit, &key);
    assert_eq!(used["Operation"], "Encrypt");
    let request = strongroom_engine::call::RequestId(answer.request);
    assert_eq!(used["KmsRequestId"], request.to_string());
    assert_ne!(used["CloudTrailEventId"], used["KmsRequestId"]);
    assert!(used["Timestamp"].is_number());
}

#[test]
fn both_keys_of_a_re_encryption_are_used() {
    let kit = Kit::new();
    let (key, other) = (kit.create_key(), kit.create_key());
    let blob = encrypt(&kit, &key).ok().bytes("CiphertextBlob");
    let input = json!({"CiphertextBlob": base64(&blob), "DestinationKeyId": other.to_string()});
    let _ = kit.call("ReEncrypt", &input).ok();
    assert_eq!(usage(&kit, &key)["Operation"], "ReEncrypt");
    assert_eq!(usage(&kit, &key), usage(&kit, &other));
}

#[test]
fn it_is_written_and_goes_with_the_key() {
    let mut kit = Kit::new();
    let keys: Vec<KeyArn> = (0..1100).map(|_| kit.create_key()).collect();
    for key in &keys {
        let _ = encrypt(&kit, key).ok();
    }
    assert_eq!(kit.block_on(kit.engine().write_last_uses()), Ok(1100));
    assert_eq!(kit.block_on(kit.engine().write_last_uses()), Ok(0));
    let before = usage(&kit, &keys[7]);
    kit = kit.restart();
    assert_eq!(usage(&kit, &keys[7]), before);
    let _ = kit.call("GenerateDataKey", &json!({"KeyId": keys[7].to_string(), "NumberOfBytes": 8}));
    assert_eq!(usage(&kit, &keys[7])["Operation"], "GenerateDataKey");
    assert_eq!(kit.block_on(kit.engine().write_last_uses()), Ok(1));
    let _ = encrypt(&kit, &keys[8]).ok();
    for key in &keys[7..9] {
        let _ = kit.call("ScheduleKeyDeletion", &json!({"KeyId": key.to_string()})).ok();
    }
    kit.world.clock.advance_days(30);
    assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(2));
    assert_eq!(kit.block_on(kit.engine().write_last_uses()), Ok(0));
    let places = kit.world.contents().into_iter().filter(|entry| entry.key.starts_with(b"lu/"));
    assert_eq!(places.count(), 1098);
}
