//! Grants decide: who may do what by one, and from when to when.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use strongroom_testkit::{Answer, Kit, Port, World, base64};
use strongroom_types::KeyArn;

const OWNER: &str = "arn:aws:iam::111122223333:root";
const STRANGER: &str = "arn:aws:iam::444455556666:root";
const NOBODY: &str = "arn:aws:iam::111122223333:user/nobody";

fn grant(kit: &Kit, key: &KeyArn, grantee: &str, more: &Value) -> (String, String) {
    let mut input = json!({"KeyId": key.to_string(), "GranteePrincipal": grantee,
                           "Operations": ["Encrypt", "Decrypt", "DescribeKey"]});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    let made = kit.call("CreateGrant", &input).ok().json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("GrantId"), text("GrantToken"))
}

fn revoke(kit: &Kit, key: &KeyArn, id: &str) {
    let _ = kit.call("RevokeGrant", &json!({"KeyId": key.to_string(), "GrantId": id})).ok();
}

fn encrypt(key: &KeyArn, context: &Value) -> Value {
    json!({"KeyId": key.to_string(), "Plaintext": base64(b"x"), "EncryptionContext": context})
}

fn stranger(kit: &Kit, operation: &str, input: &Value) -> Answer {
    kit.block_on(kit.stranger().call(operation, input))
}

#[track_caller]
fn denied(answer: &Answer) {
    assert_eq!(answer.code(), "AccessDeniedException", "{}", answer.text());
}

fn reasons(kit: &Kit, answer: &Answer) -> Vec<String> {
    kit.records_of(answer).remove(0).reasons
}

/// A grant is what the stranger has, and nothing else of the key.
#[test]
fn a_grant_is_enough_across_accounts() {
    let kit = Kit::new();
    let (key, other) = (kit.create_key(), kit.create_key());
    let input = encrypt(&key, &json!({}));
    denied(&stranger(&kit, "Encrypt", &input));
    let (id, token) = grant(&kit, &key, STRANGER, &json!({}));
    let answer = stranger(&kit, "Encrypt", &input);
    assert_eq!(reasons(&kit, &answer.clone().ok()), [format!("grant {id}")]);
    // Named by its token, the trail says so.
    let mut with_token = input.clone();
    with_token["GrantTokens"] = json!([token]);
    let answer = stranger(&kit, "Encrypt", &with_token).ok();
    assert_eq!(reasons(&kit, &answer), [format!("grant {id}, named by a token")]);
    // Not what it does not say, not another key, not by its token either.
    let generate = json!({"KeyId": key.to_string(), "KeySpec": "AES_256", "GrantTokens": [token]});
    denied(&stranger(&kit, "GenerateDataKey", &generate));
    let mut elsewhere = encrypt(&other, &json!({}));
    elsewhere["GrantTokens"] = json!([token]);
    denied(&stranger(&kit, "Encrypt", &elsewhere));
    denied(&stranger(&kit, "GetKeyPolicy", &json!({"KeyId": key.to_string()})));
    // ReEncrypt is two operations.
    let blob = stranger(&kit, "Encrypt", &input).ok().bytes("CiphertextBlob");
    let again = json!({"CiphertextBlob": base64(&blob), "DestinationKeyId": key.to_string()});
    denied(&stranger(&kit, "ReEncrypt", &again));
    let _ = grant(&kit, &key, STRANGER, &json!({"Operations": ["ReEncryptFrom"]}));
    denied(&stranger(&kit, "ReEncrypt", &again));
    let _ = grant(&kit, &key, STRANGER, &json!({"Operations": ["ReEncryptTo"]}));
    let _ = stranger(&kit, "ReEncrypt", &again).ok();
    revoke(&kit, &key, &id);
    denied(&stranger(&kit, "Encrypt", &input));
    let gone = stranger(&kit, "Encrypt", &with_token);
    denied(&gone);
    // After a restart it is as before.
    let _ = grant(&kit, &key, STRANGER, &json!({}));
    let kit = kit.restart();
    let _ = stranger(&kit, "Encrypt", &input).ok();
}

#[test]
fn a_policy_that_denies_counts_for_more_than_a_grant() {
    let kit = Kit::new();
    kit.create_principal(NOBODY);
    let key = kit.create_key();
    let policy = |effect: &str| {
        json!({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": OWNER}, "NotAction": "kms:Encrypt", "Resource": "*"},
            {"Effect": effect, "Principal": {"AWS": NOBODY}, "Action": "kms:Encrypt", "Resource": "*"},
            {"Effect": effect, "Principal": {"AWS": STRANGER}, "Action": "kms:Decrypt", "Resource": "*"},
            {"Effect": effect, "Principal": {"AWS": OWNER}, "Action": "kms:Sign", "Resource": "*"}
        ]})
    };
    let put = |policy: &Value| {
        let input = json!({"KeyId": key.to_string(), "Policy": policy.to_string(),
                           "BypassPolicyLockoutSafetyCheck": true});
        let _ = kit.call("PutKeyPolicy", &input).ok();
    };
    put(&policy("Allow"));
    let input = encrypt(&key, &json!({}));
    denied(&kit.call("Encrypt", &input));
    // In one's own account, too.
    let _ = grant(&kit, &key, OWNER, &json!({}));
    let blob = kit.call("Encrypt", &input).ok().bytes("CiphertextBlob");
    let mut deny = policy("Allow");
    deny["Statement"][1] = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt",
                                  "Resource": "*"});
    put(&deny);
    let refused = kit.call("Encrypt", &input);
    assert!(refused.message().ends_with("with an explicit deny in a resource-based policy"));
    let _ = grant(&kit, &key, STRANGER, &json!({}));
    denied(&stranger(&kit, "Encrypt", &input));
    let _ = stranger(&kit, "Decrypt", &json!({"CiphertextBlob": base64(&blob)})).ok();
}

#[test]
fn constraints_are_asked_of_the_encryption_context() {
    let kit = Kit::new();
    let key = kit.create_key();
    let try_with = |context: &Value| stranger(&kit, "Encrypt", &encrypt(&key, context)).is_ok();
    let subset = json!({"Constraints": {"EncryptionContextSubset": {"App": "Shop"}}});
    let (id, _) = grant(&kit, &key, STRANGER, &subset);
    assert!(try_with(&json!({"App": "Shop"})));
    assert!(try_with(&json!({"app": "Shop", "other": "x"})));
    assert!(!try_with(&json!({"app": "shop"})));
    assert!(!try_with(&json!({"app": "Shop", "APP": "x"})));
    assert!(!try_with(&json!({})));
    let describe = json!({"KeyId": key.to_string()});
    let _ = stranger(&kit, "DescribeKey", &describe).ok();
    revoke(&kit, &key, &id);
    denied(&stranger(&kit, "DescribeKey", &describe));
    let equals = json!({"Constraints": {"EncryptionContextEquals": {"App": "Shop", "n": "1"}}});
    let (id, _) = grant(&kit, &key, STRANGER, &equals);
    assert!(try_with(&json!({"n": "1", "App": "Shop"})));
    assert!(!try_with(&json!({"App": "Shop"})));
    assert!(!try_with(&json!({"App": "Shop", "n": "1", "m": "2"})));
    revoke(&kit, &key, &id);
    // Nobody calls on behalf of a resource.
    let source =
        json!({"Constraints": {"SourceArn": "arn:aws:rds:eu-west-2:111122223333:db:orders"}});
    let _ = grant(&kit, &key, STRANGER, &source);
    assert!(!try_with(&json!({})));
}

#[test]
fn a_grant_creates_grants_that_permit_no_more() {
    let kit = Kit::new();
    let key = kit.create_key();
    let terms = json!({"Operations": ["CreateGrant", "Decrypt", "Encrypt"],
                       "Constraints": {"EncryptionContextSubset": {"App": "Shop"}}});
    let (parent, _) = grant(&kit, &key, STRANGER, &terms);
    let child = |operations: Value, constraints: Value| {
        let mut input = json!({"KeyId": key.to_string(), "GranteePrincipal": STRANGER,
                               "Operations": operations});
        if !constraints.is_null() {
            input["Constraints"] = constraints;
        }
        stranger(&kit, "CreateGrant", &input)
    };
    let subset = |pairs: Value| json!({ "EncryptionContextSubset": pairs });
    let equals = |pairs: Value| json!({ "EncryptionContextEquals": pairs });
    let made = child(json!(["Decrypt"]), subset(json!({"App": "Shop"}))).ok();
    assert_eq!(reasons(&kit, &made), [format!("grant {parent}")]);
    let _ = child(json!(["Decrypt", "CreateGrant"]), equals(json!({"app": "Shop"}))).ok();
    let _ = child(json!(["Encrypt"]), subset(json!({"App": "Shop", "n": "1"}))).ok();
    denied(&child(json!(["Decrypt"]), Value::Null));
    denied(&child(json!(["Decrypt"]), subset(json!({"App": "shop"}))));
    denied(&child(json!(["Decrypt"]), subset(json!({"n": "1"}))));
    denied(&child(json!(["Decrypt", "DescribeKey"]), subset(json!({"App": "Shop"}))));
    revoke(&kit, &key, &parent);
    // What is left is the child: its exact pairs do not become a subset.
    let _ = child(json!(["Decrypt"]), equals(json!({"App": "Shop"}))).ok();
    denied(&child(json!(["Decrypt"]), subset(json!({"App": "Shop"}))));
    denied(&child(json!(["Encrypt"]), equals(json!({"App": "Shop"}))));
}

/// Of many grants to one grantee the one that fits is found, whatever else there is.
#[test]
fn one_of_many_grants_is_found_by_what_the_request_brings() {
    let kit = Kit::new();
    let key = kit.create_key();
    for number in 0..300 {
        let context = json!({"volume": format!("vol-{number}")});
        let constraint = ["EncryptionContextEquals", "EncryptionContextSubset"][number % 2];
        let _ = grant(&kit, &key, STRANGER, &json!({"Constraints": {constraint: context}}));
    }
    let try_volume = |number: usize, more: bool| {
        let mut context = json!({"volume": format!("vol-{number}")});
        if more {
            context["more"] = json!("x");
        }
        stranger(&kit, "Encrypt", &encrypt(&key, &context)).is_ok()
    };
    for number in [0, 1, 150, 151, 298, 299] {
        assert!(try_volume(number, false), "{number}");
        assert_eq!(try_volume(number, true), number % 2 == 1, "{number}");
    }
    assert!(!try_volume(300, false));
    // The price does not grow with the number of grants.
    let reads = |number: usize| {
        let before = kit.world.faults.calls(&Port::STORE);
        assert!(try_volume(number, false));
        kit.world.faults.calls(&Port::STORE) - before
    };
    let (cold, warm) = (reads(40), reads(40));
    assert!(cold < 10, "{cold} calls of the store");
    assert_eq!(warm, 0);
}

#[test]
fn who_may_retire_a_grant() {
    let kit = Kit::new();
    kit.create_principal(NOBODY);
    let key = kit.create_key();
    let (_, token) = grant(&kit, &key, NOBODY, &json!({"RetiringPrincipal": STRANGER}));
    let answer = stranger(&kit, "RetireGrant", &json!({ "GrantToken": token })).ok();
    assert!(reasons(&kit, &answer)[0].starts_with("retiring principal of grant "));
    // A grantee without the operation is none of its parties.
    let (_, token) = grant(&kit, &key, STRANGER, &json!({}));
    denied(&stranger(&kit, "RetireGrant", &json!({ "GrantToken": token })));
    // The account that created it by a grant of its own.
    let _ = grant(&kit, &key, STRANGER, &json!({"Operations": ["CreateGrant", "Decrypt"]}));
    let child = json!({"KeyId": key.to_string(), "GranteePrincipal": NOBODY,
                       "Operations": ["Decrypt"]});
    let token = stranger(&kit, "CreateGrant", &child).ok().json()["GrantToken"].clone();
    let answer = stranger(&kit, "RetireGrant", &json!({ "GrantToken": token })).ok();
    assert!(reasons(&kit, &answer)[0].starts_with("account of grant "));
    // The account that has the key, whoever created it; its key policy has no say.
    let token = stranger(&kit, "CreateGrant", &child).ok().json()["GrantToken"].clone();
    let policy = json!({"Statement": {"Effect": "Deny", "Principal": "*", "Resource": "*",
                                      "Action": "kms:RetireGrant"}});
    let put = json!({"KeyId": key.to_string(), "Policy": policy.to_string(),
                     "BypassPolicyLockoutSafetyCheck": true});
    let _ = kit.call("PutKeyPolicy", &put).ok();
    let _ = kit.call("RetireGrant", &json!({ "GrantToken": token })).ok();
}

/// Grants are created, listed and revoked across accounts by policy, where the key's names the
/// other account.
#[test]
fn a_policy_lets_another_account_manage_grants() {
    let kit = Kit::new();
    kit.create_principal(NOBODY);
    let key = kit.create_key();
    let actions = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": OWNER}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": actions, "Resource": "*"}
    ]});
    let input = json!({"KeyId": key.to_string()});
    denied(&stranger(&kit, "ListGrants", &input));
    let put = json!({"KeyId": key.to_string(), "Policy": policy.to_string()});
    let _ = kit.call("PutKeyPolicy", &put).ok();
    // By a policy, of whatever operations.
    let create = json!({"KeyId": key.to_string(), "GranteePrincipal": NOBODY,
                        "Operations": ["GenerateDataKey"]});
    let made = stranger(&kit, "CreateGrant", &create).ok().json();
    let listed = stranger(&kit, "ListGrants", &input).ok().json();
    assert_eq!(listed["Grants"][0]["GrantId"], made["GrantId"]);
    assert_eq!(listed["Grants"][0]["IssuingAccount"], STRANGER);
    let revoke = json!({"KeyId": key.to_string(), "GrantId": made["GrantId"]});
    let _ = stranger(&kit, "RevokeGrant", &revoke).ok();
    assert_eq!(stranger(&kit, "ListGrants", &input).ok().json()["Grants"], json!([]));
}

/// Once a revocation is answered no use succeeds by the grant, on any thread, whatever is cached.
#[test]
fn a_revoked_grant_holds_from_its_answer_on() {
    let kit = World::default().open_with_threads(4).unwrap();
    let key = kit.create_key();
    let input = Arc::new(encrypt(&key, &json!({"App": "Shop"})));
    for round in 0..25 {
        let (id, token) = grant(
            &kit,
            &key,
            STRANGER,
            &json!({"Constraints": {"EncryptionContextSubset": {"App": "Shop"}}}),
        );
        let ended = Arc::new(AtomicBool::new(false));
        let users: Vec<_> = (0..6)
            .map(|_| {
                let (client, input, ended) = (kit.stranger(), input.clone(), ended.clone());
                kit.spawn(async move {
                    let mut served = 0_u32;
                    loop {
                        let was_ended = ended.load(Ordering::SeqCst);
                        let answer = client.call("Encrypt", &input).await;
                        assert!(!(was_ended && answer.is_ok()), "served after the end");
                        served += u32::from(answer.is_ok());
                        if was_ended {
                            return served;
                        }
                    }
                })
            })
            .collect();
        // Some uses first, so that the caches are full.
        for _ in 0..5 {
            let _ = stranger(&kit, "Encrypt", &input).ok();
        }
        match round % 2 {
            0 => revoke(&kit, &key, &id),
            _ => drop(kit.call("RetireGrant", &json!({ "GrantToken": token })).ok()),
        }
        ended.store(true, Ordering::SeqCst);
        let served: u32 = users.into_iter().map(|user| kit.block_on(user).unwrap()).sum();
        assert!(served > 0);
    }
}
