//! Grants: their names, their parties, their end.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::Due;
use strongroom_testkit::{Answer, Kit, Port};
use strongroom_types::KeyArn;

const GRANTEE: &str = "arn:aws:iam::111122223333:role/worker";
const STRANGER: &str = "arn:aws:iam::444455556666:root";

fn terms(key: &KeyArn) -> Value {
    json!({"KeyId": key.to_string(), "GranteePrincipal": GRANTEE, "Operations": ["Decrypt"]})
}

/// A server that knows the grantee.
fn with_grantee() -> Kit {
    let kit = Kit::new();
    kit.create_principal(GRANTEE);
    kit
}

fn create(kit: &Kit, input: &Value) -> (String, String) {
    let made = kit.call("CreateGrant", input).ok().json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("GrantId"), text("GrantToken"))
}

fn listed(kit: &Kit, key: &KeyArn) -> Vec<Value> {
    let mut grants = Vec::new();
    let mut input = json!({"KeyId": key.to_string(), "Limit": 100});
    loop {
        let page = kit.call("ListGrants", &input).ok().json();
        grants.extend(page["Grants"].as_array().unwrap().clone());
        match page.get("NextMarker") {
            Some(marker) => input["Marker"] = marker.clone(),
            None => return grants,
        }
    }
}

#[test]
fn a_name_makes_a_request_idempotent() {
    let kit = with_grantee();
    let key = kit.create_key();
    let mut named = terms(&key);
    named["Name"] = json!("backup");
    let (first, token) = create(&kit, &named);
    let (again, other_token) = create(&kit, &named);
    assert_eq!(first, again);
    assert_ne!(token, other_token);
    named["Operations"] = json!(["Decrypt", "Encrypt"]);
    let (changed, _) = create(&kit, &named);
    assert_ne!(first, changed);
    // Without a name every request makes a grant.
    assert_ne!(create(&kit, &terms(&key)).0, create(&kit, &terms(&key)).0);
    assert_eq!(listed(&kit, &key).len(), 4);
    // When the grant is gone its name is free again.
    let revoke = json!({"KeyId": key.to_string(), "GrantId": first});
    let _ = kit.call("RevokeGrant", &revoke).ok();
    named["Operations"] = json!(["Decrypt"]);
    assert_ne!(create(&kit, &named).0, first);
    let kit = kit.restart();
    assert_eq!(listed(&kit, &key).len(), 4);
}

/// The stranger's client calls.
fn stranger(kit: &Kit, operation: &str, input: &Value) -> Answer {
    kit.block_on(kit.stranger().call(operation, input))
}

#[test]
fn only_its_parties_retire_a_grant() {
    let kit = with_grantee();
    let key = kit.create_key();
    let mut input = terms(&key);
    let (id, token) = create(&kit, &input);
    let by_id = json!({"KeyId": key.to_string(), "GrantId": id});
    for refused in [json!({ "GrantToken": token }), by_id] {
        let answer = stranger(&kit, "RetireGrant", &refused);
        assert_eq!(answer.code(), "AccessDeniedException", "{refused}");
    }
    input["RetiringPrincipal"] = json!(STRANGER);
    let (_, token) = create(&kit, &input);
    let retirable = json!({"RetiringPrincipal": STRANGER});
    let seen = stranger(&kit, "ListRetirableGrants", &retirable).ok().json();
    assert_eq!(seen["Grants"][0]["KeyId"], key.to_string());
    let _ = stranger(&kit, "RetireGrant", &json!({ "GrantToken": token })).ok();
    let seen = stranger(&kit, "ListRetirableGrants", &retirable).ok().json();
    assert_eq!(seen["Grants"], json!([]));
    // A grantee whom the grant lets retire it.
    let input = json!({"KeyId": key.to_string(), "GranteePrincipal": STRANGER,
                       "Operations": ["Decrypt", "RetireGrant"]});
    let (_, token) = create(&kit, &input);
    let _ = stranger(&kit, "RetireGrant", &json!({ "GrantToken": token })).ok();
    let gone = kit.call("RetireGrant", &json!({ "GrantToken": token }));
    assert_eq!(gone.code(), "NotFoundException");
    assert_eq!(listed(&kit, &key).len(), 1);
}

#[test]
fn a_token_is_good_as_long_as_its_grant() {
    let kit = with_grantee();
    let key = kit.create_key();
    let (id, token) = create(&kit, &terms(&key));
    let describe = json!({"KeyId": key.to_string(), "GrantTokens": [token]});
    let _ = kit.call("DescribeKey", &describe).ok();
    let altered = json!({"KeyId": key.to_string(), "GrantTokens": [format!("{token}A")]});
    assert_eq!(kit.call("DescribeKey", &altered).code(), "InvalidGrantTokenException");
    let _ = kit.call("RevokeGrant", &json!({"KeyId": key.to_string(), "GrantId": id})).ok();
    assert_eq!(kit.call("DescribeKey", &describe).code(), "InvalidGrantTokenException");
}

/// Whether a token names a grant cannot be told while the store fails.
#[test]
fn a_store_that_fails_makes_no_token_invalid() {
    let kit = with_grantee();
    let key = kit.create_key();
    let (_, token) = create(&kit, &terms(&key));
    let describe = json!({"KeyId": key.to_string(), "GrantTokens": [token]});
    let _ = kit.call("DescribeKey", &describe).ok();
    kit.world.faults.always(&[Port::Read]);
    let before = kit.world.incidents.all().len();
    let failed = kit.call("DescribeKey", &describe);
    assert_eq!((failed.status, failed.code().as_str()), (500, "KMSInternalException"));
    assert!(kit.world.incidents.all().len() > before);
    kit.world.faults.heal();
    let _ = kit.call("DescribeKey", &describe).ok();
}

#[test]
fn a_key_has_50_000_grants_at_most() {
    let kit = with_grantee();
    let key = kit.create_key();
    let kit = kit.with_key_edited(&key, |key| key.grants = Some(50_000 - 1));
    let (id, _) = create(&kit, &terms(&key));
    let refused = kit.call("CreateGrant", &terms(&key));
    assert_eq!(refused.code(), "LimitExceededException");
    let mut dry = terms(&key);
    dry["DryRun"] = json!(true);
    assert_eq!(kit.call("CreateGrant", &dry).code(), "LimitExceededException");
    let _ = kit.call("RevokeGrant", &json!({"KeyId": key.to_string(), "GrantId": id})).ok();
    let _ = create(&kit, &terms(&key));
}

/// More grants than one commit ends, with names and retiring principals.
#[test]
fn a_key_goes_with_all_its_grants() {
    let kit = with_grantee();
    let (key, other) = (kit.create_key(), kit.create_key());
    for number in 0..250 {
        let mut input = terms(&key);
        input["Name"] = json!(format!("grant-{number}"));
        input["RetiringPrincipal"] = json!(STRANGER);
        let _ = create(&kit, &input);
    }
    let mut input = terms(&other);
    input["RetiringPrincipal"] = json!(STRANGER);
    let _ = create(&kit, &input);
    assert_eq!(listed(&kit, &key).len(), 250);
    let _ = kit.call("ScheduleKeyDeletion", &json!({"KeyId": key.to_string()})).ok();
    kit.world.clock.advance_days(30);
    assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
    let kit = kit.restart();
    assert_eq!(
        kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).code(),
        "NotFoundException"
    );
    let left = kit.world.contents().into_iter().filter(|entry| {
        let place = String::from_utf8_lossy(&entry.key).into_owned();
        place.starts_with('g') && place.contains(&key.key.to_string())
    });
    assert_eq!(left.count(), 0);
    let retirable = json!({"RetiringPrincipal": STRANGER});
    let seen = stranger(&kit, "ListRetirableGrants", &retirable).ok().json();
    assert_eq!(seen["Grants"].as_array().unwrap().len(), 1);
}

#[test]
fn grants_of_one_grantee_are_found_among_many() {
    let kit = with_grantee();
    let key = kit.create_key();
    for number in 0..120 {
        let mut input = terms(&key);
        let who = if number % 40 == 7 { STRANGER } else { GRANTEE };
        input["GranteePrincipal"] = json!(who);
        let _ = create(&kit, &input);
    }
    let mut found = 0;
    let mut input = json!({"KeyId": key.to_string(), "GranteePrincipal": STRANGER, "Limit": 1});
    loop {
        let page = kit.call("ListGrants", &input).ok().json();
        let grants = page["Grants"].as_array().unwrap().clone();
        assert!(grants.iter().all(|grant| grant["GranteePrincipal"] == STRANGER));
        found += grants.len();
        match page.get("NextMarker") {
            Some(marker) => input["Marker"] = marker.clone(),
            None => break,
        }
    }
    assert_eq!(found, 3);
    // The marker of one listing is none of another.
    let page = kit.call("ListGrants", &json!({"KeyId": key.to_string(), "Limit": 1})).ok().json();
    input["Marker"] = page["NextMarker"].clone();
    assert_eq!(kit.call("ListGrants", &input).code(), "InvalidMarkerException");
}
