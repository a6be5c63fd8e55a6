//! Trust policies: what they may say, and how they decide beside identity policies.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use strongroom_policy::{
    EntityResource, Fact, Facts, Mention, Policy, Question, Resource, Shown, Sources, decide,
};
use strongroom_types::{AccountId, Action, EntityArn, Principal};

struct Nothing;

impl Facts for Nothing {
    fn fact(&self, _: &str) -> Option<Fact<'_>> {
        None
    }
}

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn ann(account: &str) -> Principal {
    Principal::User {
        account: account.parse().unwrap(),
        path: "/".to_owned(),
        name: "ann".to_owned(),
        id: "AIDA1".to_owned(),
    }
}

fn role() -> EntityResource {
    let account: AccountId = OWN.parse().unwrap();
    let (path, name) = ("/".to_owned(), "ops".to_owned());
    let arn = EntityArn { partition: "aws", account: Some(account), kind: "role", path, name };
    EntityResource { arn, owner: account, shown: Shown::Arn }
}

fn trust(effect: &str, principal: &str) -> Policy {
    let text = format!(
        r#"{{"Statement":{{"Effect":"{effect}","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
    );
    Policy::trust_policy(&text).unwrap()
}

/// The refusal, or nothing.
fn refusal(caller: &Principal, trust: &Policy, identity: &[&Policy]) -> Option<String> {
    let role = role();
    let question = Question {
        principal: caller,
        partition: "aws",
        action: Action::new("sts:AssumeRole"),
        resource: Resource::Entity(&role),
        cross_account_allowed: true,
    };
    let sources = Sources { key_policy: Some(trust), identity, ..Sources::default() };
    match decide(&question, &sources, &Nothing) {
        Ok(permit) => {
            assert!(permit.covers_entity(&role.arn));
            None
        }
        Err(denial) => Some(denial.message(&question, Mention::Arn)),
    }
}

#[test]
fn who_is_named_in_the_roles_account_needs_no_more() {
    let named = trust("Allow", r#"{"AWS":"arn:aws:iam::111122223333:user/ann"}"#);
    assert_eq!(refusal(&ann(OWN), &named, &[]), None);
    let other = trust("Allow", r#"{"AWS":"arn:aws:iam::111122223333:user/bob"}"#);
    let start = "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: \
                 sts:AssumeRole on resource: arn:aws:iam::111122223333:role/ops ";
    assert_eq!(
        refusal(&ann(OWN), &other, &[]),
        Some(format!("{start}because no role trust policy allows the sts:AssumeRole action"))
    );
    let denied = trust("Deny", r#""*""#);
    assert_eq!(
        refusal(&ann(OWN), &denied, &[]),
        Some(format!("{start}with an explicit deny in the role trust policy"))
    );
}

#[test]
fn the_account_leaves_it_to_identity_policies() {
    let allow = r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;
    let allow = Policy::identity_policy(allow).unwrap();
    let named = trust("Allow", r#"{"AWS":"111122223333"}"#);
    assert!(refusal(&ann(OWN), &named, &[]).unwrap().contains("no identity-based policy"));
    assert_eq!(refusal(&ann(OWN), &named, &[&allow]), None);
}

#[test]
fn another_account_needs_both() {
    let allow = r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;
    let allow = Policy::identity_policy(allow).unwrap();
    let named = trust("Allow", r#"{"AWS":"arn:aws:iam::444455556666:user/ann"}"#);
    assert!(refusal(&ann(OTHER), &named, &[]).unwrap().contains("no identity-based policy"));
    assert_eq!(refusal(&ann(OTHER), &named, &[&allow]), None);
    let other = trust("Allow", r#"{"AWS":"111122223333"}"#);
    assert_eq!(
        refusal(&ann(OTHER), &other, &[&allow]).unwrap(),
        "User: arn:aws:iam::444455556666:user/ann is not authorized to perform: sts:AssumeRole on \
         resource: arn:aws:iam::111122223333:role/ops"
    );
}

#[test]
fn an_identity_provider_vouches() {
    let named =
        trust("Allow", r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com"}"#);
    let web = |provider: &str| Principal::WebIdentity {
        provider: format!("arn:aws:iam::111122223333:oidc-provider/{provider}"),
        subject: "ann".to_owned(),
    };
    assert_eq!(refusal(&web("id.example.com"), &named, &[]), None);
    assert!(refusal(&web("id.example.org"), &named, &[]).is_some());
    assert!(refusal(&ann(OWN), &named, &[]).is_some());
    // Whom a provider vouches for is meant where a provider is named: `*` is everybody who signs.
    for everybody in [r#""*""#, r#"{"AWS":"*"}"#] {
        assert!(refusal(&web("id.example.com"), &trust("Allow", everybody), &[]).is_some());
        assert_eq!(refusal(&ann(OWN), &trust("Allow", everybody), &[]), None);
    }
    let denied = |principal: &str| {
        let text = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/id.example.com"}},"Action":"sts:AssumeRole"}},
                {{"Effect":"Deny","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#
        );
        refusal(&web("id.example.com"), &Policy::trust_policy(&text).unwrap(), &[]).is_some()
    };
    assert!(denied(r#""*""#) && denied(r#"{"AWS":"*"}"#));
    assert!(!denied(r#"{"AWS":"111122223333"}"#));
}

#[test]
fn what_is_no_trust_policy_is_refused() {
    for statement in [
        r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#,
        r#"{"Effect":"Allow","Principal":"*"}"#,
        r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}"#,
        r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
    ] {
        let text = format!(r#"{{"Statement":{statement}}}"#);
        assert!(Policy::trust_policy(&text).is_err(), "{statement}");
    }
}
