//! Permits say what they are for; facts are asked for only when needed; the lockout check.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails panics")]

use strongroom_policy::{
    Fact, Facts, NewId, OperatorTask, Permit, Policy, Question, Reason, Resource, ScheduledTask,
    Sources, decide, default_key_policy, locks_out,
};
use strongroom_types::{AccountId, Action, AliasArn, AliasName, KeyArn, Principal};

/// Facts of which none may be asked for.
struct Untouched;

impl Facts for Untouched {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        panic!("{key} was asked for")
    }
}

fn key(first: u8) -> KeyArn {
    KeyArn {
        region: "us-east-1".parse().unwrap(),
        account: AccountId::INITIAL,
        key: strongroom_types::KeyId::from_random([first; 16]),
    }
}

const ROOT: Principal = Principal::Root { account: AccountId::INITIAL };

fn user() -> Principal {
    let (path, name, id) = ("/".to_owned(), "Alice".to_owned(), "AIDA1".to_owned());
    Principal::User { account: AccountId::INITIAL, path, name, id }
}

fn question<'a>(principal: &'a Principal, resource: Resource<'a>) -> Question<'a> {
    let action = Action::new("kms:DescribeKey");
    Question { principal, partition: "aws", action, resource, cross_account_allowed: true }
}

#[test]
fn a_permit_covers_what_was_asked_and_nothing_else() {
    let policy = Policy::key_policy(&default_key_policy(AccountId::INITIAL, "aws")).unwrap();
    let sources = Sources { key_policy: Some(&policy), ..Sources::default() };
    let permit = decide(&question(&ROOT, Resource::Key(key(1))), &sources, &Untouched).unwrap();
    assert!(permit.covers_key(&key(1)));
    assert!(!permit.covers_key(&key(2)));
    assert!(!permit.covers_key(&KeyArn { region: "us-east-2".parse().unwrap(), ..key(1) }));
    assert!(!permit.covers_account());
    assert_eq!(permit.action().as_str(), "kms:DescribeKey");

    let name = AliasName::parse("alias/app").unwrap();
    let alias = AliasArn { region: key(1).region, account: AccountId::INITIAL, name };
    let permit = decide(&question(&ROOT, Resource::Alias(&alias)), &sources, &Untouched).unwrap();
    assert!(permit.covers_alias(&alias));
    assert!(!permit.covers_key(&key(1)));

    let permit = decide(&question(&ROOT, Resource::Any), &sources, &Untouched).unwrap();
    assert!(permit.covers_account());
    assert!(!permit.covers_key(&key(1)) && !permit.covers_alias(&alias));
}

#[test]
fn a_scheduled_task_has_a_permit_of_its_own() {
    let permit = Permit::for_scheduled_task(ScheduledTask::DeleteKey, key(1));
    assert!(permit.covers_key(&key(1)) && !permit.covers_key(&key(2)));
    assert_eq!(permit.reason(), &Reason::Scheduled(ScheduledTask::DeleteKey));
    assert_eq!(permit.action().as_str(), "kms:DeleteKey");

    let permit = Permit::for_operator(OperatorTask::SeedKey, key(1));
    assert!(permit.covers_key(&key(1)) && !permit.covers_key(&key(2)));
    assert_eq!(permit.reason(), &Reason::Operator(OperatorTask::SeedKey));
    assert_eq!(permit.action().as_str(), "kms:SeedKey");
}

#[test]
fn a_permit_for_a_key_to_be_made_is_for_no_other() {
    let region = "us-east-1".parse().unwrap();
    let account = AccountId::INITIAL;
    let new = Resource::NewKey { region, account, id: NewId::Any };
    let permit = decide(&question(&ROOT, new), &Sources::default(), &Untouched).unwrap();
    assert!(permit.covers_new_key(region, account));
    assert!(!permit.covers_new_key("us-east-2".parse().unwrap(), account));
    assert!(!permit.covers_new_key(region, AccountId::from_number(444_455_556_666).unwrap()));
    assert!(!permit.covers_key(&key(1)) && !permit.covers_account());
    assert!(
        !decide(&question(&ROOT, Resource::Any), &Sources::default(), &Untouched)
            .unwrap()
            .covers_new_key(region, account)
    );
}

/// Policies say what they ask for, in conditions and in variables.
#[test]
fn what_is_asked_for_is_known_beforehand() {
    let policy = Policy::identity_policy(
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:kms:*:*:key/${aws:PrincipalTag/Key}",
             "Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/${aws:username}"},
                           "ArnLike": {"aws:PrincipalArn": "${aws:SourceArn}"}}}]}"#,
    )
    .unwrap();
    let identity = [&policy];
    let levels: [&[&Policy]; 1] = [&identity];
    for sources in [
        Sources { identity: &identity, ..Sources::default() },
        Sources { boundary: Some(&policy), ..Sources::default() },
        Sources { session: &identity, ..Sources::default() },
        Sources { service_control: &levels, ..Sources::default() },
        Sources { key_policy: Some(&policy), ..Sources::default() },
    ] {
        for key in [
            "kms:resourcealiases",
            "aws:username",
            "aws:principalarn",
            "aws:sourcearn",
            "aws:principaltag/key",
        ] {
            assert!(sources.ask_for(key), "{key}");
        }
        assert!(!sources.ask_for("kms:viaservice"));
    }
}

/// Source: AWS KMS Developer Guide, "Using set operators with condition keys".
#[test]
fn for_all_values_of_a_single_value_is_overly_permissive() {
    let found = |operator: &str, key: &str| {
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
                "Condition": {{"{operator}": {{"{key}": "x"}}}}}}}}"#
        );
        Policy::key_policy(&text).unwrap().overly_permissive().map(str::to_owned)
    };
    let all = "ForAllValues:StringEquals";
    let context = found(all, "kms:EncryptionContext:App");
    assert_eq!(context.as_deref(), Some("kms:encryptioncontext:app"));
    assert_eq!(found(all, "aws:RequestTag/a").as_deref(), Some("aws:requesttag/a"));
    assert!(found("ForAllValues:StringLikeIfExists", "aws:RequestTag/a").is_some());
    assert_eq!(found("ForAnyValue:StringEquals", "kms:EncryptionContext:App"), None);
    assert_eq!(found("StringEquals", "kms:EncryptionContext:App"), None);
    assert_eq!(found(all, "kms:EncryptionContextKeys"), None);
}

/// Conditions of statements about other principals, actions and resources are not evaluated.
#[test]
fn facts_are_asked_for_only_when_they_decide() {
    let policy = Policy::key_policy(
        r#"{"Statement": [
            {"Effect": "Deny", "Principal": {"AWS": "444455556666"}, "Action": "*", "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Deny", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "arn:aws:kms:us-east-2:*:key/*",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}
        ]}"#,
    )
    .unwrap();
    let sources = Sources { key_policy: Some(&policy), ..Sources::default() };
    assert!(decide(&question(&ROOT, Resource::Key(key(1))), &sources, &Untouched).is_ok());
}

#[test]
fn a_policy_in_the_wrong_place_allows_nothing() {
    let for_key = Policy::key_policy(
        r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#,
    )
    .unwrap();
    let for_users = Policy::identity_policy(
        r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    )
    .unwrap();
    let user = user();
    let on_key = question(&user, Resource::Key(key(1)));
    let swapped =
        Sources { key_policy: Some(&for_users), identity: &[&for_key], ..Sources::default() };
    assert!(decide(&on_key, &swapped, &Untouched).is_err());
    assert!(decide(&question(&user, Resource::Any), &swapped, &Untouched).is_err());
    assert!(
        decide(&on_key, &Sources { key_policy: Some(&for_key), ..swapped }, &Untouched).is_ok()
    );
}

#[test]
fn the_lockout_check_asks_for_a_later_put_key_policy() {
    let policy = |principal: &str, action: &str| {
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "{action}", "Resource": "*"}}}}"#
        );
        Policy::key_policy(&text).unwrap()
    };
    let user = user();
    let alice = "arn:aws:iam::111122223333:user/Alice";
    let allow = Policy::identity_policy(
        r#"{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}"#,
    )
    .unwrap();
    let none = Sources::default();
    let some = Sources { identity: &[&allow], ..none };
    let locked =
        |policy: &Policy, caller, sources| locks_out(policy, caller, key(1), sources, &Untouched);
    assert!(!locked(&policy(alice, "kms:PutKeyPolicy"), &user, &none));
    assert!(locked(&policy(alice, "kms:Decrypt"), &user, &some));
    assert!(locked(&policy("111122223333", "kms:*"), &user, &none));
    assert!(!locked(&policy("111122223333", "kms:*"), &user, &some));
    assert!(locked(&policy(alice, "kms:*"), &ROOT, &none));
    assert!(!locked(&policy("111122223333", "kms:*"), &ROOT, &none));
    // The policy in force does not count.
    let in_force = policy(alice, "kms:*");
    let sources = Sources { key_policy: Some(&in_force), ..none };
    assert!(locked(&policy("444455556666", "kms:*"), &user, &sources));
}
