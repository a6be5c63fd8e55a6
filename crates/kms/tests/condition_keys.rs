//! Every condition key of every action has its value: the Service Authorization Reference's table
//! of both, in `condition_keys.json`, against the server.
//!
//! A key policy denies the action when the key is there; then when it is not. The first must refuse
//! the request and the second must not.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod scene;

use scene::{Scene, actions, willing};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use strongroom_engine::demands::Access;
use strongroom_kms::{OperationName, demands};
use strongroom_testkit::World;

const OWNER: &str = "arn:aws:iam::111122223333:root";

/// Never there: no service calls on anybody's behalf here. `docs/differences.md` says so.
const ABSENT: &str = "kms:ViaService";

fn table() -> Value {
    serde_json::from_str(include_str!("condition_keys.json")).unwrap()
}

fn keys(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned()).collect()
}

/// The key with the name that the samples have for what is open in it.
fn named(key: &str) -> String {
    let tag = if key.starts_with("aws:ResourceTag") { "a" } else { "c" };
    key.replace("${TagKey}", tag).replace("${EncryptionContextKey}", "walk")
}

/// The operation that asks for the action.
fn operation(action: &str) -> Option<OperationName> {
    let asks = |name: &&OperationName| actions(demands(**name)).contains(&action);
    OperationName::ALL.iter().find(asks).copied()
}

/// The operation's sample requests, as they are and with what the table adds to them.
fn requests(table: &Value, action: &str, scene: &Scene, name: OperationName) -> Vec<Value> {
    let added: Vec<Value> = match &table["requests"][action] {
        Value::Null => Vec::new(),
        list => list.as_array().unwrap().clone(),
    };
    let mut requests = Vec::new();
    for sample in scene.samples(name) {
        for more in std::iter::once(json!({})).chain(added.clone()) {
            let mut input = sample.input.clone();
            for (member, value) in more.as_object().unwrap() {
                input[member] = value.clone();
            }
            requests.push(input);
        }
    }
    requests
}

/// Whether the request is refused by a key policy that denies the action under the condition;
/// nothing if it is refused for something else.
fn refused(
    world: &World,
    scene: &Scene,
    name: OperationName,
    case: (&str, Value),
    input: &Value,
) -> Option<bool> {
    let (action, condition) = case;
    let kit = world.snapshot().open().unwrap();
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": OWNER}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition}
    ]});
    let put = json!({"KeyId": scene.key.to_string(), "Policy": policy.to_string(),
                     "BypassPolicyLockoutSafetyCheck": true});
    let _ = kit.call("PutKeyPolicy", &put).ok();
    let kit = kit.with_key_edited(&scene.key, |key| key.state = willing(demands(name)));
    let answer = kit.call(name.name(), input);
    match answer.code().as_str() {
        "AccessDeniedException" => Some(true),
        _ if answer.is_ok() => Some(false),
        // What the table adds does not go with this sample.
        _ => None,
    }
}

#[test]
fn every_condition_key_of_every_action_is_there() {
    let table = table();
    let (mut pairs, mut missing) = (0, Vec::new());
    for (action, list) in table["actions"].as_object().unwrap() {
        let Some(name) = operation(action) else { continue };
        let access = demands(name).access;
        if matches!(access, Access::Account(_) | Access::Grant(_) | Access::KeyStore(_)) {
            // Key policies are not asked about these; below.
            continue;
        }
        let (scene, world) = Scene::of(name);
        let world = world.open().unwrap().stop();
        let requests = requests(&table, action, &scene, name);
        let of_key = keys(&table["key"]);
        for key in keys(list).into_iter().chain(of_key) {
            if key.starts_with("kms:RecipientAttestation:") {
                let takes = demands(name).fields.iter().any(|field| field.name == "Recipient");
                assert!(takes, "{action} takes no recipient");
                continue;
            }
            let is_multi_region =
                matches!(access, Access::Replication { .. } | Access::Succession(_));
            if key == "kms:MultiRegionKeyType" && !is_multi_region {
                continue;
            }
            let supplied = requests.iter().any(|input| {
                let there = json!({"Null": {(named(&key)): "false"}});
                let absent = json!({"Null": {(named(&key)): "true"}});
                let refused = |condition| refused(&world, &scene, name, (action, condition), input);
                refused(there) == Some(true) && refused(absent) == Some(false)
            });
            pairs += 1;
            if supplied == (key == ABSENT) {
                missing.push(format!("{action} {key}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(pairs >= 300, "only {pairs} pairs were tried");
}

/// A key that the table has for some actions only is there for no other.
#[test]
fn the_days_without_use_are_there_for_actions_that_the_table_says() {
    const DAYS: &str = "kms:TrailingDaysWithoutKeyUsage";
    let table = table();
    let mut known = 0;
    for action in ["kms:Encrypt", "kms:DisableKey", "kms:EnableKey", "kms:ScheduleKeyDeletion"] {
        let name = operation(action).unwrap();
        let (scene, world) = Scene::of(name);
        let input = &scene.samples(name)[0].input;
        let there = (action, json!({"Null": {DAYS: "false"}}));
        let expected = keys(&table["actions"][action]).contains(&DAYS.to_owned());
        assert_eq!(refused(&world, &scene, name, there, input), Some(expected), "{action}");
        known += usize::from(expected);
    }
    assert_eq!(known, 2);
}

/// The table has every action that is asked for, so that none is forgotten; what it does not have
/// is newer than it.
#[test]
fn the_table_has_every_action() {
    let table = table();
    let known: BTreeSet<&str> =
        table["actions"].as_object().unwrap().keys().map(String::as_str).collect();
    let asked: BTreeSet<&str> =
        OperationName::ALL.iter().flat_map(|name| actions(demands(*name))).collect();
    let unknown: Vec<_> = asked.difference(&known).collect();
    assert_eq!(unknown, [&"kms:Decapsulate", &"kms:Encapsulate"]);
    let requests: &Map<String, Value> = table["requests"].as_object().unwrap();
    for action in requests.keys() {
        assert!(known.contains(action.as_str()), "{action}");
    }
}
