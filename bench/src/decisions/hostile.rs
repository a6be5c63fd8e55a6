//! The dearest decisions that somebody has found who may write policies: key policies of 32 KiB of
//! which every statement is about the caller and allows nothing.

use super::{Row, print, used};
use crate::terminal::Failure;
use std::fmt::Display;
use strongroom_policy::{Fact, Facts, Policy, Question, Resource, Sources, examine};
use strongroom_types::{AccountId, Action, EncryptionContext, KeyArn, KeyId, Principal};

/// Turns that the cases take.
const ROUNDS: u32 = 3;
/// What a round takes at least, nanoseconds of processor time.
const ENOUGH: u64 = 50_000_000;
/// Pairs of the long encryption context, which has 8 KiB.
const PAIRS: u32 = 1_000;

/// A request with an encryption context.
struct Request(EncryptionContext);

impl Facts for Request {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        if key == "kms:encryptioncontextkeys" {
            return Some(Fact::Many(self.0.pairs().map(|(key, _)| key.into()).collect()));
        }
        Fact::single(self.0.values_of(key.strip_prefix("kms:encryptioncontext:")?))
    }
}

/// A statement with what is special in it.
fn statement(effect: &str, principal: &str, resource: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Principal":{{"AWS":{principal}}},"Action":"kms:*","Resource":{resource},"Condition":{{{condition}}}}}"#
    )
}

/// A key policy as long as may be, of the statements that `make` gives for numbers.
fn filled(make: impl Fn(u32) -> String) -> String {
    let mut text = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    for number in 0.. {
        let statement = make(number);
        if text.len() + statement.len() + 3 > Policy::KEY_POLICY_MAX_LEN {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        text.push_str(&statement);
    }
    text + "]}"
}

/// A list of texts that is as long as one key policy takes.
fn list(make: impl Fn(u32) -> String) -> String {
    let mut items = Vec::new();
    let mut length = 300;
    for number in 0.. {
        let item = format!("\"{}\"", make(number));
        length += item.len() + 1;
        if length > Policy::KEY_POLICY_MAX_LEN {
            break;
        }
        items.push(item);
    }
    format!("[{}]", items.join(","))
}

const ME: &str = r#""111122223333""#;
const ANY: &str = r#""*""#;

/// A policy of one statement.
fn one(principal: &str, resource: &str, condition: &str) -> String {
    filled(|number| match number {
        0 => statement("Deny", principal, resource, condition),
        _ => " ".repeat(Policy::KEY_POLICY_MAX_LEN),
    })
}

fn condition(number: u32) -> String {
    format!(r#""StringEquals":{{"aws:x{number}":"1"}}"#)
}

/// Of many statements, each of which fails at one thing.
fn many_statements() -> Vec<(&'static str, String)> {
    vec![
        (
            "each statement fails at a condition on one key",
            filled(|number| {
                statement(
                    "Deny",
                    ME,
                    ANY,
                    &format!(r#""StringLike":{{"kms:EncryptionContext:k1":"*{number}*"}}"#),
                )
            }),
        ),
        (
            "each statement fails at a condition on another key",
            filled(|number| statement("Deny", ME, ANY, &condition(number))),
        ),
        (
            "each statement fails at a pattern of the resource",
            filled(|number| {
                statement("Deny", ME, &format!(r#""arn:aws:kms:*:*:*{number}x*""#), &condition(1))
            }),
        ),
        (
            "each statement fails at a pattern with ?",
            filled(|number| {
                statement("Deny", ME, &format!(r#""arn:aws:kms:*:*:*?{number}?x*""#), &condition(1))
            }),
        ),
    ]
}

/// Of one statement with a long list of principals or resources.
fn long_lists() -> Vec<(&'static str, String)> {
    vec![
        (
            "a list of principals, one of them the caller",
            one(
                &list(|number| match number {
                    0 => "111122223333".to_owned(),
                    _ => format!("{number:012}"),
                }),
                ANY,
                &condition(1),
            ),
        ),
        (
            "a list of patterns of resources",
            one(ME, &list(|number| format!("arn:aws:kms:*:*:*{number}x*")), &condition(1)),
        ),
        (
            "a list of patterns of resources with ?",
            one(ME, &list(|number| format!("arn:aws:kms:*:*:*?{number}x*")), &condition(1)),
        ),
        (
            "a list of resources with variables",
            one(
                ME,
                &list(|_| "arn:aws:kms:*:*:*${kms:EncryptionContext:k1}x".to_owned()),
                &condition(1),
            ),
        ),
    ]
}

/// Of one condition with a long list of values, over as long a list of the request.
fn long_conditions() -> Vec<(&'static str, String)> {
    let context_keys = |operator: &str, values: &str| {
        format!(r#""{operator}":{{"kms:EncryptionContextKeys":{values}}}"#)
    };
    vec![
        (
            "a list of texts, of no key of the context",
            one(
                ME,
                ANY,
                &context_keys("ForAnyValue:StringEquals", &list(|number| format!("x{number}"))),
            ),
        ),
        (
            "a list of patterns, of no key of the context",
            one(
                ME,
                ANY,
                &context_keys("ForAnyValue:StringLike", &list(|number| format!("*{number}x"))),
            ),
        ),
        (
            "a list of patterns with ?, of no key of the context",
            one(
                ME,
                ANY,
                &context_keys("ForAnyValue:StringLike", &list(|number| format!("*?{number}x*"))),
            ),
        ),
        (
            "a list of numbers, of no key of the context",
            one(
                ME,
                ANY,
                &context_keys("ForAnyValue:NumericEquals", &list(|number| format!("{number}.5"))),
            ),
        ),
    ]
}

fn failed(why: impl Display) -> Failure {
    Failure::of("a hostile policy of the benchmark", why)
}

/// Measures them.
pub(super) fn run() -> Result<(), Failure> {
    let account = AccountId::INITIAL;
    let policies = [many_statements(), long_lists(), long_conditions()].concat();
    let policies = policies
        .into_iter()
        .map(|(name, text)| Policy::key_policy(&text).map(|policy| (name, policy)).map_err(failed));
    let policies = policies.collect::<Result<Vec<_>, _>>()?;
    let pairs = (0..PAIRS).map(|number| (format!("k{number}"), "v".to_owned()));
    let request = Request(EncryptionContext::new(pairs.collect()));
    let principal = Principal::Root { account };
    let question = Question {
        principal: &principal,
        partition: "aws",
        action: Action::new("kms:Decrypt"),
        resource: Resource::Key(KeyArn {
            region: "us-east-1".parse().map_err(|()| Failure::new("no Region"))?,
            account,
            key: KeyId::from_random([7; 16]),
        }),
        cross_account_allowed: true,
    };
    let mut rows: Vec<Row> = policies.iter().map(|(name, _)| Row::new(*name)).collect();
    for _ in 0..ROUNDS {
        for ((_, policy), row) in policies.iter().zip(&mut rows) {
            let sources = Sources { key_policy: Some(policy), ..Sources::default() };
            let (began, mut count, mut batch) = (used()?, 0, 1);
            while used()? < began + ENOUGH {
                for _ in 0..batch {
                    let question = std::hint::black_box(&question);
                    std::hint::black_box(examine(question, &sources, &request));
                }
                count += batch;
                batch *= 2;
            }
            row.note(began, count);
        }
    }
    print(
        "one decision by a hostile key policy of 32 KiB, encryption context of 1,000 pairs",
        &rows,
    );
    Ok(())
}
