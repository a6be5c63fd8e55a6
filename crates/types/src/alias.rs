//! Alias names: a friendly name of a key, unique in its account and Region.

use std::fmt;

/// A well-formed alias name, the prefix `alias/` included: 1 to 256 characters of
/// `[a-zA-Z0-9/_-]`. The model's pattern also has `:`, which AWS refuses in another step.
///
/// Source: AWS KMS API Reference, `CreateAlias`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasName(Box<str>);

/// Why a text is no alias name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasNameError {
    /// It does not begin with `alias/`.
    Prefix,
    /// Nothing follows the prefix, or a character is not allowed.
    Characters,
}

impl AliasName {
    /// What every alias name begins with.
    pub const PREFIX: &'static str = "alias/";
    /// What the names begin with that AWS reserves for its own keys.
    pub const RESERVED_PREFIX: &'static str = "alias/aws/";
    /// The greatest length, in characters, prefix included.
    pub const MAX_LEN: usize = 256;

    /// Parses `text`.
    ///
    /// # Errors
    /// [`AliasNameError`] with the first rule broken.
    pub fn parse(text: &str) -> Result<Self, AliasNameError> {
        let name = text.strip_prefix(Self::PREFIX).ok_or(AliasNameError::Prefix)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-');
        if name.is_empty() || text.len() > Self::MAX_LEN || !name.bytes().all(allowed) {
            return Err(AliasNameError::Characters);
        }
        Ok(Self(text.into()))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of the form that AWS keeps for its own keys (`alias/aws/…`).
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with(Self::RESERVED_PREFIX)
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
