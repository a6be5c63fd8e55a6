//! The root key: the one secret that everything else hangs from. A provider may keep it where it
//! never leaves, so the hierarchy only asks it to wrap and unwrap.

use crate::{DomainKey, DomainName, backup, sealed};
use strongroom_crypto::{Entropy, SecretKey, hash, kdf};

/// Wraps and unwraps domain keys.
pub trait RootKey: Send + Sync {
    /// Identifies the root key without revealing it, so that a store opened with another one is
    /// told apart from an altered store.
    fn fingerprint(&self) -> &str;

    /// Wraps `domain`.
    ///
    /// # Errors
    /// [`RootKeyError`] when the provider fails.
    fn wrap(&self, domain: &DomainKey, entropy: &dyn Entropy) -> Result<Vec<u8>, RootKeyError>;

    /// Unwraps what [`RootKey::wrap`] made for this name and number.
    ///
    /// # Errors
    /// [`RootKeyError`] when it is not authentic or the provider fails.
    fn unwrap(
        &self,
        name: DomainName,
        number: u32,
        wrapped: &[u8],
    ) -> Result<DomainKey, RootKeyError>;

    /// Wraps the key of the backup whose header begins with `header`.
    ///
    /// # Errors
    /// [`RootKeyError`] when the provider fails.
    fn wrap_backup_key(
        &self,
        key: &SecretKey,
        header: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RootKeyError>;

    /// Unwraps what [`RootKey::wrap_backup_key`] made for this header.
    ///
    /// # Errors
    /// [`RootKeyError`] when it is not authentic or the provider fails.
    fn unwrap_backup_key(&self, header: &[u8], wrapped: &[u8]) -> Result<SecretKey, RootKeyError>;
}

/// The root key's provider failed, or what it was given is not its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKeyError(pub String);

impl std::fmt::Display for RootKeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "root key: {}", self.0)
    }
}

impl std::error::Error for RootKeyError {}

/// A root key held in this process: 32 random bytes.
pub struct LocalRootKey {
    key: DomainKey,
    fingerprint: String,
}

impl LocalRootKey {
    /// The root key of the same bytes as `key`, which stays.
    ///
    /// # Errors
    /// [`RootKeyError`] when AWS-LC fails.
    pub fn copy_of(key: &SecretKey) -> Result<Self, RootKeyError> {
        let copy = SecretKey::from_slice(key.expose());
        Self::new(copy.ok_or_else(|| RootKeyError("a root key has 32 bytes".to_owned()))?)
    }

    /// The root key of these bytes.
    ///
    /// # Errors
    /// [`RootKeyError`] when AWS-LC fails.
    pub fn new(key: SecretKey) -> Result<Self, RootKeyError> {
        let failed = |_| RootKeyError("derivation failed".to_owned());
        let public = kdf::derive(&key, "strongroom root fingerprint v1", b"").map_err(failed)?;
        // A one-way image of the key, and 64 bits of that: it identifies and reveals nothing.
        let digest = hash::sha256(public.expose());
        let fingerprint = hash::hex(digest.get(..8).unwrap_or_default());
        Ok(Self { key: DomainKey::new(DomainName::global(), 0, key), fingerprint })
    }
}

impl RootKey for LocalRootKey {
    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn wrap(&self, domain: &DomainKey, entropy: &dyn Entropy) -> Result<Vec<u8>, RootKeyError> {
        let place = place(&domain.name());
        let version = u64::from(domain.number());
        sealed::seal(&self.key, &place, version, domain.key().expose(), entropy)
            .map_err(|e| RootKeyError(e.to_string()))
    }

    fn unwrap(
        &self,
        name: DomainName,
        number: u32,
        wrapped: &[u8],
    ) -> Result<DomainKey, RootKeyError> {
        let plain = sealed::open(&self.key, &place(&name), u64::from(number), wrapped)
            .map_err(|e| RootKeyError(e.to_string()))?;
        let key = SecretKey::from_slice(plain.expose())
            .ok_or_else(|| RootKeyError("a domain key has 32 bytes".to_owned()))?;
        Ok(DomainKey::new(name, number, key))
    }

    fn wrap_backup_key(
        &self,
        key: &SecretKey,
        header: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, RootKeyError> {
        backup::wrap(self.key.key(), key, header, entropy)
    }

    fn unwrap_backup_key(&self, header: &[u8], wrapped: &[u8]) -> Result<SecretKey, RootKeyError> {
        backup::unwrap(self.key.key(), header, wrapped)
    }
}

fn place(name: &DomainName) -> Vec<u8> {
    [b"domain key ", name.to_string().as_bytes()].concat()
}
