//! Which account is told what: of requests that concern two accounts, and of refused credentials.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use strongroom_testkit::{Answer, Client, Kit, base64, stranger};
use strongroom_trail::event::{Event, events};
use strongroom_types::AccountId;
use strongroom_types::shape::{Field, Kind, Visibility};

const ALL: &str = r#"{"Statement":{"Sid":"Mine","Effect":"Allow","Action":"*","Resource":"*"}}"#;

fn told_of(kit: &Kit, answer: &Answer) -> Vec<Event> {
    let records = kit.records_of(answer);
    assert_eq!(records.len(), 1);
    events(&records[0], "aws")
}

fn json_of(event: &Event) -> Value {
    serde_json::from_str(&event.json).unwrap()
}

/// A key of the first account whose policy admits the second, and a user of the second.
fn shared() -> (Kit, Value, Client) {
    let kit = Kit::new();
    let key = kit.create_key();
    let policy = json!({"Statement": [
        {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": "111122223333"},
         "Action": "kms:*", "Resource": "*"},
        {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "444455556666"},
         "Action": "kms:Encrypt", "Resource": "*"}]});
    let put = json!({"KeyId": key.to_string(), "Policy": policy.to_string()});
    let _ = kit.call("PutKeyPolicy", &put).ok();
    let bob = kit.user_of(&kit.stranger(), "Bob", ALL);
    (kit, json!({"KeyId": key.to_string(), "Plaintext": base64(b"x")}), bob)
}

#[test]
fn both_accounts_are_told_of_a_served_request_and_each_only_of_its_own_policies() {
    let (kit, input, bob) = shared();
    let answer = kit.block_on(bob.call("Encrypt", &input)).ok();
    let told = told_of(&kit, &answer);
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].account, told[1].account), (stranger(), AccountId::INITIAL));
    let (caller, owner) = (json_of(&told[0]), json_of(&told[1]));
    assert_eq!(caller["sharedEventID"], owner["sharedEventID"]);
    assert_eq!(caller["requestID"], owner["requestID"]);
    assert_ne!(caller["eventID"], owner["eventID"]);
    assert_eq!(caller["userIdentity"]["userName"], "Bob");
    let principal = caller["userIdentity"]["principalId"].clone();
    assert_eq!(
        owner["userIdentity"],
        json!({"type": "AWSAccount", "principalId": principal, "accountId": "444455556666"})
    );
    assert_eq!(owner["recipientAccountId"], "111122223333");
    let decided = |event: &Value| event["additionalEventData"]["decidedBy"].clone();
    assert_eq!(decided(&caller), json!(["identity policy 0 statement 0 (Mine)"]));
    assert_eq!(decided(&owner), json!(["key policy statement 1 (Theirs)"]));
}

#[test]
fn a_refusal_is_told_to_the_caller_alone_and_nothing_of_the_key() {
    let (kit, input, bob) = shared();
    let decrypt = json!({"KeyId": input["KeyId"], "KeySpec": "AES_256"});
    let answer = kit.block_on(bob.call("GenerateDataKey", &decrypt));
    let told = told_of(&kit, &answer);
    assert_eq!(told.len(), 1);
    let event = json_of(&told[0]);
    assert_eq!(event["recipientAccountId"], "444455556666");
    assert_eq!(event["errorCode"], "AccessDenied");
    assert_eq!(event["resources"], json!([]));
    assert_eq!(event.get("sharedEventID"), None);
    assert_eq!(event["additionalEventData"]["decidedBy"], Value::Null);
    // One that is not there is told of in the same way.
    let nowhere = json!({"KeyId": "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-000000000000",
                         "KeySpec": "AES_256"});
    let answer = kit.block_on(bob.call("GenerateDataKey", &nowhere));
    let mut other = json_of(&told_of(&kit, &answer)[0]);
    for member in ["eventID", "requestID", "requestParameters"] {
        other[member] = event[member].clone();
    }
    assert_eq!(other, event);
}

#[test]
fn one_account_is_told_once() {
    let kit = Kit::new();
    let key = kit.create_key();
    let answer = kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).ok();
    let told = told_of(&kit, &answer);
    assert_eq!(told.len(), 1);
    let event = json_of(&told[0]);
    assert_eq!(event.get("sharedEventID"), None);
    assert_eq!(event["additionalEventData"]["decidedBy"].as_array().unwrap().len(), 1);
}

#[test]
fn refused_credentials_are_told_to_their_account_within_a_bound() {
    let kit = Kit::new();
    let random = json!({"NumberOfBytes": 8});
    let mut thief = kit.owner();
    thief.secret = "not the secret".to_owned();
    thief.region = "xx-yy-9".parse().unwrap();
    let answers: Vec<Answer> =
        (0..70).map(|_| kit.block_on(thief.call("GenerateRandom", &random))).collect();
    assert!(answers.iter().all(|answer| answer.code() == "InvalidSignatureException"));
    let mut nobody = kit.owner();
    nobody.access_key = "AKIANOBODYNOBODYNOBO".to_owned();
    let unknown = kit.block_on(nobody.call("GenerateRandom", &random));
    kit.world.clock.advance_days(1);
    let later = kit.block_on(thief.call("GenerateRandom", &random));
    // What is recorded after them is durable after them.
    let _ = kit.call("GenerateRandom", &random).ok();
    assert_eq!(kit.records_of(&unknown).len(), 0);
    let recorded = answers.iter().filter(|answer| kit.records_of(answer).len() == 1).count();
    assert_eq!(recorded, 60);
    let event = json_of(&told_of(&kit, &answers[0])[0]);
    assert_eq!(event["errorCode"], "InvalidSignatureException");
    // The server's own: nobody vouches for the one that was named.
    assert_eq!(event["awsRegion"], "us-east-1");
    assert_eq!(
        event["userIdentity"],
        json!({"type": "Unknown", "accountId": "111122223333", "accessKeyId": thief.access_key})
    );
    assert_eq!(event["requestParameters"], Value::Null);
    assert_eq!(event.get("additionalEventData"), None);
    let event = json_of(&told_of(&kit, &later)[0]);
    assert_eq!(event["additionalEventData"], json!({"suppressedRequests": 10}));
}

#[test]
fn an_inactive_access_key_is_told_of() {
    let kit = Kit::new();
    let ann = kit.user_of(&kit.owner(), "Ann", ALL);
    let off = [("UserName", "Ann"), ("AccessKeyId", &ann.access_key), ("Status", "Inactive")];
    let _ = kit.block_on(kit.owner().iam("UpdateAccessKey", &off)).ok();
    let answer = kit.block_on(ann.call("GenerateRandom", &json!({"NumberOfBytes": 8})));
    let users = kit.block_on(ann.iam("ListUsers", &[]));
    let _ = kit.call("GenerateRandom", &json!({"NumberOfBytes": 8})).ok();
    let event = json_of(&told_of(&kit, &answer)[0]);
    assert_eq!(event["errorCode"], "UnrecognizedClientException");
    let event = json_of(&told_of(&kit, &users)[0]);
    assert_eq!(event["errorCode"], "InvalidClientTokenId");
    assert_eq!(event["eventSource"], "iam.amazonaws.com");
}

#[test]
fn nothing_withheld_is_in_any_event() {
    let mut seen = BTreeSet::new();
    let rows = strongroom_kms::OperationName::ALL.iter().map(|name| strongroom_kms::demands(*name));
    for row in rows {
        withheld(row.fields, &mut seen);
    }
    assert!(seen.contains("plaintext") && seen.contains("ciphertextBlob"));
    let marked = "MARKED-marked-MARKED-marked-MARKE";
    let kit = Kit::new();
    let key = kit.create_key();
    let id = key.to_string();
    let made = kit.call("Encrypt", &json!({"KeyId": id, "Plaintext": base64(marked.as_bytes())}));
    let blob = made.ok().string("CiphertextBlob");
    let opened = kit.call("Decrypt", &json!({"CiphertextBlob": blob})).ok();
    let data = kit.call("GenerateDataKey", &json!({"KeyId": id, "KeySpec": "AES_256"})).ok();
    let grant = json!({"KeyId": id, "Operations": ["Encrypt"],
                       "GranteePrincipal": "arn:aws:iam::111122223333:root"});
    let grant = kit.call("CreateGrant", &grant).ok();
    let ann = kit.user_of(&kit.owner(), "Ann", ALL);
    let session = kit.block_on(ann.query("sts", "GetSessionToken", &[])).ok();
    let mut secrets = vec![blob, opened.string("Plaintext"), ann.secret.clone(), marked.to_owned()];
    secrets.extend(["Plaintext", "CiphertextBlob"].map(|name| data.string(name)));
    secrets.push(grant.string("GrantToken"));
    secrets.extend(["SecretAccessKey", "SessionToken"].map(|name| session.element(name)));
    let told: Vec<Event> = kit.world.trail().iter().flat_map(|r| events(r, "aws")).collect();
    assert!(told.len() > 8);
    for event in &told {
        for secret in &secrets {
            assert!(!secret.is_empty() && !event.json.contains(secret.as_str()), "{}", event.json);
        }
        let names = names_in(&json_of(event)["requestParameters"]);
        assert!(event.source != "kms.amazonaws.com" || names.is_disjoint(&seen), "{}", event.json);
        for name in ["secretAccessKey", "sessionToken", "grantToken", "webIdentityToken"] {
            assert!(!event.json.contains(&format!("\"{name}\"")), "{}", event.json);
        }
    }
}

/// The names, as events write them, of members whose shapes are withheld or bytes.
fn withheld(fields: &[Field], into: &mut BTreeSet<String>) {
    for field in fields {
        let is_blob = matches!(field.shape.kind, Kind::Blob { .. } | Kind::Secret { .. });
        if field.shape.visibility == Visibility::Withheld || is_blob {
            let (first, rest) = field.name.split_at(1);
            into.insert(first.to_lowercase() + rest);
        }
    }
}

fn names_in(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members.keys().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

/// `cargo nextest run -p strongroom-trail --run-ignored only --no-capture`, with `--release` for
/// numbers that mean something.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "it is a measurement")]
fn how_long_an_event_takes() {
    let (kit, input, _) = shared();
    let answer = kit.call("Encrypt", &input).ok();
    let record = kit.records_of(&answer).remove(0);
    let (rounds, mut bytes) = (200_000_u32, 0);
    let clock = std::time::Instant::now();
    for _ in 0..rounds {
        bytes += std::hint::black_box(events(std::hint::black_box(&record), "aws"))[0].json.len();
    }
    let each = clock.elapsed() / rounds;
    println!("{each:?} an event of {} bytes", bytes / rounds as usize);
}
