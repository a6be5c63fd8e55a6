//! The product and the reference agree, on policies, grants and requests that nobody chose.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that fails panics; the environment asks for its long form"
)]

mod support;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};
use support::{Case, reference};

/// How many cases are tried; many more with `STRONGROOM_SLOW_TESTS`.
fn cases() -> u32 {
    let slow = std::env::var("STRONGROOM_SLOW_TESTS").is_ok_and(|set| set == "1");
    if slow { 300_000 } else { 10_000 }
}

const CALLERS: [&str; 12] = [
    "root",
    "user/Alice",
    "user/team/Alice",
    "role/Ops:s1",
    "role/team/Ops:s1",
    "federated/Fay",
    "federated/Fay:Alice",
    "federated/Fay:Alice@444455556666",
    "service/rds.amazonaws.com",
    "root@444455556666",
    "user/Alice@444455556666",
    "role/Ops:s1@444455556666",
];

const ARNS: [&str; 12] = [
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::111122223333:user/Alice",
    "arn:aws:iam::111122223333:user/team/Alice",
    "arn:aws:iam::444455556666:user/Alice",
    "arn:aws:iam::111122223333:role/Ops",
    "arn:aws:iam::111122223333:role/team/Ops",
    "arn:aws:iam::444455556666:role/Ops",
    "arn:aws:sts::111122223333:assumed-role/Ops/s1",
    "arn:aws:sts::444455556666:assumed-role/Ops/s1",
    "arn:aws:sts::111122223333:federated-user/Fay",
    "arn:aws-cn:iam::111122223333:user/Alice",
];

const ACTIONS: [&str; 6] = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:RetireGrant",
    "kms:TagResource",
];

const OPERATIONS: [&str; 6] =
    ["Decrypt", "Encrypt", "DescribeKey", "CreateGrant", "RetireGrant", "ReEncryptFrom"];

fn effect() -> impl Strategy<Value = Value> {
    prop_oneof![3 => Just(json!("Allow")), 1 => Just(json!("Deny"))]
}

fn actions() -> impl Strategy<Value = (&'static str, Value)> {
    let patterns =
        vec!["kms:*", "*", "kms:De*", "KMS:?ncrypt", "kms:Decrypt", "kms:*Grant", "s3:*"];
    let name = prop_oneof![5 => Just("Action"), 1 => Just("NotAction")];
    (name, subsequence(patterns, 1..3).prop_map(|list| json!(list)))
}

fn resources() -> impl Strategy<Value = (&'static str, Value)> {
    let patterns = vec![
        "*",
        "arn:aws:kms:*:*:key/*",
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-*",
        "arn:aws:kms:us-east-1:111122223333:key/mrk-*",
        "arn:aws:kms:us-east-1:*:key/m?k-*0",
        "arn:aws:kms:us-east-1:111122223333:alias/a?c",
        "arn:aws:kms:*:444455556666:key/*",
        "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}",
    ];
    let name = prop_oneof![5 => Just("Resource"), 1 => Just("NotResource")];
    let list = prop_oneof![
        3 => Just(json!("*")),
        2 => subsequence(patterns, 1..3).prop_map(|list| json!(list)),
    ];
    (name, list)
}

/// An operator, a key, values that are well formed for it.
fn condition() -> impl Strategy<Value = Value> {
    let text = vec![
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ];
    let number = vec![
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ];
    let date = vec!["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"];
    let kinds = prop_oneof![
        4 => (select(text), select(vec!["aws:x", "kms:EncryptionContext:App", "aws:PrincipalTag/key"]),
              subsequence(vec!["a", "A", "a*", "?", "${aws:x}", "${aws:PrincipalTag/key, 'a'}", "1234abcd-x"], 1..3)),
        2 => (select(number), Just("aws:n"), subsequence(vec!["1", "2", "1.5", "-1"], 1..3)),
        1 => (select(date), Just("aws:d"),
              subsequence(vec!["2026", "2026-11-22T06:37:05Z", "2026-11-22T07:37:05+01:00", "1795329425"], 1..3)),
        1 => (Just("Bool"), Just("aws:b"), subsequence(vec!["true", "FALSE"], 1..2)),
        1 => (Just("Null"), select(vec!["aws:x", "aws:list", "aws:n"]), subsequence(vec!["true", "false"], 1..2)),
        1 => (select(vec!["IpAddress", "NotIpAddress"]), Just("aws:ip"),
              subsequence(vec!["10.0.0.0/8", "10.1.2.3", "2001:db8::/32"], 1..3)),
        1 => (select(vec!["ArnEquals", "ArnNotLike"]), Just("aws:arn"),
              subsequence(vec!["*", "arn:aws:iam::*:role/O*", "arn:aws:iam::111122223333:user/${aws:x}"], 1..3)),
        1 => (Just("BinaryEquals"), Just("aws:x"), subsequence(vec!["YQ==", "QQ=="], 1..2)),
        2 => (select(vec!["StringEquals", "StringNotLike"]), Just("aws:list"), subsequence(vec!["a", "b", "a*"], 1..3)),
    ];
    let forms = select(vec![
        ("", ""),
        ("", "IfExists"),
        ("ForAllValues:", ""),
        ("ForAnyValue:", ""),
        ("ForAnyValue:", "IfExists"),
    ]);
    (kinds, forms).prop_map(|((operator, key, values), (set, exists))| {
        let operator = match operator {
            "Null" => operator.to_owned(),
            other => format!("{set}{other}{exists}"),
        };
        json!({operator: {key: values}})
    })
}

fn statement() -> impl Strategy<Value = Value> {
    let condition = prop_oneof![2 => Just(None), 1 => condition().prop_map(Some)];
    (effect(), actions(), resources(), condition).prop_map(
        |(effect, (action, actions), (resource, resources), condition)| {
            let mut statement = json!({"Effect": effect, action: actions, resource: resources});
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

fn principal() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(json!("*")),
        5 => subsequence(ARNS.to_vec(), 1..4).prop_map(|list| json!({ "AWS": list })),
        1 => Just(json!({"AWS": ["111122223333"], "Service": "rds.amazonaws.com"})),
    ]
}

fn key_statement() -> impl Strategy<Value = Value> {
    (statement(), principal(), any::<bool>()).prop_map(|(mut statement, principal, not)| {
        let denies = statement["Effect"] == "Deny";
        statement[if not && denies { "NotPrincipal" } else { "Principal" }] = principal;
        statement
    })
}

/// Actions, resources and principals of which few are those of any request, some by patterns: an
/// index has to tell them apart.
fn narrow_statement() -> impl Strategy<Value = Value> {
    let actions = vec![
        "kms:Decrypt",
        "KMS:Encrypt",
        "kms:DescribeKey",
        "kms:CreateGrant",
        "kms:Decr*",
        "kms:?ecrypt",
        "kms:*Key",
        "kms:ListGrants",
        "s3:GetObject",
        "s3:*",
        "kms:D*t",
        "kms:*",
    ];
    let arns = vec![
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ac",
        "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:*:*:key/1234abcd-*",
        "arn:aws:kms:*:*:key/1234abcd-?2ab-*",
        "arn:aws:kms:*:*:key/5678*",
        "arn:aws:kms:*:*:key/1234${aws:PrincipalTag/key}",
        "arn:aws:kms:*:*:key/${aws:PrincipalTag/key}",
        "arn:aws:kms:*:*:*",
        "arn:aws:kms:*:*:*7890a?",
        "arn:aws:kms:*:*:alias/abc",
        "arn:aws:kms:*:*:alias/x*",
        "arn:aws:s3:::bucket/key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "*",
    ];
    let action = prop_oneof![9 => Just("Action"), 1 => Just("NotAction")];
    let resource = prop_oneof![9 => Just("Resource"), 1 => Just("NotResource")];
    let effect = prop_oneof![9 => Just("Allow"), 1 => Just("Deny")];
    let condition = prop_oneof![1 => Just(None), 1 => condition().prop_map(Some)];
    (effect, action, subsequence(actions, 1..4), resource, subsequence(arns, 1..4), condition)
        .prop_map(|(effect, action, actions, resource, arns, condition)| {
            let mut statement = json!({"Effect": effect, action: actions, resource: arns});
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        })
}

fn narrow_key_statement() -> impl Strategy<Value = Value> {
    let others = (0..40_u64).map(|number| format!("arn:aws:iam::111122223333:user/u{number}"));
    let others: Vec<String> = others.chain(ARNS.map(str::to_owned)).collect();
    let principal = prop_oneof![
        1 => principal(),
        8 => subsequence(others, 1..6).prop_map(|list| json!({ "AWS": list })),
    ];
    (narrow_statement(), principal, prop::bool::weighted(0.2)).prop_map(
        |(mut statement, principal, not)| {
            let denies = statement["Effect"] == "Deny";
            statement[if not && denies { "NotPrincipal" } else { "Principal" }] = principal;
            statement
        },
    )
}

/// Statements that are about no request: of another service, resource or, in a key policy,
/// principal.
fn idle(count: u32, in_key_policy: bool) -> Vec<Value> {
    let statement = |number: u32| {
        let other = format!("arn:aws:kms:us-east-1:111122223333:key/1234abcd-{number}");
        // A Deny on some keys is about a key that is to be made, whose id may be one of them.
        let denies = number.is_multiple_of(3);
        let kind = if denies { "alias" } else { "key" };
        let mut statement = match number % 5 {
            0 => json!({"Action": ["s3:*", "kms:Replicate*"], "Resource": "*"}),
            1 => json!({"NotAction": "kms:*", "Resource": "*"}),
            2 => json!({"Action": "kms:*", "Resource": other}),
            3 => json!({"Action": "*", "Resource": [format!("arn:aws:kms:*:*:{kind}/{number}-*")]}),
            _ if in_key_policy => json!({"Action": "*", "Resource": "*"}),
            _ => json!({"Action": "kms:x*", "Resource": "*"}),
        };
        statement["Effect"] = if denies { "Deny" } else { "Allow" }.into();
        if in_key_policy {
            statement["Principal"] = match number % 5 {
                4 => json!({"AWS": format!("arn:aws:iam::111122223333:role/r{number}")}),
                _ if number.is_multiple_of(2) => json!("*"),
                _ => json!({"AWS": [ARNS[0], ARNS[1], ARNS[2 + number as usize % 10]]}),
            };
        }
        statement
    };
    (0..count).map(statement).collect()
}

/// The case with so many more statements in each of its policies, behind what it has.
fn padded(case: &Map<String, Value>, idle: &[Value], idle_key: &[Value]) -> Map<String, Value> {
    fn pad(policy: &mut Value, more: &[Value]) {
        policy.as_array_mut().unwrap().extend_from_slice(more);
    }
    let mut case = case.clone();
    case.get_mut("key_policy").into_iter().for_each(|policy| pad(policy, idle_key));
    case.get_mut("boundary").into_iter().for_each(|policy| pad(policy, idle));
    for list in ["identity", "session"] {
        case[list].as_array_mut().unwrap().iter_mut().for_each(|policy| pad(policy, idle));
    }
    for level in case["service_control"].as_array_mut().unwrap() {
        level.as_array_mut().unwrap().iter_mut().for_each(|policy| pad(policy, idle));
    }
    case
}

fn pairs() -> impl Strategy<Value = Value> {
    subsequence(vec![("App", "a"), ("app", "A"), ("Stage", "1")], 1..3).prop_map(|pairs| {
        pairs.into_iter().map(|(k, v)| (k.to_owned(), json!(v))).collect::<Map<_, _>>().into()
    })
}

fn party() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => select(ARNS.to_vec()).prop_map(Value::from),
        1 => Just(json!({"service": "rds.amazonaws.com"})),
    ]
}

fn grant() -> impl Strategy<Value = Value> {
    let constraint = prop_oneof![
        3 => Just(None),
        2 => pairs().prop_map(|pairs| Some(("subset", pairs))),
        2 => pairs().prop_map(|pairs| Some(("equals", pairs))),
        1 => Just(Some(("source_arn", json!("arn:s")))),
    ];
    let issuer = select(vec!["111122223333", "444455556666"]);
    let operations = subsequence(OPERATIONS.to_vec(), 1..5);
    (party(), prop::option::of(party()), operations, constraint, issuer).prop_map(
        |(grantee, retiring, operations, constraint, issuer)| {
            let mut grant = json!({"grantee": grantee, "operations": operations, "issuer": issuer});
            if let Some(retiring) = retiring {
                grant["retiring"] = retiring;
            }
            if let Some((name, value)) = constraint {
                grant[name] = value;
            }
            grant
        },
    )
}

/// Facts, each there or not.
fn facts() -> impl Strategy<Value = Value> {
    let text = || {
        prop::option::of(
            select(vec!["a", "A", "ab", "*", "1234abcd-12ab-34cd-56ef-1234567890ab"])
                .prop_map(Value::from),
        )
    };
    let twice = prop::option::of(prop_oneof![
        4 => select(vec!["a", "A"]).prop_map(Value::from),
        1 => subsequence(vec!["a", "A", "b"], 2).prop_map(|all| json!({ "any": all })),
    ]);
    let list = |all: Vec<&'static str>| {
        prop::option::of(subsequence(all, 0..4).prop_map(|list| json!(list)))
    };
    (
        (text(), text(), twice),
        prop::option::of(select(vec!["1", "2", "1.50", "x"]).prop_map(Value::from)),
        prop::option::of(
            select(vec!["2026-11-22T06:37:05Z", "2026-01-01T00:00:00Z", "1795329425"])
                .prop_map(Value::from),
        ),
        prop::option::of(
            select(vec!["10.1.2.3", "2001:db8::1", "::ffff:10.9.9.9"]).prop_map(Value::from),
        ),
        prop::option::of(
            select(vec!["arn:aws:iam::111122223333:role/Ops", "arn:aws:iam::111122223333:user/a"])
                .prop_map(Value::from),
        ),
        (list(vec!["a", "b", "ab"]), list(vec!["App", "app", "Stage"]), list(OPERATIONS.to_vec())),
        prop::option::of(
            select(vec!["EncryptionContextEquals", "EncryptionContextSubset"])
                .prop_map(Value::from),
        ),
        prop::option::of(select(vec!["1", "2"]).prop_map(Value::from)),
        prop::option::of(Just(json!("arn:s"))),
        prop::option::of(Just(json!("true"))),
    )
        .prop_map(
            |((x, tag, app), n, d, ip, arn, (list, keys, operations), kind, stage, source, b)| {
                let named = [
                    ("aws:x", x),
                    ("aws:principaltag/key", tag),
                    ("kms:encryptioncontext:app", app),
                    ("aws:n", n),
                    ("aws:d", d),
                    ("aws:ip", ip),
                    ("aws:arn", arn),
                    ("aws:list", list),
                    ("kms:encryptioncontextkeys", keys),
                    ("kms:grantoperations", operations),
                    ("kms:grantconstrainttype", kind),
                    ("kms:encryptioncontext:stage", stage),
                    ("kms:grantconstraintsourcearn", source.clone()),
                    ("aws:sourcearn", source),
                    ("aws:b", b),
                ];
                let there =
                    named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
                there.collect::<Map<_, _>>().into()
            },
        )
}

/// A case; with `many`, of policies of many statements.
fn case(many: bool) -> impl Strategy<Value = Map<String, Value>> {
    let policy = move || match many {
        false => prop::collection::vec(statement(), 1..3).prop_map(Value::from).boxed(),
        true => prop::collection::vec(narrow_statement(), 8..18).prop_map(Value::from).boxed(),
    };
    let policies = |most: usize| prop::collection::vec(policy(), 0..most).prop_map(Value::from);
    let request = (
        select(CALLERS.to_vec()),
        select(ACTIONS.to_vec()),
        prop_oneof![8 => Just("key"), 1 => Just("*"), 1 => Just("alias/abc"), 1 => Just("new key"),
                     1 => Just("new multi-Region key")],
        any::<bool>(),
        prop::bool::weighted(0.15),
        prop_oneof![4 => Just(json!("2012-10-17")), 1 => Just(json!("2008-10-17"))],
    );
    let key_policy = match many {
        false => prop::collection::vec(key_statement(), 1..4).boxed(),
        true => prop::collection::vec(narrow_key_statement(), 8..50).boxed(),
    };
    let key_policy = prop::option::weighted(0.8, key_policy);
    let levels =
        prop_oneof![4 => Just(json!([])), 1 => policies(3).prop_map(|level| json!([level]))];
    let sources = (
        key_policy,
        policies(3),
        prop::option::weighted(0.3, policy()),
        prop_oneof![2 => Just(json!([])), 1 => policies(3)],
        levels,
        prop::collection::vec(grant(), 0..4),
    );
    (request, sources, facts()).prop_map(
        |((caller, action, resource, cross, retires, version), sources, facts)| {
            let (key_policy, identity, boundary, session, levels, grants) = sources;
            let mut case = Map::new();
            let mut set = |name: &str, value: Value| case.insert(name.to_owned(), value);
            set("name", json!("generated"));
            set("caller", json!(caller));
            set("action", json!(action));
            set("resource", json!(resource));
            set("cross_account", json!(cross));
            set("version", version);
            if let Some(statements) = key_policy {
                set("key_policy", json!(statements));
            }
            set("identity", identity);
            if let Some(boundary) = boundary {
                set("boundary", boundary);
            }
            set("session", session);
            // A level that holds no policy allows nothing; there is none in an organization.
            let filled = levels.as_array().unwrap().iter().all(|l| l != &json!([]));
            set("service_control", if filled { levels } else { json!([]) });
            if retires && !grants.is_empty() && resource == "key" {
                set("retires", json!(true));
                set("action", json!("kms:RetireGrant"));
            }
            set("grants", json!(grants));
            set("facts", facts);
            case
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn on_whatever_is_asked(case in case(false)) {
        let case = Case(case);
        let (found, _) = case.decided();
        prop_assert_eq!(found.starts_with("allow"), reference::allows(&case), "{}", found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases() / 25) })]

    #[test]
    fn on_policies_of_many_statements(case in case(true)) {
        let case = Case(case);
        let (found, _) = case.decided();
        prop_assert_eq!(found.starts_with("allow"), reference::allows(&case), "{}", found);
    }

    /// Neither the answer nor the statement that is named for it.
    #[test]
    fn what_is_about_others_changes_nothing(case in case(false), count in 8..70_u32) {
        let long = Case(padded(&case, &idle(count, false), &idle(count, true)));
        prop_assert_eq!(Case(case).decided(), long.decided());
    }
}

/// What is generated is not all refused, and not all for one reason.
#[test]
fn what_is_generated_is_worth_deciding() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut kinds = std::collections::BTreeMap::new();
    for number in 0..4_000 {
        let case = case(number % 50 == 0).new_tree(&mut runner).unwrap().current();
        let (found, _) = Case(case).decided();
        let digits = |c: char| c.is_ascii_digit();
        let kind = found.split(digits).next().unwrap().to_owned();
        *kinds.entry(kind).or_insert(0) += 1;
    }
    for kind in ["allow: key policy statement ", "allow: grant g", "allow: identity policy "] {
        let count = kinds.get(kind).copied().unwrap_or(0);
        assert!(count >= 10, "{kind}: {count} of 4000: {kinds:?}");
    }
}
