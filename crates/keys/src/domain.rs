//! Domain keys: one per Region, and one for what belongs to no Region. They seal records and wrap
//! backing keys, and are themselves wrapped under the root key. Old ones stay readable.

use std::fmt;
use strongroom_crypto::{Entropy, EntropyError, SecretKey};
use strongroom_types::Region;

/// What a domain key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(Option<Region>);

impl DomainName {
    /// The domain of records that belong to no Region: accounts, credentials, the audit trail.
    #[must_use]
    pub const fn global() -> Self {
        Self(None)
    }

    /// The domain of a Region's keys and aliases.
    #[must_use]
    pub const fn region(region: Region) -> Self {
        Self(Some(region))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(region) => f.write_str(region.as_str()),
            None => f.write_str("global"),
        }
    }
}

/// A 256-bit domain key.
pub struct DomainKey {
    name: DomainName,
    number: u32,
    key: SecretKey,
}

impl DomainKey {
    /// The domain key of this number.
    #[must_use]
    pub fn new(name: DomainName, number: u32, key: SecretKey) -> Self {
        Self { name, number, key }
    }

    /// A fresh domain key.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn generate(
        name: DomainName,
        number: u32,
        entropy: &dyn Entropy,
    ) -> Result<Self, EntropyError> {
        Ok(Self { name, number, key: SecretKey::generate(entropy)? })
    }

    /// What it is for.
    #[must_use]
    pub fn name(&self) -> DomainName {
        self.name
    }

    /// Its number among the domain's keys; the greatest one seals.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// A key derived from this one for another purpose, named by `label`.
    ///
    /// # Errors
    /// When AWS-LC fails.
    pub fn derive(
        &self,
        label: &str,
        context: &[u8],
    ) -> Result<SecretKey, strongroom_crypto::kdf::KdfError> {
        strongroom_crypto::kdf::derive(&self.key, label, context)
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.key
    }
}
