//! Values for fields: those that fit, those that almost do, and others.

use super::choices::Choices;
use super::stage::{Known, Scene};
use crate::{base64, unbase64};
use serde_json::{Map, Value, json};
use strongroom_types::shape::{Field, Kind, Shape};

/// How deep structures go at most.
const DEEP: usize = 8;
/// The longest text that is too long on purpose.
const LONG: usize = 9000;

const POLICIES: [&str; 9] = [
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"kms:Get*","Resource":"*"}}"#,
    r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}]}"#,
    r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":["kms:De*","kms:Enc?ypt"],"Resource":"*","Condition":{"StringLike":{"kms:EncryptionContext:a":"b*"}}}]}"#,
    r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/user"},"Action":"sts:AssumeRole"}]}"#,
    r#"{"Statement":[{"Sid":"a","Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"*","Resource":"*"}]}"#,
    r#"{"Statement":[{"Effect":"Allow","Action":"kms:Decrypt","NotResource":"arn:aws:kms:*:*:key/${aws:username}","Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"},"NumericEqualsIfExists":{"a:b":"1"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"Null":{"aws:PrincipalTag/a":"true"}}}]}"#,
    "{\"Statement\":[",
    "",
];

const TEXTS: [&str; 12] = [
    "",
    "a",
    "*",
    "alias/new",
    "alias/aws/kms",
    "AWS_KMS",
    "arn:aws:kms:eu-west-2:111122223333:key/",
    "us-east-1",
    "2026-11-22T06:37:05Z",
    "\u{0}\u{7f}\u{ffff}\u{10ffff}\"\\<&'",
    "../../x%2f%00",
    "-1",
];

/// The members of a request, by its fields.
pub(super) fn members(
    choices: &mut Choices<'_>,
    scene: &Scene,
    fields: &[Field],
    deep: usize,
) -> Value {
    let mut object = Map::new();
    for field in fields {
        let given = if field.required { !choices.once_in(12) } else { choices.once_in(90) };
        if given {
            let value = value(choices, scene, field.name, field.shape, deep);
            object.insert(field.name.to_owned(), value);
        }
    }
    if choices.once_in(8) {
        object.insert(choices.text(), json!(choices.text()));
    }
    Value::Object(object)
}

fn value(
    choices: &mut Choices<'_>,
    scene: &Scene,
    name: &str,
    shape: &Shape,
    deep: usize,
) -> Value {
    if deep > DEEP || choices.once_in(6) {
        return odd(choices);
    }
    match shape.kind {
        Kind::Text { min, max, pattern } | Kind::Secret { min, max, pattern } => {
            let of_names = pattern.is_none() && max > 4;
            json!(text(choices, scene, name, (min, max), of_names))
        }
        Kind::Name(names) => json!(named(choices, shape.model, names)),
        Kind::Blob { max, .. } => json!(blob(choices, scene, name, max)),
        Kind::Integer { min, max } => {
            let byte = i64::from(choices.byte());
            let near = min.saturating_add(byte % 64);
            let pool =
                [near, min, max, byte, max.saturating_add(1), min.saturating_sub(1), i64::MAX];
            json!(choices.one(&pool))
        }
        Kind::Boolean => json!(choices.once_in(128)),
        Kind::Time => time(choices),
        Kind::List { member, min, max } => {
            let count = (min + choices.below(3)).min(max.max(1));
            let count = if choices.once_in(4) { max.saturating_add(1).min(64) } else { count };
            let made = |_| value(choices, scene, name, member, deep + 1);
            Value::Array((0..count).map(made).collect())
        }
        Kind::Map => match choices.below(4) {
            0 => json!({}),
            1 => json!({"a": "b"}),
            count => {
                let pair = |_| (choices.text(), json!(choices.text()));
                Value::Object((1..count).map(pair).collect())
            }
        },
        Kind::Structure(fields) => members(choices, scene, fields, deep + 1),
    }
}

/// What is of another type.
fn odd(choices: &mut Choices<'_>) -> Value {
    match choices.below(7) {
        0 => Value::Null,
        1 => json!([[], {}, null]),
        2 => json!({"a": {"b": []}}),
        3 => json!(1e300),
        4 => json!(true),
        5 => json!(i64::MIN),
        _ => json!(choices.text()),
    }
}

/// Making RSA keys takes seconds, which a fuzzer has better uses for.
fn named<'n>(choices: &mut Choices<'_>, model: &str, names: &[&'n str]) -> String {
    if choices.once_in(6) {
        return choices.text();
    }
    let slow = |name: &str| {
        name.starts_with("RSA_")
            && (model.contains("KeySpec")
                || model.contains("KeyPairSpec")
                || model.contains("MasterKey"))
    };
    let names: Vec<&'n str> = names.iter().copied().filter(|name| !slow(name)).collect();
    match names.is_empty() {
        true => String::new(),
        false => (*choices.one(&names)).to_owned(),
    }
}

fn time(choices: &mut Choices<'_>) -> Value {
    let now = 1_795_329_425;
    let off = i64::from(choices.byte()) * 40_000;
    match choices.below(6) {
        0 => json!(now + off),
        1 => json!(now - off),
        2 => json!(1.795_329_425_5e9),
        3 => json!(-1e18),
        4 => json!(i64::MAX),
        _ => json!("2026-11-22T06:37:05Z"),
    }
}

/// What tells one kind of value from another, by the name of a member.
fn kind(name: &str) -> &str {
    match name {
        "AliasArn" | "AliasName" | "TargetKeyId" | "SourceKeyId" | "DestinationKeyId"
        | "KmsKeyId" | "ResourceId" => "KeyId",
        "NextMarker"
        | "NextToken"
        | "NextContinuationToken"
        | "ContinuationToken"
        | "StartAfter"
        | "nextToken" => "Marker",
        "GrantTokens" => "GrantToken",
        "NewUserName" => "UserName",
        "S3BucketName" => "Bucket",
        "TrailName" | "TrailARN" | "trailNameList" | "ResourceIdList" => "Name",
        _ if name.ends_with("Arn") || name.ends_with("Principal") || name.ends_with("Arns") => {
            "Arn"
        }
        _ => name,
    }
}

fn text(
    choices: &mut Choices<'_>,
    scene: &Scene,
    name: &str,
    (min, max): (usize, usize),
    is_free: bool,
) -> String {
    let fitting: Vec<&Known> =
        scene.known.iter().filter(|it| kind(&it.name) == kind(name)).collect();
    let about_policies =
        name.contains("Policy") && !name.ends_with("Name") && !name.ends_with("Arn");
    match choices.below(16) {
        0..=8 if about_policies => (*choices.one(&POLICIES)).to_owned(),
        0..=10 if !fitting.is_empty() => choices.one(&fitting).value.clone(),
        11 if !scene.known.is_empty() => choices.one(&scene.known).value.clone(),
        12 => (*choices.one(&TEXTS)).to_owned(),
        13 if is_free => "a".repeat(max.saturating_add(1).min(LONG)),
        14 => "a".repeat(min),
        _ => choices.text(),
    }
}

fn blob(choices: &mut Choices<'_>, scene: &Scene, name: &str, max: usize) -> String {
    let fitting: Vec<&Known> = scene
        .known
        .iter()
        .filter(|it| it.name == name || (it.name.ends_with("Blob") && name.ends_with("Blob")))
        .collect();
    match choices.below(8) {
        0..=3 if !fitting.is_empty() => choices.one(&fitting).value.clone(),
        4 if !fitting.is_empty() => {
            let whole = &choices.one(&fitting).value;
            damaged(choices, whole)
        }
        5 => base64(&vec![0; max.saturating_add(1).min(LONG)]),
        6 => choices.text(),
        _ => base64(choices.bytes()),
    }
}

/// The bytes of `text`, one of them changed.
fn damaged(choices: &mut Choices<'_>, text: &str) -> String {
    let is_base64 = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
    if !is_base64 || !text.len().is_multiple_of(4) || text.is_empty() {
        return choices.text();
    }
    let mut bytes = unbase64(text);
    let at = choices.below(bytes.len().max(1));
    let with = choices.byte();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= with;
    }
    base64(&bytes)
}
