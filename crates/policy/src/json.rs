//! JSON, strictly: what a policy could hide in (a member given twice, bottomless nesting) is
//! refused.

use crate::malformed::{Malformed, Problem};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// A JSON value. Members are sorted: no element of the language depends on their order.
#[derive(Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As decimal text.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// The deepest nesting: a condition value in a list in a key in an operator in a condition in a
/// statement in the list of statements in the document is at 7.
const MAX_DEPTH: u8 = 8;

impl Json {
    /// Parses the whole of `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut parser = serde_json::Deserializer::from_str(text);
        Value { depth: MAX_DEPTH }
            .deserialize(&mut parser)
            .and_then(|json| parser.end().map(|()| json))
            .map_err(|error| Problem::Json(error.to_string()).into())
    }

    /// The members of an object.
    pub(crate) fn members(&self) -> Result<&BTreeMap<String, Json>, Malformed> {
        match self {
            Self::Object(members) => Ok(members),
            _ => Err(Problem::NotObject.into()),
        }
    }

    /// A string.
    pub(crate) fn text(&self) -> Result<&str, Malformed> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Problem::NotText.into()),
        }
    }

    /// What `read` makes of this value, or of each item when it is a list. At least one.
    pub(crate) fn each<T>(
        &self,
        mut read: impl FnMut(&Json) -> Result<T, Malformed>,
    ) -> Result<Box<[T]>, Malformed> {
        match self {
            Self::List(items) if items.is_empty() => Err(Problem::Empty.into()),
            Self::List(items) => items
                .iter()
                .enumerate()
                .map(|(at, item)| read(item).map_err(|e| e.at(at)))
                .collect(),
            one => Ok(Box::new([read(one)?])),
        }
    }

    /// What `read` makes of a string, or of each of a list of strings. At least one.
    pub(crate) fn each_text<T>(
        &self,
        mut read: impl FnMut(&str) -> Result<T, Malformed>,
    ) -> Result<Box<[T]>, Malformed> {
        self.each(|item| match item {
            Self::Text(text) => read(text),
            _ => Err(Problem::NotTexts.into()),
        })
    }
}

struct Value {
    /// How many levels may still be opened.
    depth: u8,
}

impl Value {
    fn inner<E: Error>(&self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth }),
            None => Err(E::custom("nested too deeply")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Json, D::Error> {
        parser.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inner()?)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("the member {name:?} is repeated")));
            }
            object.insert(name, value);
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind() {
        let json = Json::parse(r#"{"a": [1, -2, 2.5, true, null, "x"]}"#).unwrap();
        let number = |text: &str| Json::Number(text.to_owned());
        let list = vec![
            number("1"),
            number("-2"),
            number("2.5"),
            Json::Bool(true),
            Json::Null,
            Json::Text("x".into()),
        ];
        assert_eq!(json, Json::Object(BTreeMap::from([("a".to_owned(), Json::List(list))])));
    }

    #[test]
    fn repeats_depth_and_rests_are_refused() {
        let message = |text: &str| Json::parse(text).unwrap_err().to_string();
        assert!(
            message(r#"{"a": {"Sid": 1, "Sid": 1}}"#).contains(r#"the member "Sid" is repeated"#)
        );
        // The same name, written in another way.
        assert!(message(r#"{"Sid": 1, "\u0053id": 1}"#).contains("is repeated"));
        assert!(message(&"[".repeat(9)).contains("nested too deeply"));
        assert!(message(&"[".repeat(100_000)).contains("nested too deeply"));
        assert!(Json::parse("[[[[[[[[1]]]]]]]]").is_ok());
        for text in ["", "{", "{} {}", "{}x", "{'a': 1}", r#"{"a": 1,}"#, "\"\u{1}\"", "NaN"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}
