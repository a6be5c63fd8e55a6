//! What an operation answers: named members, still without a wire format.

use std::borrow::Cow;
use std::collections::BTreeMap;
use strongroom_crypto::SecretBytes;
use strongroom_types::Timestamp;

/// The members of an answer, in the order in which they are written.
#[derive(Default)]
pub struct Reply(pub(crate) Vec<(&'static str, Out)>);

/// A member's value.
pub enum Out {
    /// Text.
    Text(Cow<'static, str>),
    /// Bytes that are not secret: ciphertext.
    Blob(Vec<u8>),
    /// Bytes that are: plaintext.
    Secret(SecretBytes),
    /// Text that is: a secret access key, a session token.
    SecretText(SecretBytes),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// A point in time.
    Time(Timestamp),
    /// A list.
    List(Vec<Out>),
    /// Texts by text.
    Map(BTreeMap<String, String>),
    /// Named members.
    Structure(Reply),
}

impl Reply {
    /// An answer without members.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// Adds a member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Out>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// Adds a member if there is a value.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Out>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> &[(&'static str, Out)] {
        &self.0
    }
}

impl From<String> for Out {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Out {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<bool> for Out {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Out {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Timestamp> for Out {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<SecretBytes> for Out {
    fn from(secret: SecretBytes) -> Self {
        Self::Secret(secret)
    }
}

impl From<Vec<u8>> for Out {
    fn from(blob: Vec<u8>) -> Self {
        Self::Blob(blob)
    }
}

impl From<BTreeMap<String, String>> for Out {
    fn from(pairs: BTreeMap<String, String>) -> Self {
        Self::Map(pairs)
    }
}

impl From<Reply> for Out {
    fn from(members: Reply) -> Self {
        Self::Structure(members)
    }
}

impl FromIterator<Out> for Out {
    fn from_iter<I: IntoIterator<Item = Self>>(members: I) -> Self {
        Self::List(members.into_iter().collect())
    }
}
