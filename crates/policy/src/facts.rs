//! What is known of a request: the values of condition keys and of policy variables.

use std::borrow::Cow;

/// The request, as conditions see it.
///
/// A fact is asked for only when a policy that may apply names it, so an implementation computes
/// it on demand and a policy without conditions costs nothing.
pub trait Facts: Sync {
    /// The value of a condition key, `None` when the request does not have it.
    ///
    /// `key` is in lower case throughout (`aws:principaltag/team`,
    /// `kms:encryptioncontext:purpose`): names of condition keys, those of tags and of
    /// encryption context pairs included, are not case-sensitive.
    fn fact(&self, key: &str) -> Option<Fact<'_>>;
}

/// The value of a condition key, as text. Numbers are written in decimal, times in ISO 8601 or as
/// seconds since the epoch, truth values as `true` and `false`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<'a> {
    /// Of a single-valued key.
    One(Cow<'a, str>),
    /// Of a multi-valued key. An empty list is as good as none.
    Many(Vec<Cow<'a, str>>),
    /// Of a single-valued key that the request has several times, in names that differ only by
    /// case (encryption context pairs, tags). Which of them counts must not be the caller's choice:
    /// a condition of a Deny holds if it holds for any, one of an Allow if it holds for all.
    Ambiguous(Vec<Cow<'a, str>>),
}

impl<'a> Fact<'a> {
    /// The fact of the key or keys, of tags or of an encryption context, that are `name` in lower
    /// case.
    #[must_use]
    pub fn named(pairs: impl Iterator<Item = (&'a str, &'a str)>, name: &str) -> Option<Self> {
        let named = pairs.filter(|(key, _)| is_lower_case_of(name, key));
        Self::single(named.map(|(_, value)| value))
    }

    /// The fact of a single-valued key that was found under these values.
    #[must_use]
    pub fn single(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut values: Vec<Cow<'a, str>> = values.map(Cow::Borrowed).collect();
        match values.len() {
            0 => None,
            1 => values.pop().map(Self::One),
            _ => Some(Self::Ambiguous(values)),
        }
    }
}

/// Whether `name` is `key` in lower case.
fn is_lower_case_of(name: &str, key: &str) -> bool {
    if key.is_ascii() {
        let lower = key.bytes().map(|byte| byte.to_ascii_lowercase());
        return key.len() == name.len() && lower.eq(name.bytes());
    }
    key.to_lowercase() == name
}
