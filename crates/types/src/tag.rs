//! Resource tags.

/// A tag of a key. The key is 1 to 128, the value 0 to 256 characters.
///
/// Source: AWS KMS API Reference, `Tag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Unique among the tags of one resource: in KMS as it is written, in IAM by [`Tag::same_key`].
    pub key: String,
    /// Any text.
    pub value: String,
}

impl Tag {
    /// The most tags that one key carries.
    pub const MAX_PER_KEY: usize = 50;

    /// Whether two keys of tags are one in IAM and STS, where case does not tell them apart. In KMS
    /// it does.
    ///
    /// It is the rule by which conditions find a tag, so that what they see is what is there: lower
    /// case as Unicode has it, whatever the language.
    ///
    /// Source: IAM User Guide, "Rules for tagging in IAM and AWS STS".
    #[must_use]
    pub fn same_key(one: &str, other: &str) -> bool {
        one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
    }

    /// Whether keys and values of tags in IAM and STS may have this character: letters and numbers of
    /// every script, separators (white space without controls), and some signs.
    ///
    /// Source: STS API Reference, `Tag`: `[\p{L}\p{Z}\p{N}_.:/=+\-@]`.
    #[must_use]
    pub fn allows(c: char) -> bool {
        c.is_alphabetic()
            || c.is_numeric()
            || (c.is_whitespace() && !c.is_control())
            || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
    }

    /// Its key and its value.
    #[must_use]
    pub fn pair(&self) -> (&str, &str) {
        (&self.key, &self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_one_whatever_their_case() {
        assert!(Tag::same_key("Team", "tEAM") && Tag::same_key("Équipe", "éQUIPE"));
        assert!(!Tag::same_key("Team", "Teams") && !Tag::same_key("é", "e"));
    }
}
