//! Resource tags.

/// A tag of a key. The key is 1 to 128, the value 0 to 256 characters.
///
/// Source: AWS KMS API Reference, `Tag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Unique among the tags of one resource; case-sensitive.
    pub key: String,
    /// Any text.
    pub value: String,
}

impl Tag {
    /// The most tags that one key carries.
    pub const MAX_PER_KEY: usize = 50;

    /// Its key and its value.
    #[must_use]
    pub fn pair(&self) -> (&str, &str) {
        (&self.key, &self.value)
    }
}
