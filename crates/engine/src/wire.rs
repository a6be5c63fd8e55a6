//! A request's input as its protocol delivers it, before anybody has looked at what it means.

use std::borrow::Cow;

/// A value on the wire. Members of an object keep their order; names are unique, or the protocol
/// has refused the body.
#[derive(PartialEq)]
pub enum Node<'a> {
    /// Nothing: a member that is null counts as absent.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent, or beyond 64 bits.
    Number(f64),
    /// Text; where the protocol allows, a part of the request's body and no copy.
    Text(Cow<'a, str>),
    /// Text of which only the shape says what it is: forms know no types.
    Untyped(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// Named members.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    /// An input without members.
    #[must_use]
    pub const fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// What it is, in the words of AWS's deserialiser.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL_VALUE",
            Self::Boolean(true) => "TRUE_VALUE",
            Self::Boolean(false) => "FALSE_VALUE",
            Self::Integer(_) => "NUMBER_VALUE",
            Self::Number(_) => "DECIMAL_VALUE",
            Self::Text(_) | Self::Untyped(_) => "STRING_VALUE",
            Self::List(_) => "START_ARRAY",
            Self::Object(_) => "START_OBJECT",
        }
    }
}

/// The body does not parse; the text says why and shows nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed(pub String);
