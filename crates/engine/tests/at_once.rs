//! What happens at once: changes to one key are not lost, and a change is in effect from its reply
//! on, without delay.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use strongroom_testkit::{Answer, Kit, World, base64};
use strongroom_types::KeyArn;

/// Every input in a task of its own, all begun before any ends.
fn together(kit: &Kit, operation: &'static str, inputs: Vec<Value>) -> Vec<Answer> {
    let tasks: Vec<_> = inputs
        .into_iter()
        .map(|input| {
            let client = kit.owner();
            kit.spawn(async move { client.call(operation, &input).await })
        })
        .collect();
    tasks.into_iter().map(|task| kit.block_on(task).unwrap()).collect()
}

fn tag(key: &KeyArn, number: usize) -> Value {
    json!({"KeyId": key.to_string(),
           "Tags": [{"TagKey": format!("tag {number}"), "TagValue": "x"}]})
}

fn tags(kit: &Kit, key: &KeyArn) -> BTreeSet<String> {
    let answer = kit.call("ListResourceTags", &json!({"KeyId": key.to_string()})).ok().json();
    let tags = answer["Tags"].as_array().unwrap().iter();
    tags.map(|tag| tag["TagKey"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn changes_to_one_key_at_once_are_all_made() {
    let kit = Kit::new();
    let key = kit.create_key();
    let answers = together(&kit, "TagResource", (0..10).map(|n| tag(&key, n)).collect());
    for answer in &answers {
        let _ = answer.clone().ok();
        assert_eq!(kit.records_of(answer).len(), 1);
    }
    assert_eq!(tags(&kit, &key).len(), 10);
    let kit = kit.restart();
    assert_eq!(tags(&kit, &key).len(), 10);
}

/// Whoever loses every race is told so, and that is recorded; nobody's change is half made.
#[test]
fn whoever_loses_every_race_is_told() {
    let kit = Kit::new();
    let key = kit.create_key();
    let answers = together(&kit, "TagResource", (0..40).map(|n| tag(&key, n)).collect());
    let made: BTreeSet<String> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.is_ok())
        .map(|(number, _)| format!("tag {number}"))
        .collect();
    assert_eq!(tags(&kit, &key), made);
    assert!(!made.is_empty());
    for answer in answers.iter().filter(|answer| !answer.is_ok()) {
        assert_eq!((answer.status, answer.code().as_str()), (500, "KMSInternalException"));
    }
    for answer in &answers {
        assert_eq!(kit.records_of(answer).len(), 1);
    }
}

/// The quota of 50 aliases a key is not overrun by aliases created at once.
#[test]
fn a_quota_is_not_overrun() {
    let kit = Kit::new();
    let key = kit.create_key();
    let alias =
        |n: usize| json!({"AliasName": format!("alias/{n}"), "TargetKeyId": key.to_string()});
    for number in 0..45 {
        let _ = kit.call("CreateAlias", &alias(number)).ok();
    }
    let answers = together(&kit, "CreateAlias", (45..57).map(alias).collect());
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    for answer in answers.iter().filter(|answer| !answer.is_ok()) {
        assert_eq!(answer.code(), "LimitExceededException");
    }
    let listed = kit.call("ListAliases", &json!({"KeyId": key.to_string(), "Limit": 100})).ok();
    assert_eq!(listed.json()["Aliases"].as_array().unwrap().len(), 50);
}

/// An alias is created, and its key deleted, at once: there is never an alias of a key that is
/// not there.
#[test]
fn no_alias_outlives_its_key() {
    let kit = Kit::new();
    let key = kit.create_key();
    let _ = kit.call("ScheduleKeyDeletion", &json!({"KeyId": key.to_string()})).ok();
    kit.world.clock.advance_days(30);
    let client = kit.owner();
    let cancel = json!({"KeyId": key.to_string()});
    let cancelling = kit.spawn(async move { client.call("CancelKeyDeletion", &cancel).await });
    let engine = kit.engine().clone();
    let deleting =
        kit.spawn(async move { engine.run_due_tasks(strongroom_engine::Due::Everything).await });
    let cancelled = kit.block_on(cancelling).unwrap();
    let deleted = kit.block_on(deleting).unwrap().unwrap();
    let described = kit.call("DescribeKey", &json!({"KeyId": key.to_string()}));
    assert_eq!(cancelled.is_ok(), described.is_ok());
    assert_eq!(deleted, usize::from(!described.is_ok()));
}

/// Four threads encrypt as fast as they can while the key is disabled and enabled. From the reply
/// to DisableKey until the next EnableKey is sent, no request that was begun in between succeeds.
#[test]
fn a_disabled_key_serves_nobody_from_the_reply_on() {
    let kit = World::default().open_with_threads(4).unwrap();
    let key = kit.create_key();
    let (disabled, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let rounds = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (client, disabled, stop) = (kit.owner(), disabled.clone(), stop.clone());
            let rounds = rounds.clone();
            let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")});
            kit.spawn(async move {
                let (mut served, mut refused) = (0, 0);
                while !stop.load(Ordering::SeqCst) {
                    let round = rounds.load(Ordering::SeqCst);
                    let before = disabled.load(Ordering::SeqCst);
                    let answer = client.call("Encrypt", &input).await;
                    let after = disabled.load(Ordering::SeqCst);
                    // Disabled throughout, and in one round: it cannot have been enabled.
                    let same = rounds.load(Ordering::SeqCst) == round;
                    if before && after && same {
                        assert_eq!(answer.code(), "DisabledException");
                        refused += 1;
                    } else if answer.is_ok() {
                        served += 1;
                    }
                }
                (served, refused)
            })
        })
        .collect();
    let client = kit.owner();
    let id = json!({"KeyId": key.to_string()});
    for _ in 0..60 {
        let _ = kit.block_on(client.call("DisableKey", &id)).ok();
        disabled.store(true, Ordering::SeqCst);
        let describe = kit.block_on(client.call("DescribeKey", &id)).ok();
        assert_eq!(describe.json()["KeyMetadata"]["KeyState"], "Disabled");
        std::thread::sleep(std::time::Duration::from_millis(2));
        disabled.store(false, Ordering::SeqCst);
        rounds.fetch_add(1, Ordering::SeqCst);
        let _ = kit.block_on(client.call("EnableKey", &id)).ok();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    stop.store(true, Ordering::SeqCst);
    let (mut served, mut refused) = (0, 0);
    for task in tasks {
        let (s, r) = kit.block_on(task).unwrap();
        (served, refused) = (served + s, refused + r);
    }
    assert!(served > 0 && refused > 0, "{served} served, {refused} refused");
}

/// A key policy, too, is in force from the reply on; and a deleted alias stands for nothing.
#[test]
fn a_denial_is_in_force_from_the_reply_on() {
    let kit = Kit::new();
    let key = kit.create_key();
    let alias = json!({"AliasName": "alias/a", "TargetKeyId": key.to_string()});
    let _ = kit.call("CreateAlias", &alias).ok();
    let encrypt = json!({"KeyId": "alias/a", "Plaintext": base64(b"secret")});
    let _ = kit.call("Encrypt", &encrypt).ok();
    let statement = |effect: &str, action: &str| {
        json!({"Effect": effect, "Action": action, "Resource": "*",
               "Principal": {"AWS": "arn:aws:iam::111122223333:root"}})
    };
    let policy = json!({"Version": "2012-10-17",
        "Statement": [statement("Allow", "kms:*"), statement("Deny", "kms:Encrypt")]});
    let put = json!({"KeyId": key.to_string(), "Policy": policy.to_string()});
    let _ = kit.call("PutKeyPolicy", &put).ok();
    assert_eq!(kit.call("Encrypt", &encrypt).code(), "AccessDeniedException");
    let _ = kit.call("DeleteAlias", &json!({"AliasName": "alias/a"})).ok();
    assert_eq!(kit.call("Encrypt", &encrypt).code(), "NotFoundException");
}
