//! Hostile documents: the parser refuses or accepts, and what it accepts can be decided on. It
//! never panics.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

use proptest::prelude::*;
use strongroom_policy::{
    ContextConstraint, Fact, Facts, Grant, GrantParty, Policy, Question, Resource, Sources, decide,
};
use strongroom_types::{AccountId, Action, GrantOperation, KeyArn, KeyId, Principal};

/// Uses every element, principal form and operator family.
const SEED: &str = r#"{
  "Version": "2012-10-17", "Id": "seed", "Statement": [
    {"Sid": "one", "Effect": "Allow",
     "Principal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:user/a/Alice", "arn:aws:sts::111122223333:assumed-role/Ops/s"],
                   "Service": "logs.amazonaws.com", "Federated": "accounts.google.com"},
     "Action": ["kms:*", "kms:Gen?rate*"], "Resource": "*",
     "Condition": {"StringLike": {"aws:x": ["a*b?c", "${aws:y, 'z'}", "${*}"]},
                   "ForAnyValue:StringNotEqualsIfExists": {"aws:x": "y"},
                   "NumericLessThan": {"aws:x": -1.5}, "DateGreaterThan": {"aws:x": "2026-11-22T06:37:05.5+01:00"},
                   "Bool": {"aws:x": true}, "IpAddress": {"aws:x": ["10.0.0.0/8", "2001:db8::/32"]},
                   "ArnLike": {"aws:x": "arn:aws:*:*:*:x/${aws:y}"}, "BinaryEquals": {"aws:x": "aGVsbG8="},
                   "Null": {"aws:x": "false"}}},
    {"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "NotAction": "s3:*", "NotResource": "arn:aws:kms:*:*:key/${aws:y}"}
  ]}"#;

/// Every key has this value.
struct Always(String);

impl Facts for Always {
    fn fact(&self, _: &str) -> Option<Fact<'_>> {
        Some(Fact::One(self.0.as_str().into()))
    }
}

fn exercise(text: &str, value: &str) {
    let key_policy = Policy::key_policy(text);
    let identity = Policy::identity_policy(text);
    let principal = Principal::Root { account: AccountId::INITIAL };
    let key = KeyArn {
        region: "us-east-1".parse().unwrap(),
        account: AccountId::INITIAL,
        key: KeyId::from_random([7; 16]),
    };
    let question = Question {
        principal: &principal,
        partition: "aws",
        action: Action::new("kms:Decrypt"),
        resource: Resource::Key(key),
        cross_account_allowed: false,
    };
    let identity: Vec<&Policy> = identity.iter().collect();
    let sources =
        Sources { key_policy: key_policy.as_ref().ok(), identity: &identity, ..Sources::default() };
    // Either answer is fine; that there is one is what is tested.
    let _ = decide(&question, &sources, &Always(value.to_owned())).is_ok();
}

#[test]
fn the_seed_is_a_policy() {
    assert!(Policy::key_policy(SEED).is_ok(), "{}", Policy::key_policy(SEED).unwrap_err());
}

/// Counts what is asked, and answers none of it.
#[derive(Default)]
struct Counted(std::sync::atomic::AtomicUsize);

impl Facts for Counted {
    fn fact(&self, _: &str) -> Option<Fact<'_>> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        None
    }
}

/// How often a decision by `count` statements of `conditions` conditions each, and by as many
/// grants, asks for a fact.
fn asked(count: usize, conditions: usize) -> usize {
    let keys: serde_json::Map<String, serde_json::Value> =
        (0..conditions).map(|n| (format!("aws:x{n}"), "${aws:y}".into())).collect();
    let statement = serde_json::json!({"Effect": "Deny", "Action": ["kms:*", "s3:*"], "Resource": "*",
        "Condition": {"StringLikeIfExists": keys, "Bool": {"aws:z": "true"}}});
    let document =
        serde_json::json!({"Version": "2012-10-17", "Statement": vec![statement; count]});
    let policy = Policy::identity_policy(&document.to_string()).unwrap();
    let principal = Principal::User {
        account: AccountId::INITIAL,
        path: "/".to_owned(),
        name: "ann".to_owned(),
        id: "AIDA1".to_owned(),
    };
    let pairs: std::collections::BTreeMap<String, String> =
        [("a".to_owned(), "b".to_owned())].into();
    let grant = Grant {
        id: "g",
        grantee: GrantParty::Principal { arn: "arn:aws:iam::111122223333:user/ann", id: None },
        retiring: None,
        operations: &[GrantOperation::Decrypt],
        context: Some(ContextConstraint::Subset(&pairs)),
        source_arn: None,
        issuer: AccountId::INITIAL,
        by_token: false,
    };
    let (grants, identity) = (vec![grant; count], [&policy]);
    let key = KeyArn {
        region: "us-east-1".parse().unwrap(),
        account: AccountId::INITIAL,
        key: KeyId::from_random([7; 16]),
    };
    let question = Question {
        principal: &principal,
        partition: "aws",
        action: Action::new("kms:Decrypt"),
        resource: Resource::Key(key),
        cross_account_allowed: false,
    };
    let sources = Sources { identity: &identity, grants: &grants, ..Sources::default() };
    let facts = Counted::default();
    assert!(decide(&question, &sources, &facts).is_err());
    facts.0.into_inner()
}

/// A request is asked for a condition key once, however many statements name it, and once more by
/// each grant that does.
#[test]
fn statements_share_what_they_ask_for() {
    for (count, conditions) in [(1, 1), (50, 1), (50, 20), (100, 5)] {
        // Each key, the variable in them, the key that is absent, and what each grant asks.
        let most = conditions + 2 + count;
        let asked = asked(count, conditions);
        assert!((count + 1..=most).contains(&asked), "{asked}, {count} of {conditions}");
    }
}

/// A pattern of wildcards in every place where one may be costs what its length does; steps are
/// counted where patterns are matched.
#[test]
fn wildcard_bombs_are_decided() {
    let bomb = "*a".repeat(2_000);
    let value = "a".repeat(20_000);
    for operator in ["StringLike", "StringNotLike", "ForAllValues:StringLike"] {
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": format!("kms:{}", "*a".repeat(500)),
             "Resource": format!("arn:aws:kms:*:*:{bomb}b"),
             "Condition": {operator: {"aws:x": [format!("{bomb}b"), format!("{bomb}*")]}}},
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
             "Condition": {"StringLike": {"aws:x": format!("{}b", "?*".repeat(2_000))}}}
        ]});
        exercise(&document.to_string(), &value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise(&String::from_utf8_lossy(&bytes), "x");
    }

    #[test]
    fn any_json_alphabet(text in r#"[{}\[\]":,*?$a-zA-Z0-9 ]{0,200}"#) {
        exercise(&text, "x");
    }

    #[test]
    fn mutated_policies(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
        value in ".{0,30}",
    ) {
        let mut bytes = SEED.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        exercise(&String::from_utf8_lossy(&bytes), &value);
    }

    #[test]
    fn any_texts_in_the_places_of_texts(
        texts in prop::collection::vec("[ -~]{0,40}|[*?${}:,'arnws/0-9.-]{0,40}|\\PC{0,20}", 6),
        value in "\\PC{0,60}",
    ) {
        let json = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": &texts[0]},
                {"Effect": "Deny", "Principal": {"AWS": &texts[1]}, "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Principal": "*", "Action": &texts[2], "Resource": "*"},
                {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:x": &texts[3]}}},
                {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:x": &texts[4]}}},
                {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"DateEquals": {"aws:x": &texts[5]}}}
            ]
        });
        // Each statement by itself, so that one refusal does not hide the others.
        for statement in json["Statement"].as_array().unwrap() {
            let one = serde_json::json!({"Version": "2012-10-17", "Statement": statement});
            exercise(&one.to_string(), &value);
        }
    }

    #[test]
    fn any_value_against_every_operator(value in "[-+0-9.:TZ/a-f]{0,30}|\\PC{0,30}") {
        exercise(SEED, &value);
    }
}
