//! Multi-Region keys: what related keys share, and how they come and go.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::Due;
use strongroom_testkit::{Answer, Client, Kit, base64};
use strongroom_types::KeyArn;

const THERE: &str = "us-east-1";

fn there(kit: &Kit) -> Client {
    let mut owner = kit.owner();
    owner.region = THERE.parse().unwrap();
    owner
}

fn run_due(kit: &Kit) -> usize {
    kit.block_on(kit.engine().run_due_tasks(Due::Everything)).unwrap()
}

fn call_there(kit: &Kit, operation: &str, input: &Value) -> Answer {
    kit.block_on(there(kit).call(operation, input))
}

fn id(key: &KeyArn) -> Value {
    json!({"KeyId": key.key.to_string()})
}

/// A primary key and its replica, which is ready.
fn family(kit: &Kit, mut input: Value) -> KeyArn {
    input["MultiRegion"] = json!(true);
    let key = kit.create_key_of(&input);
    let replicate = json!({"KeyId": key.to_string(), "ReplicaRegion": THERE});
    let made = kit.call("ReplicateKey", &replicate).ok().json();
    let metadata = &made["ReplicaKeyMetadata"];
    assert_eq!((&metadata["KeyState"], &metadata["Enabled"]), (&json!("Creating"), &json!(false)));
    assert!(metadata.get("CurrentKeyMaterialId").is_none());
    assert_eq!(metadata["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA");
    let refused = call_there(kit, "EnableKey", &id(&key));
    assert_eq!(refused.code(), "KMSInvalidStateException");
    kit.world.clock.advance_days(1);
    key
}

fn described(answer: &Answer) -> Value {
    answer.json()["KeyMetadata"].clone()
}

#[test]
fn the_end_of_a_passing_state_does_not_wait_for_the_schedule() {
    let kit = Kit::new();
    let key = family(&kit, json!({}));
    let metadata = described(&call_there(&kit, "DescribeKey", &id(&key)).ok());
    assert_eq!(metadata["KeyState"], "Enabled");
    assert_eq!(run_due(&kit), 1);
    assert_eq!(run_due(&kit), 0);
    let after = described(&call_there(&kit, "DescribeKey", &id(&key)).ok());
    assert_eq!(after, metadata);
}

#[test]
fn what_one_encrypts_the_other_decrypts_before_and_after_rotations() {
    let mut kit = Kit::new();
    let key = family(&kit, json!({}));
    let mut blobs = Vec::new();
    for round in 0..4 {
        let input = json!({"KeyId": key.key.to_string(), "Plaintext": base64(b"shared")});
        blobs.push(kit.call("Encrypt", &input).ok().bytes("CiphertextBlob"));
        blobs.push(call_there(&kit, "Encrypt", &input).ok().bytes("CiphertextBlob"));
        for blob in &blobs {
            let input = json!({"CiphertextBlob": base64(blob)});
            let here = kit.call("Decrypt", &input).ok();
            let other = call_there(&kit, "Decrypt", &input).ok();
            assert_eq!(here.bytes("Plaintext"), b"shared");
            assert_eq!(other.bytes("Plaintext"), b"shared");
            assert_eq!(here.json()["KeyMaterialId"], other.json()["KeyMaterialId"]);
        }
        if round % 2 == 0 {
            let _ = kit.call("RotateKeyOnDemand", &id(&key)).ok();
        } else {
            let input = json!({"KeyId": key.to_string(), "RotationPeriodInDays": 90 + round});
            let _ = kit.call("EnableKeyRotation", &input).ok();
            kit.world.clock.advance_days(100);
            assert!(run_due(&kit) >= 1);
        }
        let materials = [
            described(&kit.call("DescribeKey", &id(&key)).ok()),
            described(&call_there(&kit, "DescribeKey", &id(&key)).ok()),
        ];
        let [here, other] = materials.map(|metadata| metadata["CurrentKeyMaterialId"].clone());
        assert_eq!(here, other);
        kit = kit.restart();
    }
    let here = kit.call("GetKeyRotationStatus", &id(&key)).ok().json();
    let other = call_there(&kit, "GetKeyRotationStatus", &id(&key)).ok().json();
    assert_eq!(here["NextRotationDate"], other["NextRotationDate"]);
    for operation in ["EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"] {
        let refused = call_there(&kit, operation, &id(&key));
        assert_eq!(refused.code(), "UnsupportedOperationException", "{operation}");
    }
}

#[test]
fn a_replica_takes_the_primary_keys_place() {
    let kit = Kit::new();
    let key = family(&kit, json!({}));
    let enable = json!({"KeyId": key.to_string(), "RotationPeriodInDays": 90});
    let _ = kit.call("EnableKeyRotation", &enable).ok();
    let input = json!({"KeyId": key.to_string(), "PrimaryRegion": THERE});
    let _ = kit.call("UpdatePrimaryRegion", &input).ok();
    let updating = described(&kit.call("DescribeKey", &id(&key)).ok());
    assert_eq!(updating["KeyState"], "Updating");
    // Its material can be used meanwhile, and it can not be managed.
    let encrypt = json!({"KeyId": key.to_string(), "Plaintext": base64(b"x")});
    let _ = kit.call("Encrypt", &encrypt).ok();
    assert_eq!(kit.call("DisableKey", &id(&key)).code(), "KMSInvalidStateException");
    kit.world.clock.advance_days(1);
    let [old, new] =
        [kit.call("DescribeKey", &id(&key)), call_there(&kit, "DescribeKey", &id(&key))]
            .map(|answer| described(&answer.ok()));
    for metadata in [&old, &new] {
        assert_eq!(metadata["KeyState"], "Enabled");
        let family = &metadata["MultiRegionConfiguration"];
        assert_eq!(family["PrimaryKey"]["Region"], THERE);
        assert_eq!(family["ReplicaKeys"].as_array().unwrap().len(), 1);
        assert_eq!(family["ReplicaKeys"][0]["Arn"], key.to_string());
    }
    assert_eq!(old["MultiRegionConfiguration"]["MultiRegionKeyType"], "REPLICA");
    assert_eq!(new["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
    // The new primary key is the one that is rotated from now on.
    kit.world.clock.advance_days(100);
    assert!(run_due(&kit) >= 1);
    let rotations = call_there(&kit, "ListKeyRotations", &id(&key)).ok().json();
    assert_eq!(rotations["Rotations"].as_array().unwrap().len(), 1);
    assert_eq!(kit.call("UpdatePrimaryRegion", &input).code(), "UnsupportedOperationException");
}

#[test]
fn a_primary_key_goes_after_its_last_replica() {
    let mut kit = Kit::new();
    let key = family(&kit, json!({}));
    let input = json!({"KeyId": key.to_string(), "PendingWindowInDays": 7});
    let answer = kit.call("ScheduleKeyDeletion", &input).ok().json();
    assert_eq!(answer["KeyState"], "PendingReplicaDeletion");
    assert!(answer.get("DeletionDate").is_none());
    kit.world.clock.advance_days(100);
    assert_eq!(run_due(&kit), 1, "the replica settles, and nothing goes");
    let metadata = described(&kit.call("DescribeKey", &id(&key)).ok());
    assert_eq!(metadata["PendingDeletionWindowInDays"], 7);
    let _ = call_there(&kit, "ScheduleKeyDeletion", &id(&key)).ok();
    kit.world.clock.advance_days(30);
    assert_eq!(run_due(&kit), 1, "the replica goes");
    kit = kit.restart();
    let metadata = described(&kit.call("DescribeKey", &id(&key)).ok());
    assert_eq!(metadata["KeyState"], "PendingDeletion");
    assert_eq!(metadata["MultiRegionConfiguration"]["ReplicaKeys"], json!([]));
    assert!(metadata.get("PendingDeletionWindowInDays").is_none());
    kit.world.clock.advance_days(6);
    assert_eq!(run_due(&kit), 0);
    kit.world.clock.advance_days(1);
    assert_eq!(run_due(&kit), 1, "the primary key goes");
    assert_eq!(kit.call("DescribeKey", &id(&key)).code(), "NotFoundException");
}

#[test]
fn a_primary_key_that_waits_for_its_replicas_can_stay() {
    let kit = Kit::new();
    let key = family(&kit, json!({}));
    let _ = kit.call("ScheduleKeyDeletion", &id(&key)).ok();
    let _ = kit.call("CancelKeyDeletion", &id(&key)).ok();
    let metadata = described(&kit.call("DescribeKey", &id(&key)).ok());
    assert_eq!(metadata["KeyState"], "Disabled");
    assert!(metadata.get("PendingDeletionWindowInDays").is_none());
}

#[test]
fn key_pairs_and_macs_are_shared_too() {
    let kit = Kit::new();
    let spec = json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"});
    let key = family(&kit, spec);
    let sign = json!({"KeyId": key.key.to_string(), "Message": base64(b"m"),
                      "SigningAlgorithm": "ECDSA_SHA_256"});
    let signature = kit.call("Sign", &sign).ok().bytes("Signature");
    let mut verify = sign;
    verify["Signature"] = json!(base64(&signature));
    let _ = call_there(&kit, "Verify", &verify).ok();

    let spec = json!({"KeySpec": "HMAC_384", "KeyUsage": "GENERATE_VERIFY_MAC"});
    let key = family(&kit, spec);
    let input = json!({"KeyId": key.key.to_string(), "Message": base64(b"m"),
                       "MacAlgorithm": "HMAC_SHA_384"});
    let here = kit.call("GenerateMac", &input).ok().bytes("Mac");
    assert_eq!(call_there(&kit, "GenerateMac", &input).ok().bytes("Mac"), here);
}

#[test]
fn what_cannot_be_replicated_is_not() {
    let kit = Kit::new();
    let single = kit.create_key();
    let key = family(&kit, json!({}));
    let replicate = |key: &KeyArn, region: &str| {
        kit.call("ReplicateKey", &json!({"KeyId": key.to_string(), "ReplicaRegion": region}))
    };
    let refused = replicate(&single, THERE);
    assert_eq!(refused.code(), "UnsupportedOperationException");
    assert_eq!(refused.message(), format!("{single} is not a multi-region primary key."));
    assert_eq!(replicate(&key, THERE).code(), "AlreadyExistsException");
    assert_eq!(replicate(&key, key.region.as_str()).code(), "AlreadyExistsException");
    assert_eq!(replicate(&key, "cn-north-1").code(), "UnsupportedOperationException");
    let of_replica = call_there(
        &kit,
        "ReplicateKey",
        &json!({"KeyId": key.key.to_string(), "ReplicaRegion": "ap-south-1"}),
    );
    assert_eq!(of_replica.code(), "UnsupportedOperationException");
    let nowhere = json!({"KeyId": key.to_string(), "PrimaryRegion": "ap-south-1"});
    assert_eq!(kit.call("UpdatePrimaryRegion", &nowhere).code(), "NotFoundException");
    // A replica's properties of its own are not the primary key's.
    let tags = call_there(&kit, "ListResourceTags", &id(&key)).ok().json();
    assert_eq!(tags["Tags"], json!([]));
}
