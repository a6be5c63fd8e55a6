//! Reading sealed records, and the caches in front of them.
//!
//! **Invariant:** what a cache holds was read from the store after the last commit that touched
//! it; a committed change is forgotten by the caches before its reply leaves.

mod entities;
mod grants;

use crate::credential::{AccountRecord, CredentialRecord};
use crate::identity::bindings::bound;
use crate::meters::{CacheName, Lookups};
use crate::ports::{Batch, CommitError, Store, StoreError, Versioned};
use crate::slot::{Slot, SlotRange, Subject, bare};
use crate::turn::{IN_A_ROW, turn};
use grants::GrantCaches;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use strongroom_crypto::{Entropy, SecretBytes};
use strongroom_keys::{
    AliasRecord, BackingKey, DomainFloorRecord, DomainKey, DomainName, KeyMaterial, KeyRecord,
    KeyStoreRecord, MaterialRecord, RecordError, RootKey, codec,
};
use strongroom_policy::Policy;
use strongroom_types::{AccountId, AliasArn, KeyArn, KeySpec, Region};

pub(crate) use entities::{ControlLevel, IdentityEntry, PolicyEntry};

/// A key as the pipeline works with it.
pub struct KeyEntry {
    /// The stored record.
    pub record: KeyRecord,
    /// The version it was read at.
    pub version: u64,
    /// Its policy, compiled.
    pub policy: Policy,
    opened: OnceLock<Vec<BackingKey>>,
}

/// What a cached key weighs: about the bytes it takes.
#[derive(Clone)]
struct KeyWeight;

impl Weighter<KeyArn, Arc<KeyEntry>> for KeyWeight {
    fn weight(&self, _: &KeyArn, entry: &Arc<KeyEntry>) -> u64 {
        let record = &entry.record;
        let tags: usize = record.tags.iter().map(|tag| tag.key.len() + tag.value.len()).sum();
        // A compiled policy takes about four times its text.
        let text = record.policy.len() * 5 + record.description.len() + tags;
        let text = u64::try_from(text).unwrap_or(u64::MAX / 4);
        let materials = u64::try_from(record.material.len()).unwrap_or(u64::MAX / (1 << 20));
        1024 + text + materials * material_weight(record.spec)
    }
}

/// About the bytes that one opened backing key takes, with what its library prepares for later
/// uses: an ML-DSA key that has signed a representative keeps its expanded matrix.
const fn material_weight(spec: KeySpec) -> u64 {
    match spec {
        KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => 192 << 10,
        KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => 16 << 10,
        KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => 12 << 10,
        KeySpec::SymmetricDefault => 256,
        _ => 2 << 10,
    }
}

/// A record with the version it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read<T> {
    /// The record.
    pub record: T,
    /// Its version.
    pub version: u64,
}

/// Why a record could not be had. The text is for the log; callers see an internal failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultError(pub String);

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VaultError {}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// How many entries the caches hold.
#[derive(Debug, Clone, Copy)]
pub struct CacheSizes {
    /// About how many keys.
    pub keys: usize,
    /// The most bytes that keys take, with their policies, text and compiled.
    pub key_bytes: u64,
    /// Aliases.
    pub aliases: usize,
    /// Credentials.
    pub credentials: usize,
    /// Grantees, of each key, and for each of them 1 KiB of the grants that they have been found to
    /// have.
    pub grants: usize,
    /// About how many users, groups, roles and managed policies.
    pub entities: usize,
    /// The most bytes that these take, with their policies, text and compiled.
    pub entity_bytes: u64,
}

impl Default for CacheSizes {
    fn default() -> Self {
        Self {
            keys: 50_000,
            key_bytes: 256 << 20,
            aliases: 50_000,
            credentials: 10_000,
            grants: 50_000,
            entities: 20_000,
            entity_bytes: 128 << 20,
        }
    }
}

/// Number of a domain's first key.
const FIRST: u32 = 1;
/// Domain keys looked at in one step. There are as many as rotations whose old keys are still needed.
const DOMAIN_PAGE: usize = 100;

/// Opens sealed records.
pub struct Vault {
    store: Arc<dyn Store>,
    root: RwLock<Arc<dyn RootKey>>,
    entropy: Arc<dyn Entropy>,
    domains: RwLock<HashMap<(DomainName, u32), Arc<DomainKey>>>,
    /// Number of the key that seals, of each domain that was asked for.
    numbers: RwLock<HashMap<DomainName, u32>>,
    /// The least number that is good, of domains whose keys before it are destroyed.
    floors: RwLock<HashMap<String, u32>>,
    epoch: RwLock<u64>,
    keys: Cache<KeyArn, Arc<KeyEntry>, KeyWeight>,
    aliases: Cache<AliasArn, Arc<Read<AliasRecord>>>,
    credentials: Cache<String, Arc<Read<CredentialRecord>>>,
    grants: GrantCaches,
    entities: Cache<String, entities::Entity, entities::EntityWeight>,
    lookups: Lookups,
}

impl Vault {
    /// A vault over `store`.
    pub fn new(
        store: Arc<dyn Store>,
        root: Arc<dyn RootKey>,
        entropy: Arc<dyn Entropy>,
        sizes: CacheSizes,
    ) -> Self {
        Self {
            store,
            root: RwLock::new(root),
            entropy,
            domains: RwLock::new(HashMap::new()),
            numbers: RwLock::new(HashMap::new()),
            floors: RwLock::new(HashMap::new()),
            epoch: RwLock::new(0),
            keys: Cache::with_weighter(sizes.keys, sizes.key_bytes, KeyWeight),
            aliases: Cache::new(sizes.aliases),
            credentials: Cache::new(sizes.credentials),
            grants: GrantCaches::new(sizes.grants),
            entities: Cache::with_weighter(
                sizes.entities,
                sizes.entity_bytes,
                entities::EntityWeight,
            ),
            lookups: Lookups::default(),
        }
    }

    /// The entropy port.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    /// The entropy port, to be taken along to another thread.
    pub(crate) fn entropy_port(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.entropy)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The root key.
    pub(crate) fn root(&self) -> Arc<dyn RootKey> {
        Arc::clone(&self.root.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on with another root key, and with these numbers of domain keys: the store has come so far.
    pub(crate) fn follow_root(&self, root: Arc<dyn RootKey>, keys: &[Arc<DomainKey>]) {
        self.expect_domains(keys);
        *self.root.write().unwrap_or_else(PoisonError::into_inner) = root;
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.extend(keys.iter().map(|key| (key.name(), key.number())));
    }

    /// Keys that the store is about to get are known, so that nobody reads one of them before the
    /// root key that unwraps it is in force.
    pub(crate) fn expect_domains(&self, keys: &[Arc<DomainKey>]) {
        let mut known = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(keys.iter().map(|key| ((key.name(), key.number()), Arc::clone(key))));
    }

    /// The store has not got these keys.
    pub(crate) fn forget_domains(&self, keys: &[Arc<DomainKey>]) {
        let mut known = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        keys.iter().for_each(|key| drop(known.remove(&(key.name(), key.number()))));
    }

    /// Domain keys below these numbers are destroyed: they are known no more, whoever puts one back.
    pub(crate) fn raise_floors(&self, record: &DomainFloorRecord) {
        let mut floors = self.floors.write().unwrap_or_else(PoisonError::into_inner);
        floors.extend(record.least.iter().cloned());
        let mut known = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(name, number), _| {
            floors.get(&name.to_string()).is_none_or(|least| number >= least)
        });
    }

    /// Whether the domain's key of this number is destroyed.
    pub(crate) fn is_destroyed(&self, name: DomainName, number: u32) -> bool {
        let floors = self.floors.read().unwrap_or_else(PoisonError::into_inner);
        !floors.is_empty() && floors.get(&name.to_string()).is_some_and(|least| number < *least)
    }

    /// What is counted of look-ups in caches.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// How many entries a cache of the vault's has; those of others are not known here.
    pub(crate) fn entries(&self, cache: CacheName) -> usize {
        match cache {
            CacheName::Keys => self.keys.len(),
            CacheName::Aliases => self.aliases.len(),
            CacheName::Credentials => self.credentials.len(),
            CacheName::Grantees => self.grants.grantees(),
            CacheName::Entities => self.entities.len(),
            CacheName::SigningKeys | CacheName::Sessions => 0,
        }
    }

    /// The key at `arn`, from the cache if it is there.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails or the record is not authentic.
    pub async fn key(&self, arn: &KeyArn) -> Result<Option<Arc<KeyEntry>>, VaultError> {
        if let Some(entry) = self.lookups.seen(CacheName::Keys, self.keys.get(arn)) {
            return Ok(Some(entry));
        }
        Box::pin(self.stored_key(arn)).await
    }

    /// The key at `arn`, as it is stored. Apart, so that the futures of those who find it in the cache
    /// are small.
    async fn stored_key(&self, arn: &KeyArn) -> Result<Option<Arc<KeyEntry>>, VaultError> {
        let epoch = self.epoch();
        let Some(read) = self.read::<KeyRecord>(&Slot::key(arn)).await? else { return Ok(None) };
        let entry = Arc::new(KeyEntry::new(read)?);
        self.fill(&self.keys, *arn, entry.clone(), epoch);
        Ok(Some(entry))
    }

    /// The alias at `arn`, from the cache if it is there.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn alias(
        &self,
        arn: &AliasArn,
    ) -> Result<Option<Arc<Read<AliasRecord>>>, VaultError> {
        if let Some(entry) = self.lookups.seen(CacheName::Aliases, self.aliases.get(arn)) {
            return Ok(Some(entry));
        }
        let epoch = self.epoch();
        let Some(read) = Box::pin(self.read(&Slot::alias(arn))).await?.map(Arc::new) else {
            return Ok(None);
        };
        self.fill(&self.aliases, arn.clone(), read.clone(), epoch);
        Ok(Some(read))
    }

    /// The credential of `access_key`, from the cache if it is there.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn credential(
        &self,
        access_key: &str,
    ) -> Result<Option<Arc<Read<CredentialRecord>>>, VaultError> {
        let known = self.credentials.get(access_key);
        if let Some(entry) = self.lookups.seen(CacheName::Credentials, known) {
            return Ok(Some(entry));
        }
        let Some(slot) = Slot::credential(access_key) else { return Ok(None) };
        let epoch = self.epoch();
        let Some(read) = Box::pin(self.read(&slot)).await?.map(Arc::new) else { return Ok(None) };
        self.fill(&self.credentials, access_key.to_owned(), read.clone(), epoch);
        Ok(Some(read))
    }

    /// The custom key store `id`. It is not cached: whoever uses a key in one waits for a network or
    /// an HSM anyway.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn key_store(
        &self,
        account: AccountId,
        region: Region,
        id: &str,
    ) -> Result<Option<Read<KeyStoreRecord>>, VaultError> {
        match Slot::key_store(account, region, id) {
            Some(slot) => Box::pin(self.read(&slot)).await,
            None => Ok(None),
        }
    }

    /// The account, past all caches.
    ///
    /// # Errors
    /// [`VaultError`] when the store fails.
    pub(crate) async fn account(
        &self,
        account: AccountId,
    ) -> Result<Option<AccountRecord>, VaultError> {
        let found = self.read::<AccountRecord>(&Slot::account(account)).await?;
        Ok(found.map(|read| read.record))
    }

    /// Whether there is such an account.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn has_account(&self, account: AccountId) -> Result<bool, VaultError> {
        Ok(self.read::<AccountRecord>(&Slot::account(account)).await?.is_some())
    }

    fn epoch(&self) -> u64 {
        *self.epoch.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts what was read into a cache, unless a commit has passed since `epoch`. Nothing can pass
    /// between the look and the insertion: [`Vault::forget`] holds the same lock.
    fn fill<K, V, W>(&self, cache: &Cache<K, V, W>, key: K, value: V, epoch: u64)
    where
        K: Hash + Eq + Clone,
        V: Clone,
        W: Weighter<K, V> + Clone,
    {
        let now = self.epoch.read().unwrap_or_else(PoisonError::into_inner);
        if *now == epoch {
            cache.insert(key, value);
        }
    }

    /// Forgets what a commit has changed. When it returns, no cache holds it or will.
    pub(crate) fn forget<'a>(&self, subjects: impl Iterator<Item = &'a Subject>) {
        let mut epoch = self.epoch.write().unwrap_or_else(PoisonError::into_inner);
        *epoch += 1;
        for subject in subjects {
            match subject {
                Subject::Key(arn) => drop(self.keys.remove(arn)),
                Subject::Alias(arn) => drop(self.aliases.remove(arn)),
                Subject::Credential(id) => drop(self.credentials.remove(id.as_str())),
                Subject::Grantee(key, party) => self.grants.forget(key, party),
                Subject::Entity(place) => drop(self.entities.remove(place.as_str())),
                Subject::Other => {}
            }
        }
    }

    /// The record at `slot`, past the caches.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn read<T>(&self, slot: &Slot) -> Result<Option<Read<T>>, VaultError>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let Some(found) = self.store.read(slot.bytes()).await? else { return Ok(None) };
        let record = self.decode(slot.bytes(), slot.domain(), &found).await?;
        Ok(Some(Read { record, version: found.version }))
    }

    /// At most `limit` records of `range` after the store key `after`, with their store keys.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn scan<T>(
        &self,
        range: &SlotRange,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, T)>, VaultError>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let from = range.from(after);
        let entries = self.store.scan(&from, &range.end(), limit).await?;
        let mut records = Vec::with_capacity(entries.len());
        for entry in entries {
            let record = self.decode(&entry.key, range.domain(), &entry.found).await?;
            records.push((entry.key, record));
            if records.len().is_multiple_of(IN_A_ROW) {
                turn().await;
            }
        }
        Ok(records)
    }

    /// At most `limit` store keys of `range` after the store key `after`; records are not opened.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn places(
        &self,
        range: &SlotRange,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Vec<u8>>, VaultError> {
        let from = range.from(after);
        let entries = self.store.scan(&from, &range.end(), limit).await?;
        Ok(entries.into_iter().map(|entry| entry.key).collect())
    }

    /// The record in `found`, which is at `place`.
    pub(crate) async fn decode<T>(
        &self,
        place: &[u8],
        domain: DomainName,
        found: &Versioned,
    ) -> Result<T, VaultError>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let damaged = |why: &dyn fmt::Display| {
            VaultError(format!("record {}: {why}", String::from_utf8_lossy(place)))
        };
        let plain = self.unseal(place, domain, found).await.map_err(|why| damaged(&why))?;
        codec::decode(plain.expose()).map_err(|why| damaged(&why))
    }

    pub(crate) async fn unseal(
        &self,
        place: &[u8],
        domain: DomainName,
        found: &Versioned,
    ) -> Result<SecretBytes, VaultError> {
        let failed = |why: RecordError| VaultError(why.to_string());
        let number = strongroom_keys::domain_number(&found.value).map_err(failed)?;
        let key = self.numbered(domain, number).await?;
        strongroom_keys::open(&key, place, found.version, &found.value).map_err(failed)
    }

    /// Seals `plain` for `slot` at `version` under the current key of its domain.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn seal(
        &self,
        slot: &Slot,
        version: u64,
        plain: &[u8],
    ) -> Result<Versioned, VaultError> {
        let name = slot.domain();
        let domain = self.current(name).await?;
        let domain = domain.ok_or_else(|| VaultError(format!("{name} has no domain key")))?;
        let value = strongroom_keys::seal(&domain, slot.bytes(), version, plain, &*self.entropy)
            .map_err(|why| VaultError(why.to_string()))?;
        Ok(Versioned { version, value })
    }

    /// The domain key `number` of `name`.
    pub(crate) async fn numbered(
        &self,
        name: DomainName,
        number: u32,
    ) -> Result<Arc<DomainKey>, VaultError> {
        let found = self.numbered_if_any(name, number).await?;
        found.ok_or_else(|| VaultError(format!("domain key {number} of {name} is missing")))
    }

    /// The same, for a number that somebody else brings.
    pub(crate) async fn numbered_if_any(
        &self,
        name: DomainName,
        number: u32,
    ) -> Result<Option<Arc<DomainKey>>, VaultError> {
        if let Some(key) = self.known(name, number) {
            return Ok(Some(key));
        }
        if self.is_destroyed(name, number) {
            return Ok(None);
        }
        let found = self.store.read(&bare::domain(name, number)).await?;
        found.map(|found| self.learn(name, number, &found.value)).transpose()
    }

    fn known(&self, name: DomainName, number: u32) -> Option<Arc<DomainKey>> {
        let known = self.domains.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&(name, number)).cloned()
    }

    fn learn(
        &self,
        name: DomainName,
        number: u32,
        wrapped: &[u8],
    ) -> Result<Arc<DomainKey>, VaultError> {
        let key = self.root().unwrap(name, number, wrapped);
        let key = Arc::new(key.map_err(|why| VaultError(format!("domain key of {name}: {why}")))?);
        // It may have been destroyed since it was read.
        if self.is_destroyed(name, number) {
            return Err(VaultError(format!("domain key {number} of {name} is destroyed")));
        }
        let mut known = self.domains.write().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry((name, number)).or_insert(key).clone())
    }

    /// The domain key that seals for `name` now; `None` before the domain's first use.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn current(
        &self,
        name: DomainName,
    ) -> Result<Option<Arc<DomainKey>>, VaultError> {
        let number = {
            let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
            numbers.get(&name).copied()
        };
        if let Some(number) = number {
            return self.numbered(name, number).await.map(Some);
        }
        let Some((number, wrapped)) = self.newest_domain(name).await? else { return Ok(None) };
        let key = match self.known(name, number) {
            Some(key) => key,
            None => self.learn(name, number, &wrapped)?,
        };
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        // A rotation may have come in between.
        let newest = numbers.entry(name).or_insert(number);
        *newest = number.max(*newest);
        Ok(Some(key))
    }

    /// The domain key of the greatest number that the store has for `name`, wrapped.
    async fn newest_domain(&self, name: DomainName) -> Result<Option<(u32, Vec<u8>)>, VaultError> {
        let (mut newest, to) = (None, bare::domain(name, u32::MAX));
        let mut from = bare::domain(name, 0);
        loop {
            let page = self.store.scan(&from, &to, DOMAIN_PAGE).await?;
            let is_last = page.len() < DOMAIN_PAGE;
            if let Some(entry) = page.into_iter().last() {
                let number = bare::domain_of(&entry.key).map(|(_, number)| number);
                let number = number.ok_or_else(|| {
                    VaultError(format!("{name} has a domain key without a number"))
                })?;
                from = [entry.key.as_slice(), &[0]].concat();
                newest = Some((number, entry.found.value));
            }
            if is_last {
                return Ok(newest);
            }
        }
    }

    /// The global domain's key, which the first start makes.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn global(&self) -> Result<Arc<DomainKey>, VaultError> {
        let name = DomainName::global();
        if let Some(key) = self.current(name).await? {
            return Ok(key);
        }
        let (place, value) = self.fresh_domain(name)?;
        let batch = Batch {
            expect: vec![(place.clone(), None)],
            put: vec![(place, Versioned { version: 1, value })],
            delete: Vec::new(),
        };
        match self.store.commit(&batch).await {
            Ok(()) => self.numbered(name, FIRST).await,
            Err(CommitError::Conflict) => Err(VaultError("another server uses the store".into())),
            Err(CommitError::Failed(why)) => Err(why.into()),
        }
    }

    /// A first key for `name`, wrapped, and the place where it goes.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) fn fresh_domain(&self, name: DomainName) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        let failed = |why: &dyn fmt::Display| VaultError(format!("domain key of {name}: {why}"));
        let key = DomainKey::generate(name, FIRST, &*self.entropy).map_err(|e| failed(&e))?;
        let wrapped = self.root().wrap(&key, &*self.entropy).map_err(|e| failed(&e))?;
        Ok((bare::domain(name, FIRST), wrapped))
    }

    /// The backing keys of `entry` that are there, oldest first, unwrapped and parsed once.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn backing_keys<'e>(
        &self,
        entry: &'e KeyEntry,
    ) -> Result<&'e [BackingKey], VaultError> {
        if let Some(keys) = entry.opened.get() {
            return Ok(keys);
        }
        let failed =
            |why: RecordError| VaultError(format!("key material of {}: {why}", entry.record.arn()));
        let spec = entry.record.spec;
        let mut keys = Vec::with_capacity(entry.record.material.len());
        for record in entry.record.material.iter().filter(|record| !record.wrapped.is_empty()) {
            let material = self.material(&entry.record.arn(), record).await?;
            keys.push(BackingKey::new(spec, &material).map_err(failed)?);
        }
        Ok(entry.opened.get_or_init(|| keys))
    }

    /// The key material that `record` holds for `arn`.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn material(
        &self,
        arn: &KeyArn,
        record: &MaterialRecord,
    ) -> Result<KeyMaterial, VaultError> {
        let failed = |why: RecordError| VaultError(format!("key material of {arn}: {why}"));
        let number = strongroom_keys::domain_number(&record.wrapped).map_err(failed)?;
        let domain = self.numbered(DomainName::region(arn.region), number).await?;
        KeyMaterial::unwrap(&domain, arn, record).map_err(failed)
    }
}

impl KeyEntry {
    fn new(read: Read<KeyRecord>) -> Result<Self, VaultError> {
        let Read { record, version } = read;
        let policy = Policy::key_policy(&record.policy)
            .map_err(|why| VaultError(format!("stored policy of {}: {why}", record.arn())))?;
        let policy = bound(policy, record.bindings.as_deref().unwrap_or_default());
        Ok(Self { record, version, policy, opened: OnceLock::new() })
    }

    /// The backing keys, if [`Vault::backing_keys`] has been asked for them.
    pub(crate) fn opened(&self) -> &[BackingKey] {
        self.opened.get().map_or(&[], Vec::as_slice)
    }
}
