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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// A manager that keeps what another one gives. What is too old is forgotten with the next message,
/// whichever that is for.
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
        // A message that takes up all of a data key's bytes is not worth an entry, nor the end of one
        // that shorter messages use.
        let bytes = request.plaintext_len.filter(|bytes| *bytes < self.limits.max_bytes);
        let (Some(bytes), true) = (bytes, request.suite.derives_keys()) else {
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
        if self.limits.max_messages > 1 {
            self.keep(&self.encryption, id, materials.clone(), (1, bytes));
        }
        Ok(materials)
    }

    /// What is kept and may serve a message of `bytes`, which is counted.
    fn kept_encryption(&self, id: &Id, bytes: u64) -> Option<EncryptionMaterials> {
        let mut cache = self.fresh(&self.encryption);
        let kept = cache.entry(id)?;
        let (messages, bytes) = (kept.messages.saturating_add(1), kept.bytes.saturating_add(bytes));
        let within = messages <= self.limits.max_messages && bytes <= self.limits.max_bytes;
        if !within {
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
        self.keep(&self.decryption, id, materials.clone(), (0, 0));
        Ok(materials)
    }

    fn kept_decryption(&self, id: &Id) -> Option<DecryptionMaterials> {
        self.fresh(&self.decryption).entry(id).map(|kept| kept.materials.clone())
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

    fn keep<T>(
        &self,
        cache: &Mutex<Cache<Kept<T>>>,
        id: Id,
        materials: T,
        (messages, bytes): (u64, u64),
    ) {
        let mut cache = self.fresh(cache);
        // Told while nobody else inserts, so that entries are in the order of their times.
        let made = self.clock.elapsed();
        cache.insert(id, Kept { materials, made, messages, bytes });
    }

    /// The cache, without what is too old.
    fn fresh<'a, T>(&self, cache: &'a Mutex<Cache<Kept<T>>>) -> MutexGuard<'a, Cache<Kept<T>>> {
        let (now, max_age) = (self.clock.elapsed(), self.limits.max_age);
        let mut cache = lock(cache);
        cache.forget_old(|kept| now.saturating_sub(kept.made) >= max_age);
        cache
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
fn lock<T>(cache: &Mutex<Cache<T>>) -> MutexGuard<'_, Cache<T>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::EncryptionContext;
    use crate::keyring::RawAesKeyring;
    use crate::materials::DefaultManager;
    use crate::suite::Suite;
    use std::pin::pin;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::{Context, Waker};
    use strongroom_crypto::{SecretBytes, SystemEntropy};

    #[derive(Default)]
    struct Hand(AtomicU64);

    impl MonotonicClock for Hand {
        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    #[test]
    fn what_is_too_old_goes_also_if_nobody_asks_for_it() {
        let keyring = RawAesKeyring::new("a", "b", &SecretBytes::zeroed(32)).unwrap();
        let inner = DefaultManager::new(Arc::new(keyring), Arc::new(SystemEntropy));
        let limits = CacheLimits {
            capacity: 10,
            max_age: Duration::from_secs(60),
            max_messages: 10,
            max_bytes: 1000,
        };
        let clock = Arc::new(Hand::default());
        let manager = CachingManager::new(Arc::new(inner), limits, clock.clone());
        let ask = |value: &str| {
            let pairs = [("a".to_owned(), value.to_owned())];
            let context = EncryptionContext::new(pairs.into()).unwrap();
            let suite = Suite::Committed;
            let request = EncryptionRequest { suite, context: &context, plaintext_len: Some(1) };
            let mut asked = pin!(manager.encryption_materials(request));
            assert!(asked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
            lock(&manager.encryption).len()
        };
        assert_eq!((ask("1"), ask("2")), (1, 2));
        clock.0.store(60, Ordering::Relaxed);
        assert_eq!(ask("3"), 1);
    }
}
