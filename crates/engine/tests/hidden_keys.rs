//! What callers of other accounts are told of keys: the same whether or not there is such a key.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_testkit::{Client, Kit, base64};
use strongroom_types::KeyArn;

const MISSING: &str = "arn:aws:kms:eu-west-2:111122223333:key/0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f";
const FOREIGN: &str = "arn:aws:kms:eu-west-2:111122223333:";

/// The identity policies of the callers.
fn policies() -> Vec<Value> {
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let on = |condition: Value| {
        let mut statement = all.clone();
        statement["Condition"] = condition;
        json!({ "Statement": statement })
    };
    vec![
        json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}),
        json!({"Statement": all}),
        json!({"Statement": [all, {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]}),
        // What only the key knows.
        on(json!({"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}})),
        on(json!({"Null": {"kms:KeyUsage": "true"}})),
        on(json!({"StringEquals": {"aws:ResourceTag/a": "b"}})),
        on(json!({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}})),
        // What the request says.
        on(json!({"StringEquals": {"aws:ResourceAccount": "111122223333"}})),
        on(json!({"StringEquals": {"kms:RequestAlias": "alias/there"}})),
    ]
}

fn requests(key: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("Encrypt", json!({"KeyId": key, "Plaintext": base64(b"x")})),
        ("DescribeKey", json!({ "KeyId": key })),
        ("GetKeyPolicy", json!({ "KeyId": key })),
        ("GenerateDataKey", json!({"KeyId": key, "KeySpec": "AES_256"})),
    ]
}

/// What the answer says, without the key's own name.
fn told(kit: &Kit, who: &Client, (operation, input): &(&str, Value), key: &str) -> String {
    let answer = kit.block_on(who.call(operation, input));
    answer.text().replace(key, "the key")
}

fn callers(kit: &Kit) -> Vec<Client> {
    let stranger = kit.stranger();
    let mut callers = vec![stranger.clone()];
    for (number, policy) in policies().iter().enumerate() {
        let name = format!("user-{number}");
        callers.push(kit.user_of(&stranger, &name, &policy.to_string()));
        kit.create_principal(&format!("arn:aws:iam::444455556666:role/role-{number}"));
        let role = [
            ("RoleName", format!("role-{number}")),
            ("PolicyName", "own".to_owned()),
            ("PolicyDocument", policy.to_string()),
        ];
        let role: Vec<_> = role.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let _ = kit.block_on(stranger.iam("PutRolePolicy", &role)).ok();
        callers.push(kit.session_of(&callers[1], &format!("role-{number}")));
    }
    callers
}

fn key_with_all(kit: &Kit) -> KeyArn {
    let key = kit.create_key();
    let tag = json!({"KeyId": key.to_string(), "Tags": [{"TagKey": "a", "TagValue": "b"}]});
    let _ = kit.call("TagResource", &tag).ok();
    let alias = json!({"AliasName": "alias/there", "TargetKeyId": key.to_string()});
    let _ = kit.call("CreateAlias", &alias).ok();
    key
}

#[test]
fn a_key_that_is_there_is_told_as_one_that_is_not() {
    let kit = Kit::new();
    let key = key_with_all(&kit).to_string();
    let mut answers = std::collections::BTreeSet::new();
    for who in callers(&kit) {
        for (there, missing) in requests(&key).iter().zip(requests(MISSING)) {
            let expected = told(&kit, &who, &missing, MISSING);
            assert!(expected.contains("AccessDeniedException"), "{expected}");
            assert_eq!(told(&kit, &who, there, &key), expected);
            answers.insert(expected.split(" because ").last().unwrap_or_default().to_owned());
        }
    }
    assert!(answers.len() > 2, "{answers:?}");
}

#[test]
fn an_alias_that_is_there_is_told_as_one_that_is_not() {
    let kit = Kit::new();
    let _ = key_with_all(&kit);
    let (there, missing) = (format!("{FOREIGN}alias/there"), format!("{FOREIGN}alias/gone"));
    for who in callers(&kit) {
        for (one, other) in requests(&there).iter().zip(requests(&missing)) {
            // Operations that take no alias refuse both, by their names; and a policy may ask for
            // the alias that the request names.
            let expected = told(&kit, &who, &other, &missing);
            let found = told(&kit, &who, one, &there);
            let names_it = found.contains("no identity-based policy")
                || expected.contains("no identity-based policy");
            assert!(found == expected || names_it, "{found}\n{expected}");
            assert!(!found.contains("is not found"), "{found}");
            assert!(!expected.contains("is not found"), "{expected}");
        }
    }
}

#[test]
fn a_grant_that_is_there_is_told_as_one_that_is_not() {
    let kit = Kit::new();
    let key = key_with_all(&kit).to_string();
    let input = json!({"KeyId": key, "GranteePrincipal": "arn:aws:iam::111122223333:root",
                       "Operations": ["Encrypt"]});
    let grant = kit.call("CreateGrant", &input).ok().string("GrantId");
    let retire = |key: &str, id: &str| ("RetireGrant", json!({"KeyId": key, "GrantId": id}));
    let none = "0".repeat(64);
    for who in callers(&kit) {
        let expected = told(&kit, &who, &retire(MISSING, &none), MISSING);
        assert!(expected.contains("AccessDeniedException"), "{expected}");
        assert_eq!(told(&kit, &who, &retire(&key, &none), &key), expected);
        assert_eq!(told(&kit, &who, &retire(&key, &grant), &key), expected);
    }
}

/// Policies of the caller's account may ask what the key is, when the key's account lets it in.
#[test]
fn what_a_key_is_counts_for_those_who_may_use_it() {
    let kit = Kit::new();
    let key = key_with_all(&kit).to_string();
    let callers = callers(&kit);
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "kms:*",
         "Resource": "*"}
    ]});
    let put = json!({"KeyId": key, "Policy": policy.to_string()});
    let _ = kit.call("PutKeyPolicy", &put).ok();
    let input = json!({"KeyId": key, "Plaintext": base64(b"x")});
    let served: Vec<bool> = callers[1..]
        .iter()
        .step_by(2)
        .map(|user| kit.block_on(user.call("Encrypt", &input)).is_ok())
        .collect();
    assert_eq!(served, [false, true, false, true, false, true, true, true, false]);
}
