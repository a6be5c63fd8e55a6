//! Grants of many kinds to one grantee: the one that fits is found, whatever else there is.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Map, Value, json};
use strongroom_engine::work::MAX_GRANT_KINDS;
use strongroom_testkit::{Answer, Kit, Port, base64};
use strongroom_types::KeyArn;

const STRANGER: &str = "arn:aws:iam::444455556666:root";

fn ask_for(key: &KeyArn, constraints: &Value) -> Value {
    json!({"KeyId": key.to_string(), "GranteePrincipal": STRANGER, "Constraints": constraints,
           "Operations": ["Encrypt", "Decrypt", "DescribeKey"]})
}

fn create(kit: &Kit, key: &KeyArn, constraints: &Value) -> String {
    let made = kit.call("CreateGrant", &ask_for(key, constraints)).ok();
    made.string("GrantId")
}

fn encrypt(kit: &Kit, key: &KeyArn, context: &Value) -> Answer {
    let input =
        json!({"KeyId": key.to_string(), "Plaintext": base64(b"x"), "EncryptionContext": context});
    kit.block_on(kit.stranger().call("Encrypt", &input))
}

/// The store key of what tells of the grant to its grantee.
fn place_of(kit: &Kit, grant: &str) -> Vec<u8> {
    let places = kit.world.contents().into_iter().map(|entry| entry.key);
    let told = |place: &Vec<u8>| place.starts_with(b"ge/") && place.ends_with(grant.as_bytes());
    places.into_iter().find(told).unwrap()
}

/// A constraint that the request does not meet hides no grant that it does.
#[test]
fn a_grant_that_does_not_fit_hides_none_that_does() {
    let kit = Kit::new();
    let key = kit.create_key();
    for names in [["v", "w"], ["x", "y"], ["z", "q"]] {
        for name in names {
            let _ = create(&kit, &key, &json!({"EncryptionContextEquals": {name: "1"}}));
        }
    }
    let context = json!({"v": "1", "w": "1", "x": "1", "y": "1", "z": "1", "q": "1", "more": "x"});
    assert_eq!(encrypt(&kit, &key, &context).code(), "AccessDeniedException");
    let open = create(&kit, &key, &json!({}));
    let answer = encrypt(&kit, &key, &context).ok();
    assert_eq!(kit.records_of(&answer)[0].reasons, [format!("grant {open}")]);
}

/// What a constraint says of a context, without any index.
fn meets(context: &Map<String, Value>, constraints: &Value) -> bool {
    let has = |pairs: &Map<String, Value>| {
        pairs.iter().all(|(key, value)| {
            let named: Vec<_> = context
                .iter()
                .filter(|(own, _)| own.to_lowercase() == key.to_lowercase())
                .collect();
            named.len() == 1 && named[0].1 == value
        })
    };
    let subset = constraints["EncryptionContextSubset"].as_object();
    let equals = constraints["EncryptionContextEquals"].as_object();
    subset.is_none_or(has) && equals.is_none_or(|pairs| has(pairs) && pairs.len() == context.len())
}

/// Of any set of grants, a request is allowed exactly if it meets one of them.
#[test]
fn what_is_found_is_what_a_scan_of_all_grants_finds() {
    let pairs = [
        json!({"a": "1"}),
        json!({"A": "2"}),
        json!({"b": "1"}),
        json!({"a": "1", "B": "1"}),
        json!({"a": "1", "b": "1", "c": "1"}),
    ];
    let kinds = ["EncryptionContextSubset", "EncryptionContextEquals"];
    let all: Vec<Value> = kinds
        .iter()
        .flat_map(|kind| pairs.iter().map(move |pairs| json!({*kind: pairs})))
        .collect();
    let contexts = [
        json!({}),
        json!({"a": "1"}),
        json!({"a": "1", "A": "1"}),
        json!({"A": "2"}),
        json!({"b": "1", "a": "1"}),
        json!({"a": "1", "b": "1", "c": "1"}),
        json!({"a": "1", "b": "1", "c": "1", "d": "1"}),
        json!({"B": "1", "d": "1"}),
    ];
    let kit = Kit::new();
    let mut allowed = 0;
    for round in 0_usize..32 {
        let key = kit.create_key();
        // A different set each time, of every size.
        let chosen: Vec<&Value> = all
            .iter()
            .enumerate()
            .filter(|(at, _)| ((round * 2_654_435_761) >> (at + 3)) & 3 == 0)
            .map(|(_, constraints)| constraints)
            .collect();
        for constraints in &chosen {
            let _ = create(&kit, &key, constraints);
        }
        for context in &contexts {
            let fits = |one: &&&Value| meets(context.as_object().unwrap(), one);
            let expected = chosen.iter().any(|one| fits(&one));
            let answer = encrypt(&kit, &key, context);
            assert_eq!(answer.is_ok(), expected, "{context} with {chosen:?}");
            allowed += usize::from(expected);
        }
    }
    assert!((40..200).contains(&allowed), "{allowed}");
}

/// A place whose grant is gone, as a reader sees it that comes while a grant is ended.
#[test]
fn a_grant_that_has_just_ended_hides_none_of_its_kind() {
    let kit = Kit::new();
    let key = kit.create_key();
    let mut ids = [create(&kit, &key, &json!({})), create(&kit, &key, &json!({}))];
    ids.sort();
    let record = format!("g/{}/{}/{}/{}", key.account, key.region, key.key, ids[0]);
    kit.world.put_behind_its_back(record.as_bytes(), None);
    let answer = encrypt(&kit, &key, &json!({})).ok();
    assert_eq!(kit.records_of(&answer)[0].reasons, [format!("grant {}", ids[1])]);
}

/// A grant that its grantee is not found by can be ended all the same.
#[test]
fn a_grant_without_its_place_is_revoked() {
    let kit = Kit::new();
    let key = kit.create_key();
    let id = create(&kit, &key, &json!({}));
    kit.world.put_behind_its_back(&place_of(&kit, &id), None);
    let input = json!({"KeyId": key.to_string(), "GrantId": id});
    let _ = kit.call("RevokeGrant", &input).ok();
    assert_eq!(kit.call("RevokeGrant", &input).code(), "NotFoundException");
}

#[test]
fn a_grantee_has_so_many_kinds_of_grants_on_a_key_at_most() {
    let kit = Kit::new();
    let (key, other) = (kit.create_key(), kit.create_key());
    let of =
        |name: usize, value: &str| json!({"EncryptionContextSubset": {format!("k{name}"): value}});
    for number in 0..MAX_GRANT_KINDS {
        let _ = create(&kit, &key, &of(number, "v"));
    }
    let mut one_more = ask_for(&key, &of(MAX_GRANT_KINDS, "v"));
    let refused = kit.call("CreateGrant", &one_more);
    assert_eq!(refused.code(), "LimitExceededException", "{}", refused.text());
    one_more["DryRun"] = json!(true);
    assert_eq!(kit.call("CreateGrant", &one_more).code(), "LimitExceededException");
    // More of the same kinds, to others, on other keys.
    let last = create(&kit, &key, &of(7, "w"));
    let _ = create(&kit, &other, &of(MAX_GRANT_KINDS, "v"));
    let mut to_the_owner = ask_for(&key, &of(MAX_GRANT_KINDS, "v"));
    to_the_owner["GranteePrincipal"] = json!("arn:aws:iam::111122223333:root");
    let _ = kit.call("CreateGrant", &to_the_owner).ok();
    let answer = encrypt(&kit, &key, &json!({"k7": "w"})).ok();
    assert_eq!(kit.records_of(&answer)[0].reasons, [format!("grant {last}")]);
}

/// Source: AWS KMS API Reference, `GrantConstraints`.
#[test]
fn a_constraint_has_8_pairs_of_384_characters_at_most() {
    let kit = Kit::new();
    let key = kit.create_key();
    for name in ["EncryptionContextSubset", "EncryptionContextEquals"] {
        let pairs = |count: usize, length: usize| {
            let pair = |n| (format!("k{n}"), json!("ä".repeat(length)));
            json!({name: (0..count).map(pair).collect::<Map<_, _>>()})
        };
        let _ = create(&kit, &key, &pairs(8, 384));
        for (count, length) in [(9, 1), (1, 385)] {
            let refused = kit.call("CreateGrant", &ask_for(&key, &pairs(count, length)));
            assert_eq!(refused.code(), "ValidationException", "{count} of {length}");
        }
        let refused = kit.call("CreateGrant", &ask_for(&key, &json!({name: {"a": "1", "A": "1"}})));
        assert_eq!(refused.code(), "ValidationException");
    }
}

/// The price of a request is that of the names up to the one whose grant allows it.
#[test]
fn no_name_is_looked_up_behind_the_one_that_allows() {
    let kit = Kit::new();
    let key = kit.create_key();
    let nothing = r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;
    let ann = kit.user_of(&kit.owner(), "ann", nothing);
    kit.create_principal("arn:aws:iam::111122223333:role/ops");
    let ops = kit.session_of(&ann, "ops");
    let session = "arn:aws:sts::111122223333:assumed-role/ops/session";
    let grant = json!({"KeyId": key.to_string(), "GranteePrincipal": session,
                       "Operations": ["Encrypt"]});
    let _ = kit.call("CreateGrant", &grant).ok();
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"x")});
    kit.world.faults.heal();
    let _ = kit.block_on(ops.call("Encrypt", &input)).ok();
    // The kinds of one name, in two steps, and the grant.
    assert_eq!(kit.world.faults.calls(&[Port::Scan]), 3);
}
