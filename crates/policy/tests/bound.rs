//! Names that are tied to unique ids, in policies long enough to have an index.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use strongroom_policy::{Fact, Facts, Permit, Policy, Question, Resource, Sources, decide};
use strongroom_types::{AccountId, Action, KeyArn, Principal, SessionMaker};

struct Nothing;

impl Facts for Nothing {
    fn fact(&self, _: &str) -> Option<Fact<'_>> {
        None
    }
}

/// A policy in which one statement of many names the user `ann`, whose unique id is known.
fn policy(effect: &str) -> Policy {
    let other = |n: u32| {
        json!({"Effect": if n.is_multiple_of(2) { "Deny" } else { "Allow" }, "Action": "kms:Encrypt", "Resource": "*",
               "Principal": {"AWS": format!("arn:aws:iam::111122223333:user/other-{n}")}})
    };
    let mut statements: Vec<Value> = (0..60).map(other).collect();
    if effect == "Deny" {
        statements
            .push(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}));
    }
    statements.push(json!({"Effect": effect, "Action": "kms:Decrypt", "Resource": "*",
                           "Principal": {"AWS": "arn:aws:iam::111122223333:user/ann"}}));
    let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let id = |name: &str| format!("AIDA{name}").into_boxed_str();
    Policy::key_policy(&text).unwrap().bind(|name| name.identity().map(|(.., name)| id(name)))
}

fn asked(policy: &Policy, principal: &Principal) -> Result<Permit, String> {
    let key = KeyArn {
        region: "us-east-1".parse().unwrap(),
        account: AccountId::INITIAL,
        key: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(),
    };
    let question = Question {
        principal,
        partition: "aws",
        action: Action::new("kms:Decrypt"),
        resource: Resource::Key(key),
        cross_account_allowed: true,
    };
    let sources = Sources { key_policy: Some(policy), ..Sources::default() };
    decide(&question, &sources, &Nothing).map_err(|why| why.to_string())
}

fn user(path: &str, name: &str, id: &str) -> Principal {
    let account = AccountId::INITIAL;
    Principal::User { account, path: path.to_owned(), name: name.to_owned(), id: id.to_owned() }
}

#[test]
fn a_renamed_user_keeps_its_deny_and_its_allow() {
    let (deny, allow) = (policy("Deny"), policy("Allow"));
    for renamed in
        [user("/", "ann", "AIDAann"), user("/x/", "ann", "AIDAann"), user("/", "bob", "AIDAann")]
    {
        assert!(asked(&deny, &renamed).unwrap_err().contains("statement 61"));
        assert!(asked(&allow, &renamed).is_ok());
    }
    let maker =
        SessionMaker { path: "/y/".to_owned(), name: "bob".to_owned(), id: "AIDAann".to_owned() };
    let account = AccountId::INITIAL;
    let federated = Principal::FederatedUser { account, name: "f".to_owned(), maker: Some(maker) };
    assert!(asked(&deny, &federated).unwrap_err().contains("statement 61"));
    // Whoever takes the name is not meant.
    let other = user("/", "ann", "AIDAsomebodyelse");
    assert!(asked(&deny, &other).is_ok());
    assert!(asked(&allow, &other).is_err());
}
