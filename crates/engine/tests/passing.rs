//! States that pass by themselves, and what is done to a key before anybody has noted their end.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use strongroom_engine::Due;
use strongroom_testkit::Kit;

#[test]
fn the_end_of_a_state_that_is_over_changes_nothing_back() {
    let kit = Kit::new();
    let key = kit.create_key_of(&json!({"MultiRegion": true}));
    let input = json!({"KeyId": key.to_string(), "ReplicaRegion": "us-east-1"});
    let _ = kit.call("ReplicateKey", &input).ok();
    let mut there = kit.owner();
    there.region = "us-east-1".parse().unwrap();
    let call = |operation, input| kit.block_on(there.call(operation, input)).ok().json();
    let id = json!({"KeyId": key.key.to_string()});
    let state = || call("DescribeKey", &id)["KeyMetadata"]["KeyState"].clone();
    assert_eq!(state(), "Creating");
    kit.world.clock.advance_days(1);
    assert_eq!(state(), "Enabled");
    let _ = call("DisableKey", &id);
    for _ in 0..2 {
        assert_eq!(state(), "Disabled");
        kit.block_on(kit.engine().run_due_tasks(Due::Everything)).unwrap();
    }
    // Nor does what is done to the whole family.
    let _ = kit.call("EnableKeyRotation", &json!({"KeyId": key.to_string()})).ok();
    assert_eq!(state(), "Disabled");
}
