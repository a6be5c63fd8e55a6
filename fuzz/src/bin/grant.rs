//! A grant, a key policy and a request as three parties write them: whatever they are there is a
//! decision, a deny of the policy counts for more than the grant, and a grant that was not asked
//! for changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use strongroom_policy::{
    ContextConstraint, Fact, Facts, Grant, GrantParty, Policy, Question, Resource, Sources, decide,
    decide_retirement,
};
use strongroom_types::{AccountId, GrantOperation, KeyArn, KeyId, Principal};

struct Request<'a>(&'a [(String, String)]);

impl Facts for Request<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        if key == "kms:encryptioncontextkeys" {
            return Some(Fact::Many(self.0.iter().map(|(key, _)| key.as_str().into()).collect()));
        }
        let name = key.strip_prefix("kms:encryptioncontext:")?;
        let named = self.0.iter().filter(|(key, _)| key.to_lowercase() == name);
        Fact::single(named.map(|(_, value)| value.as_str()))
    }
}

fn by_arn(arn: &str) -> GrantParty<'_> {
    GrantParty::Principal { arn, id: None }
}

type Input<'a> = (&'a str, &'a str, Vec<(String, String)>, Vec<(String, String)>, u8, u32);

fuzz_target!(|input: Input<'_>| {
    let (policy, grantee, pairs, context, kind, permitted) = input;
    let account = AccountId::INITIAL;
    let principal = Principal::Root { account };
    let region = "us-east-1".parse().expect("a Region");
    let key = KeyArn { region, account, key: KeyId::from_random([7; 16]) };
    let operations: Vec<GrantOperation> = (GrantOperation::ALL.iter().enumerate())
        .filter(|(at, _)| permitted >> at & 1 == 1)
        .map(|(_, operation)| *operation)
        .collect();
    let pairs: BTreeMap<String, String> = pairs.into_iter().collect();
    let grant = Grant {
        id: "g",
        grantee: if kind & 1 == 0 {
            by_arn(if kind & 2 == 0 { "arn:aws:iam::111122223333:root" } else { grantee })
        } else {
            GrantParty::Service(grantee)
        },
        retiring: (kind & 4 == 0).then_some(by_arn(grantee)),
        operations: &operations,
        context: match kind >> 3 & 3 {
            0 => None,
            1 => Some(ContextConstraint::Subset(&pairs)),
            _ => Some(ContextConstraint::Equals(&pairs)),
        },
        source_arn: None,
        issuer: account,
        by_token: false,
    };
    let policy = Policy::key_policy(policy).ok();
    let grants = [grant];
    let without = Sources { key_policy: policy.as_ref(), ..Sources::default() };
    let with = Sources { grants: &grants, ..without };
    let facts = Request(&context);
    for operation in GrantOperation::ALL {
        let question = Question {
            principal: &principal,
            partition: "aws",
            action: operation.action(),
            resource: Resource::Key(key),
            cross_account_allowed: true,
        };
        let by_policy = decide(&question, &without, &facts);
        let by_both = decide(&question, &with, &facts);
        match (&by_policy, &by_both) {
            (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
            (Ok(_), Err(_)) => panic!("a grant took a permission away"),
            (Err(why), Ok(_)) => {
                assert!(operations.contains(operation));
                assert!(!why.to_string().starts_with("denied"), "in spite of a deny");
            }
        }
        let _ = decide_retirement(&question, &without, &facts, &grant);
    }
});
