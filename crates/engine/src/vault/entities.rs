//! Users, groups, roles, managed policies, service control policies and identity providers: compiled
//! once, cached, and forgotten with the commit that changes them.

use super::{Read, Vault, VaultError};
use crate::identity::aws_managed;
use crate::meters::CacheName;
use crate::slot::{Slot, Subject};
use quick_cache::Weighter;
use std::sync::Arc;
use strongroom_keys::identity::{
    ControlRecord, IdentityRecord, ManagedPolicyRecord, ProviderRecord,
};
use strongroom_policy::Policy;
use strongroom_types::{AccountId, EntityReference, IdentityKind};

/// How often a group may be renamed while it is looked up.
const RENAMINGS: usize = 8;

/// A user, group or role as it is asked.
pub(crate) struct IdentityEntry {
    pub(crate) record: IdentityRecord,
    pub(crate) version: u64,
    /// Its inline policies, compiled, in the order of the record.
    pub(crate) inline: Vec<Arc<Policy>>,
    /// The trust policy of a role, compiled and bound.
    pub(crate) trust: Option<Policy>,
}

/// A managed policy as it is asked.
pub(crate) struct PolicyEntry {
    pub(crate) record: ManagedPolicyRecord,
    pub(crate) version: u64,
    /// The version that holds, compiled.
    pub(crate) policy: Arc<Policy>,
}

/// The service control policies of a level, compiled: one of them must allow.
#[derive(Default)]
pub(crate) struct ControlLevel {
    pub(crate) record: ControlRecord,
    pub(crate) version: Option<u64>,
    pub(crate) policies: Vec<Arc<Policy>>,
}

/// What the cache of entities holds; a level of control also when it has no record.
#[derive(Clone)]
pub(super) enum Entity {
    Identity(Arc<IdentityEntry>),
    Policy(Arc<PolicyEntry>),
    Control(Arc<ControlLevel>),
    Provider(Arc<Read<ProviderRecord>>),
    GroupName(Arc<str>),
}

/// About the bytes that an entity takes: a compiled policy has about four times its text.
#[derive(Clone)]
pub(super) struct EntityWeight;

impl Weighter<String, Entity> for EntityWeight {
    fn weight(&self, _: &String, entity: &Entity) -> u64 {
        let text = match entity {
            Entity::Identity(entry) => {
                let inline: usize = entry.record.inline.iter().map(|p| p.document.len()).sum();
                inline + entry.record.role.as_ref().map_or(0, |role| role.trust.len())
            }
            Entity::Policy(entry) => {
                entry.record.versions.iter().map(|version| version.document.len()).sum()
            }
            Entity::Control(level) => level.record.policies.iter().map(|(_, p)| p.len()).sum(),
            Entity::GroupName(name) => name.len(),
            Entity::Provider(read) => read.record.clients.iter().map(|id| id.len() + 24).sum(),
        };
        1024 + 5 * u64::try_from(text).unwrap_or(u64::MAX / 8)
    }
}

impl Vault {
    /// What the cache has of an entity.
    fn known_entity(&self, place: &str) -> Option<Entity> {
        self.lookups().seen(CacheName::Entities, self.entities.get(place))
    }

    /// The user, group or role of this name, whatever its case.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn identity(
        &self,
        account: AccountId,
        kind: IdentityKind,
        name: &str,
    ) -> Result<Option<Arc<IdentityEntry>>, VaultError> {
        let slot = Slot::identity(account, kind, name);
        let Subject::Entity(place) = slot.subject() else { return Ok(None) };
        if let Some(Entity::Identity(entry)) = self.known_entity(place) {
            return Ok(Some(entry));
        }
        let epoch = self.epoch();
        let Some(read) = Box::pin(self.read::<IdentityRecord>(&slot)).await? else {
            return Ok(None);
        };
        let entry = Arc::new(IdentityEntry::new(read)?);
        self.fill(&self.entities, place.clone(), Entity::Identity(entry.clone()), epoch);
        Ok(Some(entry))
    }

    /// The group with this unique id.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn group(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<Option<Arc<IdentityEntry>>, VaultError> {
        let mut name = self.group_name(account, id).await?;
        for _ in 0..RENAMINGS {
            let Some(known) = &name else { return Ok(None) };
            let found = self.identity(account, IdentityKind::Group, known).await?;
            if let Some(entry) = found.filter(|entry| entry.record.id == id) {
                return Ok(Some(entry));
            }
            // It was renamed between the two looks: the store knows, the cache perhaps not yet.
            let read = Box::pin(self.read::<String>(&Slot::group_name(account, id))).await?;
            name = read.map(|read| read.record.into());
        }
        Err(VaultError(format!("group {id} is not where its name says")))
    }

    async fn group_name(
        &self,
        account: AccountId,
        id: &str,
    ) -> Result<Option<Arc<str>>, VaultError> {
        let slot = Slot::group_name(account, id);
        let Subject::Entity(place) = slot.subject() else { return Ok(None) };
        if let Some(Entity::GroupName(name)) = self.known_entity(place) {
            return Ok(Some(name));
        }
        let epoch = self.epoch();
        let Some(read) = Box::pin(self.read::<String>(&slot)).await? else { return Ok(None) };
        let name: Arc<str> = read.record.into();
        self.fill(&self.entities, place.clone(), Entity::GroupName(name.clone()), epoch);
        Ok(Some(name))
    }

    /// The account's managed policy of this name, whatever its case.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn managed_policy(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Option<Arc<PolicyEntry>>, VaultError> {
        let slot = Slot::managed_policy(account, name);
        let Subject::Entity(place) = slot.subject() else { return Ok(None) };
        if let Some(Entity::Policy(entry)) = self.known_entity(place) {
            return Ok(Some(entry));
        }
        let epoch = self.epoch();
        let Some(read) = Box::pin(self.read::<ManagedPolicyRecord>(&slot)).await? else {
            return Ok(None);
        };
        let entry = Arc::new(PolicyEntry::new(read)?);
        self.fill(&self.entities, place.clone(), Entity::Policy(entry.clone()), epoch);
        Ok(Some(entry))
    }

    /// What the managed policy at `arn` says: one of the account's, or of AWS's own.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn policy_at(
        &self,
        account: AccountId,
        arn: &str,
    ) -> Result<Option<Arc<Policy>>, VaultError> {
        let Some(reference) = EntityReference::parse(arn) else { return Ok(None) };
        if reference.kind != "policy" {
            return Ok(None);
        }
        match reference.account {
            None => Ok(aws_managed::find(&reference).map(|policy| policy.compiled())),
            Some(owner) if owner == account => {
                let found = self.managed_policy(account, reference.name).await?;
                let found = found.filter(|entry| entry.is_at(&reference));
                Ok(found.map(|entry| entry.policy.clone()))
            }
            Some(_) => Ok(None),
        }
    }

    /// The account's identity provider at `url`, without its scheme.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn provider(
        &self,
        account: AccountId,
        url: &str,
    ) -> Result<Option<Arc<Read<ProviderRecord>>>, VaultError> {
        let slot = Slot::provider(account, url);
        let Subject::Entity(place) = slot.subject() else { return Ok(None) };
        if let Some(Entity::Provider(read)) = self.known_entity(place) {
            return Ok(Some(read));
        }
        let epoch = self.epoch();
        let Some(read) = Box::pin(self.read::<ProviderRecord>(&slot)).await?.map(Arc::new) else {
            return Ok(None);
        };
        self.fill(&self.entities, place.clone(), Entity::Provider(read.clone()), epoch);
        Ok(Some(read))
    }

    /// The service control policies of an account, or of all.
    ///
    /// # Errors
    /// [`VaultError`].
    pub(crate) async fn controls(
        &self,
        account: Option<AccountId>,
    ) -> Result<Arc<ControlLevel>, VaultError> {
        let place = Slot::controls_place(account);
        if let Some(Entity::Control(level)) = self.known_entity(place.as_str()) {
            return Ok(level);
        }
        let slot = Slot::controls(account);
        let Subject::Entity(place) = slot.subject() else { return Ok(Arc::default()) };
        let epoch = self.epoch();
        let level = match Box::pin(self.read::<ControlRecord>(&slot)).await? {
            Some(read) => Arc::new(ControlLevel::new(read)?),
            None => Arc::default(),
        };
        self.fill(&self.entities, place.clone(), Entity::Control(level.clone()), epoch);
        Ok(level)
    }
}

fn stored(what: &str, why: &dyn std::fmt::Display) -> VaultError {
    VaultError(format!("stored policy of {what}: {why}"))
}

impl IdentityEntry {
    fn new(read: Read<IdentityRecord>) -> Result<Self, VaultError> {
        let Read { record, version } = read;
        let compile = |text: &str| {
            Policy::identity_policy(text).map(Arc::new).map_err(|why| stored(&record.id, &why))
        };
        let inline: Result<_, _> = record.inline.iter().map(|p| compile(&p.document)).collect();
        let trust = record.role.as_ref().map(|role| {
            let policy = Policy::trust_policy(&role.trust);
            policy.map(|policy| crate::identity::bindings::bound(policy, &role.bindings))
        });
        let trust = trust.transpose().map_err(|why| stored(&record.id, &why))?;
        Ok(Self { inline: inline?, trust, record, version })
    }
}

impl PolicyEntry {
    fn new(read: Read<ManagedPolicyRecord>) -> Result<Self, VaultError> {
        let Read { record, version } = read;
        let document = record.version(record.default).map(|version| version.document.as_str());
        let policy = Policy::identity_policy(document.unwrap_or_default())
            .map_err(|why| stored(&record.id, &why))?;
        Ok(Self { policy: Arc::new(policy), record, version })
    }

    /// Whether it is where `reference` says.
    pub(crate) fn is_at(&self, reference: &EntityReference<'_>) -> bool {
        self.record.path == reference.path && self.record.name == reference.name
    }
}

impl ControlLevel {
    fn new(read: Read<ControlRecord>) -> Result<Self, VaultError> {
        let Read { record, version } = read;
        let mut policies = Vec::with_capacity(record.policies.len() + 1);
        for (name, text) in &record.policies {
            let policy = Policy::identity_policy(text).map_err(|why| stored(name, &why))?;
            policies.push(Arc::new(policy));
        }
        if !record.without_full_access {
            policies.push(aws_managed::full_access());
        }
        Ok(Self { record, version: Some(version), policies })
    }
}
