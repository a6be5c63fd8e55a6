//! Keys of a given id and of given key material, for the operator of the server: the same keys in
//! every installation, as tests want them. Recorded as an event of the service.

use crate::engine::Engine;
use crate::ledger::{Changes, EncodedRecord};
use crate::slot::{Slot, SlotRange};
use crate::vault::VaultError;
use std::fmt;
use strongroom_crypto::SecretBytes;
use strongroom_keys::{
    AliasRecord, DomainName, Import, KeyMaterial, KeyRecord, MaterialError, MultiRegion,
};
use strongroom_policy::{OperatorTask, Permit, default_key_policy};
use strongroom_types::{AliasArn, AliasName, KeyArn, KeySpec, KeyState, KeyUsage, Origin};

/// A key to be.
pub struct Seed {
    /// Which key; one with a multi-Region id becomes a primary key.
    pub key: KeyArn,
    /// What it is.
    pub spec: KeySpec,
    /// What it is for.
    pub usage: KeyUsage,
    /// Its material, in the form in which it is imported.
    pub material: SecretBytes,
    /// An alias that it shall have.
    pub alias: Option<AliasName>,
}

/// What seeding came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeded {
    /// The key, or its alias, is new.
    New,
    /// All was there as it should be.
    AsBefore,
}

/// Why there is no such key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeedError {
    /// The account does not exist.
    NoAccount,
    /// Keys of the spec take no imported material, or are not made in the Region.
    Spec(KeySpec),
    /// Keys of the spec are not for this.
    Usage(KeyUsage, KeySpec),
    /// The bytes are no key material of the spec.
    Material(KeySpec),
    /// The key is there and is another: of another kind, or of other material.
    OtherKey(KeyArn),
    /// The key is there without its material.
    Incomplete(KeyArn),
    /// The alias is that of another key, or reserved, or one too many.
    Alias(AliasName),
    /// The store failed.
    Failed(VaultError),
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAccount => f.write_str("there is no such account"),
            Self::Spec(spec) => write!(f, "key material of {spec} cannot be imported here"),
            Self::Usage(usage, spec) => write!(f, "keys of {spec} are not for {usage}"),
            Self::Material(spec) => write!(f, "this is no key material of {spec}"),
            Self::OtherKey(key) => {
                write!(f, "{key} exists with another spec, usage or key material")
            }
            Self::Incomplete(key) => {
                write!(f, "{key} exists, and its key material was deleted or has expired")
            }
            Self::Alias(name) => {
                write!(f, "{name} is the alias of another key, reserved, or one too many")
            }
            Self::Failed(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for SeedError {}

impl From<VaultError> for SeedError {
    fn from(error: VaultError) -> Self {
        Self::Failed(error)
    }
}

impl Engine {
    /// Makes the key, unless it is there; then it must be the same.
    ///
    /// # Errors
    /// [`SeedError`]; nothing is changed then.
    pub async fn seed_key(&self, seed: Seed) -> Result<Seeded, SeedError> {
        let arn = seed.key;
        if !self.has_account(arn.account).await? {
            return Err(SeedError::NoAccount);
        }
        if !seed.spec.takes_imports() || !self.settings().offers(seed.spec, arn.region) {
            return Err(SeedError::Spec(seed.spec));
        }
        if !seed.spec.usages().contains(&seed.usage) {
            return Err(SeedError::Usage(seed.usage, seed.spec));
        }
        let permit = Permit::for_operator(OperatorTask::SeedKey, arn);
        let mut changes = Changes::default();
        let alias = seed.alias.clone();
        let before = self.seeded_key(&permit, seed, &mut changes).await?;
        if let Some(name) = alias {
            self.seeded_alias(&arn, before, name, &mut changes).await?;
        }
        if changes.is_empty() {
            return Ok(Seeded::AsBefore);
        }
        let mut event = self.event("kms", "SeedKey", arn.account, arn.region, arn.to_string());
        event.reasons = vec![permit.reason().to_string()];
        let more = i64::from(before.is_none());
        let written = self
            .key_counts()
            .changed(
                (arn.account, arn.region),
                self.ledger().commit(changes, EncodedRecord::of(&event), ()),
                |done| {
                    if done.is_ok() { more } else { 0 }
                },
            )
            .await;
        let failed = |_| VaultError(format!("{arn} could not be recorded"));
        Ok(written.map(|_| Seeded::New).map_err(failed)?)
    }

    /// Stages the key if it is not there. Returns the version that it has if it is.
    async fn seeded_key(
        &self,
        permit: &Permit,
        seed: Seed,
        changes: &mut Changes,
    ) -> Result<Option<u64>, SeedError> {
        let Seed { key: arn, spec, usage, material, .. } = seed;
        let material = KeyMaterial::imported(spec, &arn, material).map_err(|why| match why {
            MaterialError::Form => SeedError::Material(spec),
            MaterialError::Failed => SeedError::Failed(VaultError(why.to_string())),
        })?;
        if let Some(entry) = self.vault().key(&arn).await? {
            let record = &entry.record;
            let kind =
                (record.spec, record.usage, record.origin) == (spec, usage, Origin::External);
            // It may have been rotated since.
            let own = record.material.iter().find(|own| own.id == *material.id().as_bytes());
            let own = own.filter(|_| kind).ok_or(SeedError::OtherKey(arn))?;
            let there = own.is_present_at(self.now());
            return if there { Ok(Some(entry.version)) } else { Err(SeedError::Incomplete(arn)) };
        }
        if !permit.covers_key(&arn) {
            return Err(SeedError::Failed(VaultError(format!("no permit for {arn}"))));
        }
        let domain = self.ledger().domain(DomainName::region(arn.region)).await?;
        let wrapped = material.wrap(&domain, &arn, self.now(), self.vault().entropy());
        let mut wrapped = wrapped.map_err(|why| VaultError(why.to_string()))?;
        wrapped.import = Some(Import::default());
        let family = MultiRegion { primary: arn.region, replicas: Vec::new() };
        let record = KeyRecord {
            account: arn.account,
            region: arn.region,
            id: arn.key,
            created: self.now(),
            description: String::new(),
            state: KeyState::Enabled,
            spec,
            usage,
            origin: Origin::External,
            multi_region: arn.key.is_multi_region().then_some(family),
            deletion: None,
            policy: default_key_policy(arn.account, arn.region.partition()),
            tags: Vec::new(),
            material: vec![wrapped],
            rotation: None,
            store: None,
            transition: None,
            pending_window_days: None,
            grants: None,
            bindings: None,
        };
        changes.put(Slot::key(&arn), None, &record);
        Ok(None)
    }

    /// Stages the alias if it is not there. `before` is the version of the key if it is.
    async fn seeded_alias(
        &self,
        key: &KeyArn,
        before: Option<u64>,
        name: AliasName,
        changes: &mut Changes,
    ) -> Result<(), SeedError> {
        let arn = AliasArn { region: key.region, account: key.account, name };
        if let Some(found) = self.vault().alias(&arn).await? {
            let same = before.is_some() && found.record.target == key.key;
            return if same { Ok(()) } else { Err(SeedError::Alias(arn.name)) };
        }
        let range = SlotRange::aliases_of(key);
        let most = self.settings().quotas.resources.of(key.account).aliases_per_key;
        let held = self.vault().places(&range, None, most).await?;
        if arn.name.is_reserved() || held.len() >= most {
            return Err(SeedError::Alias(arn.name));
        }
        let now = self.now();
        let record = AliasRecord { target: key.key, created: now, updated: now };
        changes.put(Slot::alias_of(key, &arn.name), None, &arn.name.as_str());
        changes.put(Slot::alias(&arn), None, &record);
        Ok(())
    }
}
