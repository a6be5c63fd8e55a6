//! The corpus: policies and a request, the decision and its reason, as data in `tests/corpus/`.
//!
//! A policy may be written as its statement or list of statements. `condition` stands for a key
//! policy that allows everybody everything under that condition; `version` is that of the
//! documents made in this way. What a case leaves out is: user Alice, `kms:Decrypt`, the key.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails panics"
)]

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use strongroom_policy::{
    Denial, Fact, Facts, Mention, Permit, Policy, Question, Resource, Sources, decide,
    default_key_policy,
};
use strongroom_types::{AccountId, Action, AliasArn, AliasName, KeyArn, Principal};

const CASE_MEMBERS: [&str; 16] = [
    "name",
    "caller",
    "action",
    "resource",
    "cross_account",
    "facts",
    "condition",
    "version",
    "key_policy",
    "identity",
    "boundary",
    "session",
    "service_control",
    "expect",
    "message",
    "mention",
];

struct Known(BTreeMap<String, Value>);

impl Facts for Known {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        assert_eq!(key, key.to_lowercase(), "keys are asked for in lower case");
        Some(match self.0.get(key)? {
            Value::Array(all) => {
                Fact::Many(all.iter().map(|v| v.as_str().unwrap().into()).collect())
            }
            Value::Object(any) => {
                let all = any["any"].as_array().unwrap();
                Fact::Ambiguous(all.iter().map(|v| v.as_str().unwrap().into()).collect())
            }
            one => Fact::One(one.as_str().unwrap().into()),
        })
    }
}

#[test]
fn every_case_is_decided_as_written() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let list: Vec<Map<String, Value>> =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(!list.is_empty(), "{}", path.display());
        for case in list {
            cases += 1;
            if let Err(complaint) = run(&case) {
                wrong.push(format!("{}: {}: {complaint}", path.display(), case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 180, "only {cases} cases were found");
}

fn run(case: &Map<String, Value>) -> Result<(), String> {
    for member in case.keys() {
        assert!(CASE_MEMBERS.contains(&member.as_str()), "{member} in {}", case["name"]);
    }
    let text = |name: &str, default| case.get(name).map_or(default, |v| v.as_str().unwrap());
    let caller = principal(text("caller", "user/Alice"));
    let alias;
    let resource = match text("resource", "key") {
        "key" => Resource::Key(key()),
        "*" => Resource::Any,
        name => {
            let KeyArn { region, account, .. } = key();
            alias = AliasArn { region, account, name: AliasName::parse(name).unwrap() };
            Resource::Alias(&alias)
        }
    };
    let question = Question {
        principal: &caller,
        partition: "aws",
        action: Action::new(text("action", "kms:Decrypt").to_owned().leak()),
        resource,
        cross_account_allowed: case.get("cross_account").is_some_and(|v| v.as_bool().unwrap()),
    };
    let facts = case.get("facts").map(|v| serde_json::from_value(v.clone()).unwrap());
    let answer = answer(case, &question, &Known(facts.unwrap_or_default()));
    let found = match &answer {
        Ok(permit) => format!("allow: {}", permit.reason()),
        Err(denial) => format!("deny: {denial}"),
    };
    if found != text("expect", "nothing") {
        return Err(format!("found {found:?}"));
    }
    let Some(expected) = case.get("message") else { return Ok(()) };
    let mention = match text("mention", "arn") {
        "arn" => Mention::Arn,
        "ciphertext" => Mention::Ciphertext,
        "withheld" => Mention::Withheld,
        other => panic!("{other}"),
    };
    let message = answer.unwrap_err().message(&question, mention);
    (message == expected.as_str().unwrap()).then_some(()).ok_or(message)
}

fn answer(
    case: &Map<String, Value>,
    question: &Question<'_>,
    facts: &Known,
) -> Result<Permit, Denial> {
    let version = case.get("version").cloned().unwrap_or(json!("2012-10-17"));
    let identity_policy =
        |json: &Value| Policy::identity_policy(&document(json, &version)).unwrap();
    let list = |value: Option<&Value>| -> Vec<Policy> {
        let items = value.map(|v| v.as_array().unwrap().as_slice()).unwrap_or_default();
        items.iter().map(identity_policy).collect()
    };
    let key_policy = match (case.get("condition"), case.get("key_policy")) {
        (Some(condition), None) => Some(document(
            &json!({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": condition}),
            &version,
        )),
        (None, Some(Value::String(_))) => Some(default_key_policy(key().account, "aws")),
        (None, Some(json)) => Some(document(json, &version)),
        (None, None) => None,
        (Some(_), Some(_)) => panic!("two key policies"),
    };
    let key_policy = key_policy.map(|text| Policy::key_policy(&text).unwrap());
    let identity = list(case.get("identity"));
    let session = list(case.get("session"));
    let boundary = case.get("boundary").map(identity_policy);
    let levels = case.get("service_control").map(|v| v.as_array().unwrap().as_slice());
    let levels: Vec<Vec<Policy>> =
        levels.unwrap_or_default().iter().map(|level| list(Some(level))).collect();
    let levels: Vec<Vec<&Policy>> = levels.iter().map(|level| level.iter().collect()).collect();
    let sources = Sources {
        key_policy: key_policy.as_ref(),
        identity: &identity.iter().collect::<Vec<_>>(),
        boundary: boundary.as_ref(),
        session: &session.iter().collect::<Vec<_>>(),
        service_control: &levels.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    };
    decide(question, &sources, facts)
}

fn document(statements: &Value, version: &Value) -> String {
    let mut document = json!({"Statement": statements});
    if !version.is_null() {
        document["Version"] = version.clone();
    }
    document.to_string()
}

fn key() -> KeyArn {
    KeyArn {
        region: "us-east-1".parse().unwrap(),
        account: AccountId::INITIAL,
        key: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
    }
}

/// `root`, `user/path/name`, `role/path/name:session`, `federated/name`, `service/name`, each
/// perhaps with `@account`.
fn principal(text: &str) -> Principal {
    let (text, account) = text.split_once('@').unwrap_or((text, "111122223333"));
    let account = account.parse().unwrap();
    let (kind, rest) = text.split_once('/').unwrap_or((text, ""));
    let path_and_name = |text: &str| match text.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name.to_owned()),
        None => ("/".to_owned(), text.to_owned()),
    };
    match kind {
        "root" => Principal::Root { account },
        "user" => {
            let (path, name) = path_and_name(rest);
            Principal::User { account, path, name, id: "AIDAEXAMPLE".to_owned() }
        }
        "role" => {
            let (role, session) = rest.split_once(':').unwrap();
            let (role_path, role) = path_and_name(role);
            let (role_id, session) = ("AROAEXAMPLE".to_owned(), session.to_owned());
            Principal::RoleSession { account, role_path, role, role_id, session }
        }
        "federated" => Principal::FederatedUser { account, name: rest.to_owned() },
        "service" => Principal::Service { name: rest.to_owned() },
        other => panic!("{other}"),
    }
}
