//! Materials that serve several messages.
//!
//! Source: AWS Encryption SDK specification, "Caching Cryptographic Materials Manager".

use super::cache::{Cache, Id};
use super::{
    DecryptionMaterials, DecryptionRequest, EncryptionMaterials, EncryptionRequest,
    MaterialsManager,
};
use crate::data_key::EncryptedDataKey;
use crate::error::Error;
use crate::kms::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use strongroom_crypto::hash::sha256;

/// The most messages under one data key: AWS's bound.
const MAX_MESSAGES: u64 = 1 << 32;

/// How long and for how much materials are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// The most entries, for writing and for reading each.
    pub capacity: usize,
    /// How long after it was made an entry is used.
    pub max_age: Duration,
    /// The most messages that are written under one data key, at most 2³².
    pub max_messages: u64,
    /// The most bytes of plaintext that are written under one data key.
    pub max_bytes: u64,
}

/// What tells how much time has passed.
pub trait MonotonicClock: Send + Sync {
    /// Time since a moment that stays the same.
    fn elapsed(&self) -> Duration;
}

/// The system's.
pub struct SystemMonotonicClock(Instant);

impl Default for SystemMonotonicClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port above")]
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl MonotonicClock for SystemMonotonicClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What is asked before cached materials are used: whether their wrapping keys still are.
///
/// In the process of the key service this makes a disabled key stop at once, which a cache else delays
/// until its entries are too old.
pub trait KeyCheck: Send + Sync {
    /// Whether all of `keys` may be used now. Of materials to write with these are all that wrapped the
    /// data key, of materials to read with the one that it came from.
    fn are_usable<'a>(
        &'a self,
        purpose: Purpose,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, bool>;
}

/// What cached materials are about to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Writing a message.
    Encrypt,
    /// Reading one.
    Decrypt,
}

struct Kept<T> {
    materials: T,
    made: Duration,
    messages: u64,
    bytes: u64,
}

/// A manager that keeps what another one gives.
///
/// Materials to write with are kept by suite and context, if the length of the plaintext is known;
/// those to read with by suite, context and encrypted data keys. Those of suites without a key
/// derivation are not kept.
pub struct CachingManager {
    inner: Arc<dyn MaterialsManager>,
    limits: CacheLimits,
    clock: Arc<dyn MonotonicClock>,
    partition: String,
    check: Option<Arc<dyn KeyCheck>>,
    encryption: Mutex<Cache<Kept<EncryptionMaterials>>>,
    decryption: Mutex<Cache<Kept<DecryptionMaterials>>>,
}

impl CachingManager {
    /// Keeps what `inner` gives, within `limits`.
    #[must_use]
    pub fn new(
        inner: Arc<dyn MaterialsManager>,
        limits: CacheLimits,
        clock: Arc<dyn MonotonicClock>,
    ) -> Self {
        let limits = CacheLimits { max_messages: limits.max_messages.min(MAX_MESSAGES), ..limits };
        Self {
            inner,
            limits,
            clock,
            partition: String::new(),
            check: None,
            encryption: Mutex::new(Cache::new(limits.capacity)),
            decryption: Mutex::new(Cache::new(limits.capacity)),
        }
    }

    /// With a name that is part of what entries are for.
    #[must_use]
    pub fn with_partition(mut self, partition: &str) -> Self {
        self.partition = partition.to_owned();
        self
    }

    /// With a check on each hit.
    #[must_use]
    pub fn with_check(mut self, check: Arc<dyn KeyCheck>) -> Self {
        self.check = Some(check);
        self
    }

    async fn encryption(
        &self,
        request: EncryptionRequest<'_>,
    ) -> Result<EncryptionMaterials, Error> {
        let (Some(bytes), true) = (request.plaintext_len, request.suite.derives_keys()) else {
            return self.inner.encryption_materials(request).await;
        };
        let context = request.context.serialize()?;
        let id =
            identity(&[self.partition.as_bytes(), &request.suite.id().to_be_bytes(), &context]);
        if let Some(kept) = self.kept_encryption(&id, bytes) {
            if self.usable(Purpose::Encrypt, &kept.encrypted_data_keys).await {
                return Ok(kept);
            }
            lock(&self.encryption).remove(&id);
        }
        let materials = self.inner.encryption_materials(request).await?;
        if bytes < self.limits.max_bytes && self.limits.max_messages > 1 {
            let made = self.clock.elapsed();
            let kept = Kept { materials: materials.clone(), made, messages: 1, bytes };
            lock(&self.encryption).insert(id, kept);
        }
        Ok(materials)
    }

    /// What is kept and may serve a message of `bytes`, which is counted.
    fn kept_encryption(&self, id: &Id, bytes: u64) -> Option<EncryptionMaterials> {
        let mut cache = lock(&self.encryption);
        let kept = cache.entry(id)?;
        let (messages, bytes) = (kept.messages.saturating_add(1), kept.bytes.saturating_add(bytes));
        let within = messages <= self.limits.max_messages && bytes <= self.limits.max_bytes;
        if !within || self.is_old(kept.made) {
            cache.remove(id);
            return None;
        }
        (kept.messages, kept.bytes) = (messages, bytes);
        Some(kept.materials.clone())
    }

    async fn decryption(&self, request: &DecryptionRequest) -> Result<DecryptionMaterials, Error> {
        if !request.suite.derives_keys() {
            return self.inner.decryption_materials(request).await;
        }
        let id = self.decryption_id(request)?;
        if let Some(kept) = self.kept_decryption(&id) {
            if self.usable(Purpose::Decrypt, std::slice::from_ref(&kept.encrypted)).await {
                return Ok(kept);
            }
            lock(&self.decryption).remove(&id);
        }
        let materials = self.inner.decryption_materials(request).await?;
        let made = self.clock.elapsed();
        let kept = Kept { materials: materials.clone(), made, messages: 0, bytes: 0 };
        lock(&self.decryption).insert(id, kept);
        Ok(materials)
    }

    fn kept_decryption(&self, id: &Id) -> Option<DecryptionMaterials> {
        let mut cache = lock(&self.decryption);
        let kept = cache.entry(id)?;
        if self.is_old(kept.made) {
            cache.remove(id);
            return None;
        }
        Some(kept.materials.clone())
    }

    fn decryption_id(&self, request: &DecryptionRequest) -> Result<Id, Error> {
        let suite = request.suite.id().to_be_bytes();
        let context = request.context.serialize()?;
        let mut parts = vec![self.partition.as_bytes(), &suite, &context];
        for key in &request.encrypted_data_keys {
            parts.extend([key.provider_id.as_bytes(), &key.provider_info, &key.ciphertext]);
        }
        Ok(identity(&parts))
    }

    fn is_old(&self, made: Duration) -> bool {
        self.clock.elapsed().saturating_sub(made) >= self.limits.max_age
    }

    async fn usable(&self, purpose: Purpose, keys: &[EncryptedDataKey]) -> bool {
        match &self.check {
            Some(check) => check.are_usable(purpose, keys).await,
            None => true,
        }
    }
}

/// A digest of all parts, each behind its length.
fn identity(parts: &[&[u8]]) -> Id {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}

/// The cache, whoever has panicked with it: it has no state between its calls.
fn lock<T>(cache: &Mutex<Cache<T>>) -> std::sync::MutexGuard<'_, Cache<T>> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MaterialsManager for CachingManager {
    fn encryption_materials<'a>(
        &'a self,
        request: EncryptionRequest<'a>,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, Error>> {
        Box::pin(self.encryption(request))
    }

    fn decryption_materials<'a>(
        &'a self,
        request: &'a DecryptionRequest,
    ) -> BoxFuture<'a, Result<DecryptionMaterials, Error>> {
        Box::pin(self.decryption(request))
    }
}
