//! What the parser refuses, and where it says the fault is; what it accepts besides.

#![allow(clippy::unwrap_used, reason = "a test that fails panics")]

use serde_json::{Value, json};
use strongroom_policy::{Malformed, NamedPrincipal, Policy, default_key_policy};
use strongroom_types::AccountId;

/// A statement that is right in a key policy.
fn statement() -> Value {
    json!({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"})
}

fn with(mut statement: Value, name: &str, value: Value) -> Value {
    let members = statement.as_object_mut().unwrap();
    members.remove(name);
    if !value.is_null() {
        members.insert(name.to_owned(), value);
    }
    statement
}

fn key_policy(statement: Value) -> Result<Policy, Malformed> {
    let document = json!({"Version": "2012-10-17", "Statement": statement});
    Policy::key_policy(&document.to_string())
}

fn refusal(statement: Value) -> String {
    key_policy(statement).unwrap_err().to_string()
}

#[test]
fn documents() {
    let refusal = |text: &str| Policy::key_policy(text).unwrap_err().to_string();
    assert_eq!(refusal("[]"), "an object is expected");
    assert!(refusal("").starts_with("not a JSON document: EOF"));
    assert!(refusal(r#"{"Version": "2012-10-17", "Version": "2008-10-17"}"#).contains("repeated"));
    assert_eq!(refusal("{}"), "the element Statement is missing");
    assert_eq!(refusal(r#"{"Statement": []}"#), "Statement: there must be at least one value");
    assert_eq!(refusal(r#"{"Statement": "x"}"#), "Statement: an object is expected");
    assert_eq!(refusal(r#"{"Statement": [[]]}"#), "Statement[0]: an object is expected");
    assert_eq!(refusal(r#"{"statement": {}}"#), "statement: there is no such element");
    assert_eq!(refusal(r#"{"Id": 7, "Statement": {}}"#), "Id: a string is expected");
    assert_eq!(
        refusal(r#"{"Version": "2012-10-18", "Statement": {}}"#),
        "Version: the version must be 2012-10-17 or 2008-10-17"
    );
}

#[test]
fn the_longest_documents() {
    let limit = Policy::KEY_POLICY_MAX_LEN;
    let text = json!({"Statement": statement()}).to_string();
    let longest = format!("{text:limit$}");
    assert!(Policy::key_policy(&longest).is_ok());
    let refusal = Policy::key_policy(&format!("{longest} ")).unwrap_err();
    assert_eq!(refusal.to_string(), "the policy is longer than 32768 bytes");
    assert!(Policy::identity_policy(&" ".repeat(Policy::IDENTITY_POLICY_MAX_LEN + 1)).is_err());
}

#[test]
fn elements_of_a_statement() {
    for (name, value, expected) in [
        ("Effect", Value::Null, "Statement: the element Effect is missing"),
        ("Effect", json!("allow"), "Statement.Effect: the effect must be Allow or Deny"),
        ("Effect", json!(true), "Statement.Effect: a string is expected"),
        ("Sid", json!(1), "Statement.Sid: a string is expected"),
        ("Comment", json!("x"), "Statement.Comment: there is no such element"),
        ("Action", json!([]), "Statement.Action: there must be at least one value"),
        (
            "Action",
            json!(["kms:*", 1]),
            "Statement.Action[1]: a string or a list of strings is expected",
        ),
        (
            "Action",
            json!([["kms:*"]]),
            "Statement.Action[0]: a string or a list of strings is expected",
        ),
        (
            "Action",
            json!("Decrypt"),
            "Statement.Action: an action must be * or of the form service:name",
        ),
        (
            "Action",
            json!("kms:De crypt"),
            "Statement.Action: an action must be * or of the form service:name",
        ),
        (
            "Action",
            json!("kms:a:b"),
            "Statement.Action: an action must be * or of the form service:name",
        ),
        ("NotAction", json!("kms:*"), "Statement: Action and NotAction exclude each other"),
        ("NotResource", json!("*"), "Statement: Resource and NotResource exclude each other"),
        (
            "Resource",
            json!("key/*"),
            "Statement.Resource: a resource must be * or an ARN of six parts",
        ),
        (
            "Resource",
            json!(["*", "arn:aws:kms:*"]),
            "Statement.Resource[1]: a resource must be * or an ARN of six parts",
        ),
        (
            "Resource",
            json!("arn:aws:kms:*:*:key/${aws:x"),
            "Statement.Resource: the policy variable is invalid or stands where none may",
        ),
        (
            "Resource",
            json!("arn:aws:kms:*:${aws:x}:key/*"),
            "Statement.Resource: the policy variable is invalid or stands where none may",
        ),
    ] {
        assert_eq!(refusal(with(statement(), name, value)), expected);
    }
}

#[test]
fn principals() {
    for (value, expected) in [
        (Value::Null, "Statement: the element Principal is missing"),
        (json!("111122223333"), "Statement.Principal: the principal is invalid"),
        (json!(["*"]), "Statement.Principal: an object is expected"),
        (json!({}), "Statement.Principal: there must be at least one value"),
        (json!({"AWS": []}), "Statement.Principal.AWS: there must be at least one value"),
        (json!({"aws": "*"}), "Statement.Principal.aws: there is no such element"),
        (
            json!({"AWS": ["*", "arn:aws:iam::111122223333:user/*"]}),
            "Statement.Principal.AWS[1]: the principal is invalid",
        ),
        (json!({"Service": "*"}), "Statement.Principal.Service: the principal is invalid"),
        (json!({"Federated": "x"}), "Statement.Principal.Federated: the principal is invalid"),
        (
            json!({"CanonicalUser": "x"}),
            "Statement.Principal.CanonicalUser: the principal is invalid",
        ),
    ] {
        assert_eq!(refusal(with(statement(), "Principal", value)), expected);
    }
    let both = with(statement(), "NotPrincipal", json!("*"));
    assert_eq!(refusal(both.clone()), "Statement: Principal and NotPrincipal exclude each other");
    assert_eq!(
        refusal(with(both, "Principal", Value::Null)),
        "Statement.NotPrincipal: NotPrincipal cannot be used with the effect Allow"
    );
}

#[test]
fn conditions() {
    let value = "the value is invalid for the condition operator";
    for (condition, place, problem) in [
        (json!([]), "", "an object is expected"),
        (json!({"StringIs": {"aws:x": "y"}}), ".StringIs", "there is no such condition operator"),
        (json!({"StringEquals": "x"}), ".StringEquals", "an object is expected"),
        (
            json!({"StringEquals": {"x": "y"}}),
            ".StringEquals.x",
            "a condition key must be of the form service:name",
        ),
        (
            json!({"StringEquals": {":x": "y"}}),
            ".StringEquals.:x",
            "a condition key must be of the form service:name",
        ),
        (
            json!({"StringEquals": {"aws:": "y"}}),
            ".StringEquals.aws:",
            "a condition key must be of the form service:name",
        ),
        (
            json!({"StringEquals": {"aws:x": []}}),
            ".StringEquals.aws:x",
            "there must be at least one value",
        ),
        (
            json!({"StringEquals": {"aws:x": null}}),
            ".StringEquals.aws:x",
            "a string, number, boolean or a list of them is expected",
        ),
        (
            json!({"StringEquals": {"aws:x": [["y"]]}}),
            ".StringEquals.aws:x[0]",
            "a string, number, boolean or a list of them is expected",
        ),
        (
            json!({"StringLike": {"aws:x": "${aws:y"}}),
            ".StringLike.aws:x",
            "the policy variable is invalid or stands where none may",
        ),
        (json!({"NumericEquals": {"aws:x": ["1", "one"]}}), ".NumericEquals.aws:x[1]", value),
        (json!({"NumericEquals": {"aws:x": "${aws:y}"}}), ".NumericEquals.aws:x", value),
        (json!({"DateLessThan": {"aws:x": "tomorrow"}}), ".DateLessThan.aws:x", value),
        (json!({"Bool": {"aws:x": "yes"}}), ".Bool.aws:x", value),
        (json!({"BinaryEquals": {"aws:x": "a"}}), ".BinaryEquals.aws:x", value),
        (json!({"IpAddress": {"aws:x": "10.*"}}), ".IpAddress.aws:x", value),
        (json!({"ArnLike": {"aws:x": "bucket"}}), ".ArnLike.aws:x", value),
        (json!({"Null": {"aws:x": "maybe"}}), ".Null.aws:x", value),
    ] {
        let expected = format!("Statement.Condition{place}: {problem}");
        assert_eq!(refusal(with(statement(), "Condition", condition)), expected);
    }
}

#[test]
fn statement_ids() {
    let named = |sid: &str| with(statement(), "Sid", json!(sid));
    assert_eq!(
        refusal(json!([named("a b"), statement(), named("a b")])),
        "Statement[2].Sid: statement ids must be unique"
    );
    assert!(key_policy(json!([named("a"), named("A"), named(""), named("")])).is_ok());
}

#[test]
fn identity_policies() {
    let base = || json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*"});
    let parse =
        |statement: Value| Policy::identity_policy(&json!({"Statement": statement}).to_string());
    assert!(parse(base()).is_ok());
    for (name, value, expected) in [
        (
            "Principal",
            json!("*"),
            "Statement.Principal: an identity-based policy must not name principals",
        ),
        (
            "NotPrincipal",
            json!("*"),
            "Statement.NotPrincipal: an identity-based policy must not name principals",
        ),
        ("Action", Value::Null, "Statement: the element Action is missing"),
        ("Resource", Value::Null, "Statement: the element Resource is missing"),
        ("Sid", json!("two words"), "Statement.Sid: a statement id must be of letters and digits"),
    ] {
        assert_eq!(parse(with(base(), name, value)).unwrap_err().to_string(), expected);
    }
}

#[test]
fn named_principals_are_listed_for_whoever_checks_that_they_exist() {
    let policy = Policy::key_policy(&default_key_policy(AccountId::INITIAL, "aws-cn")).unwrap();
    let account = NamedPrincipal::Account { account: AccountId::INITIAL };
    assert_eq!(policy.principals().collect::<Vec<_>>(), [&account]);
}

#[test]
fn the_default_key_policy_is_written_as_aws_writes_it() {
    let text = default_key_policy(AccountId::INITIAL, "aws");
    assert!(text.starts_with("{\n  \"Version\" : \"2012-10-17\",\n  \"Id\" : \"key-default-1\",\n  \"Statement\" : [ {\n    \"Sid\" : \"Enable IAM User Permissions\",\n"));
    assert!(text.ends_with("      \"AWS\" : \"arn:aws:iam::111122223333:root\"\n    },\n    \"Action\" : \"kms:*\",\n    \"Resource\" : \"*\"\n  } ]\n}"));
}
