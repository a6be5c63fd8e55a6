//! The one interpreter that checks a request's input against an operation's fields: every
//! constraint that is broken is found and worded as AWS words it; what is left is typed.

use crate::refusal::{Invalid, Refusal};
use crate::wire::Node;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;
use strongroom_crypto::SecretBytes;
use strongroom_types::shape::{Field, Kind, Pattern, Shape, Visibility};
use strongroom_types::{EncryptionContext, Timestamp};

/// How far from the epoch a timestamp may be, in seconds: to the end of the year 9999. Our choice:
/// the years that four digits write.
const MAX_SECONDS: i64 = 253_402_300_799;

/// The checked members of a request, by name.
pub struct Values(Vec<(&'static Field, Value)>);

/// A checked value.
pub enum Value {
    /// Text, or the name of an enumeration's member.
    Text(String),
    /// Bytes, or the UTF-8 of a text that is secret; wiped, since most of those that arrive are
    /// secret.
    Blob(SecretBytes),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Time(Timestamp),
    /// A list.
    List(Vec<Value>),
    /// Texts by text.
    Map(BTreeMap<String, String>),
    /// Named members.
    Structure(Values),
}

/// A type that a checked value turns into.
pub trait FromValue: Sized {
    /// The value, if it is of this type's shape.
    fn from_value(value: Value) -> Option<Self>;
}

impl Values {
    /// Checks `input` against `fields`.
    ///
    /// # Errors
    /// `SerializationException` for a member of the wrong type, `ValidationException` with every
    /// constraint that is broken; the error that the field has of its own for the first such.
    pub fn check(fields: &'static [Field], input: &Node<'_>) -> Result<Self, Refusal> {
        let mut broken = Vec::new();
        let values = structure(fields, input, &mut String::new(), &mut broken)?;
        if broken.is_empty() {
            Ok(values)
        } else {
            Err(Refusal::Validation(Invalid::Constraints(broken)))
        }
    }

    /// Takes the member `name` out, if it was given.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Option<T> {
        let at = self.0.iter().position(|(field, _)| field.name == name)?;
        T::from_value(self.0.swap_remove(at).1)
    }

    /// The member `name`, if it is a text that was given; it stays.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field.name == name);
        match found {
            Some((_, Value::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Whether the member `name` was given.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field.name == name)
    }

    /// Takes the member `name` out, which [`Values::check`] found present.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the fields do not require it: a mistake of ours.
    pub fn need<T: FromValue>(&mut self, name: &str) -> Result<T, Refusal> {
        self.take(name).ok_or(Refusal::Internal)
    }

    /// Takes the member `name` out as a member of an enumeration whose names the shape lists.
    pub fn name<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.take::<String>(name).and_then(|text| text.parse().ok())
    }

    /// Takes the member `name` out, a text that the model withholds although it is no secret.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the fields do not require it: a mistake of ours.
    pub fn need_withheld_text(&mut self, name: &str) -> Result<String, Refusal> {
        let text: SecretBytes = self.need(name)?;
        String::from_utf8(text.expose().to_vec()).map_err(|_| Refusal::Internal)
    }

    /// The members that an audit record may show, in the order of the fields.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.0
            .iter()
            .filter(|(field, _)| field.shape.visibility == Visibility::Open)
            .map(|(field, value)| (*field, value))
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
}

impl FromValue for SecretBytes {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Blob(bytes) = value { Some(bytes) } else { None }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Integer(number) = value { Some(number) } else { None }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Boolean(truth) = value { Some(truth) } else { None }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Time(time) = value { Some(time) } else { None }
    }
}

impl FromValue for EncryptionContext {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Map(pairs) = value { Some(Self::new(pairs)) } else { None }
    }
}

impl FromValue for Values {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Structure(members) = value { Some(members) } else { None }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Option<Self> {
        let Value::List(members) = value else { return None };
        members.into_iter().map(T::from_value).collect()
    }
}

fn structure(
    fields: &'static [Field],
    node: &Node<'_>,
    path: &mut String,
    broken: &mut Vec<String>,
) -> Result<Values, Refusal> {
    let Node::Object(members) = node else { return Err(mismatch(node, "an object")) };
    let mut values = Vec::with_capacity(members.len().min(fields.len()));
    for field in fields {
        let given = members.iter().find(|(name, _)| name == field.name).map(|(_, node)| node);
        let length = path.len();
        push_name(path, field.name);
        match given {
            None | Some(Node::Null) if field.required => broken.push(format!(
                "Value null at '{path}' failed to satisfy constraint: Member must not be null"
            )),
            None | Some(Node::Null) => {}
            Some(node) => {
                let before = broken.len();
                let value = value(field.shape, node, path, broken)?;
                if let (Some((code, text)), true) = (field.refused_as, broken.len() > before) {
                    let text = text.replace("{}", &shown(&value).unwrap_or_default());
                    return Err(Refusal::Constraint(code, text));
                }
                values.push((field, value));
            }
        }
        path.truncate(length);
    }
    Ok(Values(values))
}

/// Appends a member's name as errors show it: its first letter in lower case.
fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let mut letters = name.chars();
    path.extend(letters.next().map(|c| c.to_ascii_lowercase()));
    path.push_str(letters.as_str());
}

fn value(
    shape: &'static Shape,
    node: &Node<'_>,
    path: &mut String,
    broken: &mut Vec<String>,
) -> Result<Value, Refusal> {
    match (&shape.kind, node) {
        (Kind::List { .. }, Node::Untyped(text)) if text.is_empty() => {
            value(shape, &Node::List(Vec::new()), path, broken)
        }
        (Kind::List { member, .. }, _) => list(shape, member, node, path, broken),
        (Kind::Structure(fields), _) => structure(fields, node, path, broken).map(Value::Structure),
        (Kind::Map, Node::Object(members)) => map(members).map(Value::Map),
        _ => {
            let value = scalar(shape, node)?;
            for rule in broken_rules(shape, node, &value) {
                broken.push(violation(shape, &value, path, &rule));
            }
            Ok(value)
        }
    }
}

fn scalar(shape: &Shape, node: &Node<'_>) -> Result<Value, Refusal> {
    match (&shape.kind, node) {
        (Kind::Text { .. } | Kind::Name(_), Node::Text(text) | Node::Untyped(text)) => {
            Ok(Value::Text(text.clone().into_owned()))
        }
        (Kind::Secret { .. }, Node::Text(text) | Node::Untyped(text)) => {
            Ok(Value::Blob(SecretBytes::new(text.as_bytes().to_vec())))
        }
        (Kind::Text { .. } | Kind::Secret { .. } | Kind::Name(_), other) => {
            Err(mismatch(other, "a String"))
        }
        (Kind::Blob { .. }, Node::Text(text) | Node::Untyped(text)) => blob(text),
        (Kind::Blob { .. }, other) => Err(mismatch(other, "a Blob")),
        (Kind::Integer { .. }, Node::Integer(number)) => Ok(Value::Integer(*number)),
        (Kind::Integer { .. }, Node::Untyped(text)) => {
            let number = text.parse().map_err(|_| mismatch(node, "an Integer"))?;
            Ok(Value::Integer(number))
        }
        (Kind::Integer { .. }, other) => Err(mismatch(other, "an Integer")),
        (Kind::Boolean, Node::Boolean(truth)) => Ok(Value::Boolean(*truth)),
        (Kind::Boolean, Node::Untyped(text)) => match &**text {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(mismatch(node, "a Boolean")),
        },
        (Kind::Boolean, other) => Err(mismatch(other, "a Boolean")),
        (Kind::Time, _) => time(node),
        (Kind::List { .. }, other) => Err(mismatch(other, "a List")),
        (Kind::Map | Kind::Structure(_), other) => Err(mismatch(other, "an object")),
    }
}

fn blob(text: &str) -> Result<Value, Refusal> {
    let bad = || Refusal::Serialization("a blob is not valid base64".to_owned());
    base64_simd::STANDARD
        .decode_to_vec(text)
        .map(|bytes| Value::Blob(SecretBytes::new(bytes)))
        .map_err(|_| bad())
}

/// Seconds since the epoch, whole or with a fraction, of which milliseconds are kept.
fn time(node: &Node<'_>) -> Result<Value, Refusal> {
    let millis = match node {
        Node::Integer(seconds) if (-MAX_SECONDS..=MAX_SECONDS).contains(seconds) => seconds * 1000,
        Node::Number(seconds) if seconds.abs() <= MAX_SECONDS as f64 => {
            (seconds * 1000.0).round() as i64
        }
        other => return Err(mismatch(other, "milliseconds since epoch")),
    };
    Ok(Value::Time(Timestamp::from_millis(millis)))
}

fn list(
    shape: &'static Shape,
    member: &'static Shape,
    node: &Node<'_>,
    path: &mut String,
    broken: &mut Vec<String>,
) -> Result<Value, Refusal> {
    let Node::List(nodes) = node else { return Err(mismatch(node, "a List")) };
    let mut values = Vec::with_capacity(nodes.len());
    let mut rules = Vec::new();
    for (at, given) in nodes.iter().enumerate() {
        let value = if let Kind::Structure(fields) = &member.kind {
            let length = path.len();
            // Writing to a `String` cannot fail.
            let _ = write!(path, ".{}.member", at + 1);
            let members = structure(fields, given, path, broken)?;
            path.truncate(length);
            Value::Structure(members)
        } else {
            let value = scalar(member, given)?;
            if rules.is_empty() && !broken_rules(member, given, &value).is_empty() {
                rules = every_rule(member);
            }
            value
        };
        values.push(value);
    }
    let list = Value::List(values);
    for rule in broken_rules(shape, node, &list) {
        broken.push(violation(shape, &list, path, &rule));
    }
    if !rules.is_empty() {
        let rule = format!("Member must satisfy constraint: [{}]", rules.join(", "));
        broken.push(violation(shape, &list, path, &rule));
    }
    Ok(list)
}

fn map(
    members: &[(std::borrow::Cow<'_, str>, Node<'_>)],
) -> Result<BTreeMap<String, String>, Refusal> {
    members
        .iter()
        .map(|(key, node)| match node {
            Node::Text(text) => Ok((key.clone().into_owned(), text.clone().into_owned())),
            other => Err(mismatch(other, "a String")),
        })
        .collect()
}

fn mismatch(node: &Node<'_>, wanted: &str) -> Refusal {
    Refusal::Serialization(format!("{} can not be converted to {wanted}", node.kind()))
}

/// The rules of `shape` that `value`, read from `node`, breaks.
fn broken_rules(shape: &Shape, node: &Node<'_>, value: &Value) -> Vec<String> {
    match (&shape.kind, value) {
        (Kind::Text { min, max, pattern } | Kind::Secret { min, max, pattern }, _) => {
            let (Node::Text(text) | Node::Untyped(text)) = node else { return Vec::new() };
            text_rules(text, *min, *max, *pattern)
        }
        (Kind::Name(names), Value::Text(text)) if !names.contains(&text.as_str()) => {
            vec![names_rule(names)]
        }
        (Kind::Blob { min, max }, Value::Blob(bytes)) => length_rules(bytes.len(), *min, *max),
        (Kind::List { min, max, .. }, Value::List(members)) => {
            length_rules(members.len(), *min, *max)
        }
        (Kind::Integer { min, .. }, Value::Integer(number)) if number < min => {
            vec![format!("Member must have value greater than or equal to {min}")]
        }
        (Kind::Integer { max, .. }, Value::Integer(number)) if number > max => {
            vec![format!("Member must have value less than or equal to {max}")]
        }
        _ => Vec::new(),
    }
}

/// All rules of a list's member, which AWS prints together when one is broken.
fn every_rule(shape: &Shape) -> Vec<String> {
    match &shape.kind {
        Kind::Text { min, max, pattern } | Kind::Secret { min, max, pattern } => {
            let mut rules = vec![at_most(*max), at_least(*min)];
            rules.extend(pattern.map(|pattern| pattern_rule(pattern.text)));
            rules
        }
        Kind::Name(names) => vec![names_rule(names)],
        _ => Vec::new(),
    }
}

fn text_rules(text: &str, min: usize, max: usize, pattern: Option<&Pattern>) -> Vec<String> {
    let mut rules = length_rules(text.chars().count(), min, max);
    rules.extend(pattern.filter(|it| !(it.matches)(text)).map(|it| pattern_rule(it.text)));
    rules
}

fn length_rules(length: usize, min: usize, max: usize) -> Vec<String> {
    if length < min {
        vec![at_least(min)]
    } else if length > max {
        vec![at_most(max)]
    } else {
        Vec::new()
    }
}

fn at_least(min: usize) -> String {
    format!("Member must have length greater than or equal to {min}")
}

fn at_most(max: usize) -> String {
    format!("Member must have length less than or equal to {max}")
}

fn pattern_rule(pattern: &str) -> String {
    format!("Member must satisfy regular expression pattern: {pattern}")
}

fn names_rule(names: &[&str]) -> String {
    format!("Member must satisfy enum value set: [{}]", names.join(", "))
}

fn violation(shape: &Shape, value: &Value, path: &str, rule: &str) -> String {
    let shown = (shape.visibility == Visibility::Open).then(|| shown(value)).flatten();
    match shown {
        Some(text) => format!("Value '{text}' at '{path}' failed to satisfy constraint: {rule}"),
        None => format!("Value at '{path}' failed to satisfy constraint: {rule}"),
    }
}

fn shown(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::List(members) => {
            let members: Option<Vec<String>> = members.iter().map(shown).collect();
            format!("[{}]", members?.join(", "))
        }
        Value::Blob(_) | Value::Time(_) | Value::Map(_) | Value::Structure(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_types::shape::{optional, required};
    use strongroom_types::shapes;

    const FIELDS: &[Field] = &[
        required("KeyId", &shapes::KEY_ID),
        optional("Plaintext", &shapes::PLAINTEXT),
        optional("NumberOfBytes", &shapes::NUMBER_OF_BYTES),
        optional("Tags", &shapes::TAGS),
        optional("TagKeys", &shapes::TAG_KEYS),
        optional("ValidTo", &shapes::VALID_TO),
        optional("KeyStorePassword", &shapes::KEY_STORE_PASSWORD),
        optional("Name", &shapes::GRANT_NAME),
        optional("Credential", &shapes::XKS_PROXY_CREDENTIAL),
    ];

    fn text(text: &str) -> Node<'_> {
        Node::Text(text.into())
    }

    fn refused(members: Vec<(&'static str, Node<'_>)>) -> String {
        let object = Node::Object(members.into_iter().map(|(k, v)| (k.into(), v)).collect());
        let refusal = Values::check(FIELDS, &object).err().expect("it must be refused");
        format!("{}: {}", refusal.code(), refusal.message().unwrap_or_default())
    }

    #[test]
    fn every_broken_constraint_is_named_in_one_message() {
        assert_eq!(
            refused(vec![("NumberOfBytes", Node::Integer(1025))]),
            "ValidationException: 2 validation errors detected: Value null at 'keyId' failed to \
             satisfy constraint: Member must not be null; Value '1025' at 'numberOfBytes' failed \
             to satisfy constraint: Member must have value less than or equal to 1024"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(
            refused(vec![("KeyId", text("k")), ("Plaintext", text(""))]),
            "ValidationException: 1 validation error detected: Value at 'plaintext' failed to \
             satisfy constraint: Member must have length greater than or equal to 1"
        );
    }

    #[test]
    fn members_of_lists_are_numbered_from_one() {
        let tag = Node::Object(vec![("TagKey".into(), text("")), ("TagValue".into(), text("v"))]);
        assert_eq!(
            refused(vec![("KeyId", text("k")), ("Tags", Node::List(vec![tag]))]),
            "ValidationException: 1 validation error detected: Value '' at 'tags.1.member.tagKey' \
             failed to satisfy constraint: Member must have length greater than or equal to 1"
        );
    }

    #[test]
    fn wrong_types_are_refused_before_constraints() {
        assert!(refused(vec![("KeyId", Node::Integer(1))]).starts_with("SerializationException"));
        assert!(
            refused(vec![("KeyId", text("k")), ("Plaintext", text("*"))])
                .starts_with("SerializationException")
        );
        let object = Node::List(Vec::new());
        assert!(Values::check(FIELDS, &object).is_err());
    }

    #[test]
    fn times_are_seconds_since_the_epoch() {
        let read = |node: Node<'static>| {
            let members = vec![("KeyId".into(), text("k")), ("ValidTo".into(), node)];
            let mut values = Values::check(FIELDS, &Node::Object(members))?;
            values.need::<Timestamp>("ValidTo").map(Timestamp::millis)
        };
        for (node, millis) in [
            (Node::Integer(1_795_329_425), 1_795_329_425_000),
            (Node::Integer(-1), -1000),
            (Node::Integer(MAX_SECONDS), MAX_SECONDS * 1000),
            (Node::Number(1_795_329_425.123), 1_795_329_425_123),
            (Node::Number(1.5e9), 1_500_000_000_000),
            (Node::Number(-0.0005), -1),
        ] {
            assert_eq!(read(node).ok(), Some(millis));
        }
        for node in [
            Node::Integer(MAX_SECONDS + 1),
            Node::Integer(i64::MIN),
            Node::Number(1e300),
            Node::Number(f64::INFINITY),
            Node::Number(f64::NAN),
            Node::Boolean(true),
            Node::List(Vec::new()),
            text("2026-11-22T06:37:05Z"),
        ] {
            let kind = node.kind();
            assert_eq!(
                refused(vec![("KeyId", text("k")), ("ValidTo", node)]),
                format!(
                    "SerializationException: {kind} can not be converted to milliseconds since epoch"
                )
            );
        }
    }

    #[test]
    fn secret_texts_are_checked_and_not_shown() {
        assert_eq!(
            refused(vec![("KeyId", text("k")), ("KeyStorePassword", text("sesame"))]),
            "ValidationException: 1 validation error detected: Value at 'keyStorePassword' failed \
             to satisfy constraint: Member must have length greater than or equal to 7"
        );
        let secret = "not/ base64/ of 43 characters or more, at all";
        let credential = Node::Object(vec![
            ("AccessKeyId".into(), text("ABCDEFGHIJKLMNOPQRST")),
            ("RawSecretAccessKey".into(), text(secret)),
        ]);
        assert_eq!(
            refused(vec![("KeyId", text("k")), ("Credential", credential)]),
            "ValidationException: 1 validation error detected: Value at \
             'credential.rawSecretAccessKey' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: ^[a-zA-Z0-9\\/+=]+$"
        );
        assert!(
            refused(vec![("KeyId", text("k")), ("KeyStorePassword", Node::Integer(1))])
                .starts_with("SerializationException")
        );
        let members = ["KeyId", "KeyStorePassword"].map(|name| (name.into(), text("sesame!")));
        let mut values = Values::check(FIELDS, &Node::Object(members.into())).ok().unwrap();
        let password = values.take::<SecretBytes>("KeyStorePassword");
        assert_eq!(password.as_ref().map(SecretBytes::expose), Some(&b"sesame!"[..]));
    }

    #[test]
    fn an_empty_text_breaks_length_and_pattern() {
        assert_eq!(
            refused(vec![("KeyId", text("k")), ("Name", text(""))]),
            "ValidationException: 2 validation errors detected: Value '' at 'name' failed to \
             satisfy constraint: Member must have length greater than or equal to 1; Value '' at \
             'name' failed to satisfy constraint: Member must satisfy regular expression pattern: \
             ^[a-zA-Z0-9:/_-]+$"
        );
    }
}
