//! Rounds of delivery: everything once, in spite of crashes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(clippy::await_holding_lock, reason = "one thread, which waits for nobody")]

use serde_json::json;
use strongroom_engine::ports::Log as _;
use strongroom_engine::shipping::{Delivery, DeliveryPlace, Round};
use strongroom_keys::{DeliveredFile, DeliveryRecord};
use strongroom_testkit::{Kit, Port, region};
use strongroom_types::{AccountId, KeyArn};

/// A call that is answered.
fn done(kit: &Kit, operation: &str, input: &serde_json::Value) {
    drop(kit.call(operation, input).ok());
}

fn begin(kit: &Kit) -> Option<Round> {
    kit.block_on(kit.engine().begin_round(&mut kit.tail())).unwrap()
}

fn end(kit: &Kit, round: &Round) {
    kit.block_on(kit.engine().end_round(&mut kit.tail(), round)).unwrap();
}

fn names(round: &Round) -> Vec<String> {
    round.records.iter().map(|record| record.operation.clone()).collect()
}

/// Delivers what there is from the beginning of the world.
fn delivered(kit: &Kit) {
    while let Some(round) = begin(kit) {
        end(kit, &round);
    }
}

#[test]
fn changes_and_uses_are_delivered_once() {
    let kit = Kit::new();
    delivered(&kit);
    assert!(begin(&kit).is_none());
    let key: KeyArn = kit.create_key();
    let key = key.to_string();
    done(&kit, "DescribeKey", &json!({ "KeyId": key }));
    done(&kit, "DisableKey", &json!({ "KeyId": key }));
    assert!(!kit.call("Encrypt", &json!({ "KeyId": key, "Plaintext": "AA==" })).is_ok());
    let round = begin(&kit).unwrap();
    assert_eq!(names(&round), ["CreateKey", "DisableKey", "DescribeKey", "Encrypt"]);
    end(&kit, &round);
    assert!(begin(&kit).is_none());
    done(&kit, "EnableKey", &json!({ "KeyId": key }));
    assert_eq!(names(&begin(&kit).unwrap()), ["EnableKey"]);
}

#[test]
fn a_round_that_was_begun_is_repeated_to_the_letter() {
    let mut kit = Kit::new();
    delivered(&kit);
    done(&kit, "CreateKey", &json!({}));
    done(&kit, "ListKeys", &json!({}));
    let first = begin(&kit).unwrap();
    for restarts in [false, true, true] {
        if restarts {
            kit = kit.restart();
        }
        kit.world.clock.advance_days(1);
        done(&kit, "CreateKey", &json!({}));
        done(&kit, "ListKeys", &json!({}));
        let again = begin(&kit).unwrap();
        assert_eq!(again.records, first.records);
        assert_eq!((again.number, again.time), (first.number, first.time));
    }
    end(&kit, &begin(&kit).unwrap());
    let next = begin(&kit).unwrap();
    assert_eq!(next.number, first.number + 1);
    assert_eq!(names(&next), [["CreateKey"; 3].as_slice(), &["ListKeys"; 3]].concat());
}

#[test]
fn segments_are_removed_once_they_are_delivered_and_the_rest_is_still_read() {
    let mut kit = Kit::new();
    for _ in 0..4 {
        done(&kit, "ListKeys", &json!({}));
        kit = kit.restart();
    }
    let uses = begin(&kit).unwrap().records.iter().filter(|r| r.operation == "ListKeys").count();
    assert_eq!(uses, 4);
    assert_eq!(kit.world.log.segments().unwrap().len(), 5);
    end(&kit, &begin(&kit).unwrap());
    let left = kit.world.log.segments().unwrap();
    assert!(left.len() <= 2, "{left:?}");
    done(&kit, "ListAliases", &json!({}));
    kit = kit.restart();
    assert!(!kit.call("ListGrants", &json!({ "KeyId": "alias/none" })).is_ok());
    assert_eq!(names(&begin(&kit).unwrap()), ["ListAliases", "ListGrants"]);
    let shown = kit.stop().trail();
    let shown: Vec<&str> = shown.iter().map(|record| record.operation.as_str()).collect();
    assert!(shown.ends_with(&["ListAliases", "ListGrants"]), "{shown:?}");
}

#[test]
fn starts_without_a_request_leave_nothing_in_the_way() {
    let mut kit = Kit::new();
    delivered(&kit);
    for _ in 0..4 {
        kit = kit.restart();
    }
    done(&kit, "ListKeys", &json!({}));
    for _ in 0..3 {
        kit = kit.restart();
    }
    done(&kit, "ListAliases", &json!({}));
    let round = begin(&kit).unwrap();
    assert_eq!(names(&round), ["ListKeys", "ListAliases"]);
    end(&kit, &round);
    kit = kit.restart().restart();
    done(&kit, "ListKeys", &json!({}));
    assert_eq!(names(&begin(&kit).unwrap()), ["ListKeys"]);
}

#[test]
fn a_round_is_bounded_by_bytes() {
    let kit = Kit::new();
    delivered(&kit);
    let key = kit.create_key().to_string();
    let policy = "x".repeat(32_000);
    let refused = || kit.call("PutKeyPolicy", &json!({ "KeyId": key, "Policy": policy }));
    for _ in 0..700 {
        assert!(!refused().is_ok());
    }
    let first = begin(&kit).unwrap();
    assert!(first.is_full && first.records.len() < 600, "{}", first.records.len());
    end(&kit, &first);
    let rest = begin(&kit).unwrap();
    assert!(!rest.is_full);
    assert_eq!(first.records.len() + rest.records.len(), 701);
}

#[test]
fn what_a_failing_store_does_not_take_is_delivered_later() {
    let kit = Kit::new();
    delivered(&kit);
    done(&kit, "CreateKey", &json!({}));
    kit.world.faults.always(&[Port::Commit]);
    assert!(kit.block_on(kit.engine().begin_round(&mut kit.tail())).is_err());
    kit.world.faults.heal();
    let round = begin(&kit).unwrap();
    kit.world.faults.always(&[Port::Commit]);
    assert!(kit.block_on(kit.engine().end_round(&mut kit.tail(), &round)).is_err());
    kit.world.faults.heal();
    let again = begin(&kit).unwrap();
    assert_eq!(again.records, round.records);
    end(&kit, &again);
    assert!(begin(&kit).is_none());
}

#[test]
fn deliveries_are_written_and_read() {
    let kit = Kit::new();
    let place = DeliveryPlace {
        account: AccountId::INITIAL,
        region: region(),
        home: region(),
        trail: "main",
    };
    let file = DeliveredFile {
        bucket: "b".to_owned(),
        key: "k".to_owned(),
        hash: [7; 32],
        oldest: 1,
        newest: 2,
    };
    let record = DeliveryRecord { since: 5, files: vec![file], ..DeliveryRecord::default() };
    let delivery = Delivery { record: Some(record.clone()), version: None };
    let engine = kit.engine();
    kit.block_on(engine.put_deliveries(&[(place, delivery)])).unwrap();
    let read = kit.block_on(engine.delivery(&place)).unwrap();
    assert_eq!(read.record.as_ref(), Some(&record));
    let mut seen = Vec::new();
    let each = |place: DeliveryPlace<'_>, _| seen.push((place.trail.to_owned(), place.account));
    kit.block_on(engine.deliveries(each)).unwrap();
    assert_eq!(seen, [("main".to_owned(), AccountId::INITIAL)]);
    kit.block_on(engine.put_deliveries(&[(place, Delivery { record: None, ..read })])).unwrap();
    assert_eq!(kit.block_on(engine.delivery(&place)).unwrap(), Delivery::default());
}

#[test]
fn nothing_is_taken_on_while_delivery_holds_back() {
    let kit = Kit::new();
    kit.engine().hold_back(Some("the bucket is gone".to_owned()));
    assert_eq!(kit.engine().failure().as_deref(), Some("the bucket is gone"));
    assert_eq!(kit.call("ListKeys", &json!({})).code(), "KMSInternalException");
    assert_eq!(kit.call("CreateKey", &json!({})).code(), "KMSInternalException");
    // Delivery itself goes on.
    delivered(&kit);
    kit.engine().hold_back(None);
    assert_eq!(kit.engine().failure(), None);
    done(&kit, "CreateKey", &json!({}));
}

#[test]
fn keys_that_sign_digests_are_made_once_and_rotate() {
    let kit = Kit::new();
    let engine = kit.engine();
    let first = kit.block_on(engine.trail_signer(region())).unwrap();
    let same = kit.block_on(engine.trail_signer(region())).unwrap();
    assert_eq!(first.public(), same.public());
    assert_eq!(first.sign(b"digest").unwrap(), same.sign(b"digest").unwrap());
    kit.block_on(engine.rotate_trail_key(region())).unwrap();
    let second = kit.block_on(engine.trail_signer(region())).unwrap();
    assert_ne!(second.public(), first.public());
    let keys = kit.block_on(engine.trail_keys(region())).unwrap();
    let publics: Vec<&[u8]> = keys.iter().map(|key| key.public.as_slice()).collect();
    assert_eq!(publics, [first.public(), second.public()]);
    assert!(keys[0].private.expose().is_empty() && keys[0].retired.is_some());
}
