//! A policy document as a caller may put it: refused with a place, or compiled and decided.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_policy::{Fact, Facts, Policy, Question, Resource, Sources, decide};
use strongroom_types::{AccountId, Action, KeyArn, KeyId, Principal};

struct Anything;

impl Facts for Anything {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        (key.len() % 2 == 0).then(|| Fact::One(key.to_owned().into()))
    }
}

fuzz_target!(|text: &str| {
    let account = AccountId::INITIAL;
    let principal = Principal::Root { account };
    let region = "us-east-1".parse().expect("a Region");
    let key = KeyArn { region, account, key: KeyId::from_random([7; 16]) };
    let question = Question {
        principal: &principal,
        partition: "aws",
        action: Action::new("kms:Encrypt"),
        resource: Resource::Key(key),
        cross_account_allowed: true,
    };
    match Policy::key_policy(text) {
        Ok(policy) => {
            let sources = Sources { key_policy: Some(&policy), ..Sources::default() };
            let _ = decide(&question, &sources, &Anything);
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
    let _ = Policy::identity_policy(text);
    let _ = Policy::trust_policy(text);
});
