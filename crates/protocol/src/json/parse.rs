//! A JSON body as a tree of borrowed text: strings without escapes are not copied, so a plaintext
//! in base64 stays where it is wiped, in the body.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use strongroom_engine::wire::{Malformed, Node};

/// Parses a body: one JSON object, at most 127 levels deep, without duplicate members. An empty
/// body is an empty object.
///
/// # Errors
/// [`Malformed`] with the place, but nothing of the content.
pub fn parse(body: &[u8]) -> Result<Node<'_>, Malformed> {
    if body.is_empty() {
        return Ok(Node::empty());
    }
    match serde_json::from_slice::<Parsed<'_>>(body) {
        Ok(Parsed(node @ Node::Object(_))) => Ok(node),
        Ok(Parsed(node)) => {
            Err(Malformed(format!("{} can not be converted to an object", node.kind())))
        }
        Err(why) if why.is_data() => Err(Malformed(why.to_string())),
        Err(why) => Err(Malformed(format!(
            "the body is not valid JSON at line {} column {}",
            why.line(),
            why.column()
        ))),
    }
}

struct Parsed<'a>(Node<'a>);

impl<'de> Deserialize<'de> for Parsed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor).map(Self)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'de>, E> {
        // A number beyond 63 bits is no whole number that any operation takes.
        Ok(i64::try_from(value).map_or(Node::Number(f64::INFINITY), Node::Integer))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Parsed(member)) = list.next_element()? {
            members.push(member);
        }
        Ok(Node::List(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Node<'de>)> = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            let Parsed(value) = map.next_value()?;
            members.push((name, value));
        }
        if has_duplicates(&members) {
            return Err(A::Error::custom("an object has two members of one name"));
        }
        Ok(Node::Object(members))
    }
}

fn has_duplicates(members: &[(Cow<'_, str>, Node<'_>)]) -> bool {
    if let [] | [_] = members {
        return false;
    }
    let mut names = HashSet::with_capacity(members.len());
    !members.iter().all(|(name, _)| names.insert(&**name))
}

/// A member's name, borrowed where it can be.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &[u8]) -> String {
        parse(body).err().expect("it must be refused").0
    }

    #[test]
    fn text_without_escapes_is_not_copied() {
        let Ok(Node::Object(members)) = parse(br#"{"A":"plain","B":"\u0041"}"#) else { panic!() };
        assert!(matches!(&members[0].1, Node::Text(Cow::Borrowed("plain"))));
        assert!(matches!(&members[1].1, Node::Text(Cow::Owned(text)) if text == "A"));
    }

    #[test]
    fn nonsense_is_refused_without_showing_it() {
        assert_eq!(refusal(b"{secret"), "the body is not valid JSON at line 1 column 2");
        assert_eq!(refusal(b"[]"), "START_ARRAY can not be converted to an object");
        assert!(refusal(br#"{"a":1,"a":2}"#).starts_with("an object has two members of one name"));
        assert!(parse(b"{} {}").is_err());
        assert!(parse(b"{\"a\":\"\xff\"}").is_err());
        assert!(parse(b"").is_ok());
    }

    #[test]
    fn depth_is_bounded_and_length_costs_no_more_than_itself() {
        let objects = |levels| [r#"{"a":"#.repeat(levels), "1".into(), "}".repeat(levels)].concat();
        let lists = |levels| {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            format!("{{\"a\":{open}{close}}}")
        };
        for (levels, well) in [(127, true), (128, false), (100_000, false)] {
            assert_eq!(parse(objects(levels).as_bytes()).is_ok(), well, "{levels}");
            assert_eq!(parse(lists(levels).as_bytes()).is_ok(), well, "{levels}");
        }
        // Unbalanced, and as wide as a body may be.
        assert!(parse(&vec![b'['; 1024 * 1024]).is_err());
        assert!(parse(&br#"{"a":"#.repeat(200_000)).is_err());
        let wide = format!("{{\"a\":[{}0]}}", "0,".repeat(500_000));
        let Ok(Node::Object(members)) = parse(wide.as_bytes()) else { panic!() };
        assert!(matches!(&members[0].1, Node::List(list) if list.len() == 500_001));
    }
}
