//! One user, group or role of the caller's account, and what it shall have to do with.

use super::Target;
use super::managed_policy::{Managed, find_policy};
use crate::audit::Note;
use crate::credential::{CredentialRecord, Owner};
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::refusal::{IdentityDefect, Refusal, SimulationDefect};
use crate::vault::IdentityEntry;
use std::sync::Arc;
use strongroom_keys::identity::IdentityRecord;
use strongroom_policy::{EntityResource, Permit, Shown};
use strongroom_types::{AccountId, EntityArn, EntityReference, IdentityKind, Principal};

/// A user, group or role.
pub struct OneIdentity {
    /// What it is.
    pub kind: IdentityKind,
    /// Which.
    pub whose: Whose,
    /// What else the request names.
    pub with: Companion,
}

/// Which user, group or role.
pub enum Whose {
    /// The one of this name.
    Named(String),
    /// The user who asks.
    Callers,
    /// The one at this ARN, to the letter.
    At {
        /// Its partition.
        partition: String,
        /// Its account.
        account: AccountId,
        /// Beginning and ending with `/`.
        path: String,
        /// Its name.
        name: String,
    },
}

/// What a request names beside a user, group or role.
pub enum Companion {
    /// Nothing.
    None,
    /// A managed policy, by ARN, that shall be attached or be the boundary.
    Policy(String),
    /// A managed policy, by ARN, that is attached.
    Attached(String),
    /// A user.
    User(String),
    /// The path and name that it shall have, where they change.
    Becoming {
        /// Beginning and ending with `/`.
        path: Option<String>,
        /// The name.
        name: Option<String>,
    },
}

impl OneIdentity {
    /// The one of this name.
    #[must_use]
    pub fn named(kind: IdentityKind, name: String) -> Self {
        Self { kind, whose: Whose::Named(name), with: Companion::None }
    }

    /// The user, group or role at this ARN, which refusals name by it.
    ///
    /// # Errors
    /// [`SimulationDefect::Entity`] for an ARN that is of none.
    pub fn at(arn: &str) -> Result<Self, Refusal> {
        let wrong = || {
            let defect = SimulationDefect::Entity(arn.to_owned());
            Refusal::Identity(IdentityDefect::Simulation(defect))
        };
        let found = EntityReference::parse(arn).ok_or_else(wrong)?;
        let kind = found.kind.parse().map_err(|_| wrong())?;
        let whose = Whose::At {
            partition: found.partition.to_owned(),
            account: found.account.ok_or_else(wrong)?,
            path: found.path.to_owned(),
            name: found.name.to_owned(),
        };
        Ok(Self { kind, whose, with: Companion::None })
    }

    /// The user of this name, or without one the user who asks.
    #[must_use]
    pub fn user(name: Option<String>) -> Self {
        let whose = name.map_or(Whose::Callers, Whose::Named);
        Self { kind: IdentityKind::User, whose, with: Companion::None }
    }
}

/// The user of the caller's account who has an access key.
pub struct AccessKeyOwner {
    /// The access key.
    pub id: String,
}

/// What was found: what is not there is refused when permission was asked.
pub struct Found {
    resource: EntityResource,
    entry: Option<Arc<IdentityEntry>>,
    policy: Option<Result<Managed, IdentityDefect>>,
    user: Option<Result<Arc<IdentityEntry>, IdentityDefect>>,
    becoming: Option<EntityResource>,
}

/// Proof that the caller may do this to a user, group or role that is there.
pub struct AdmittedIdentity {
    partition: &'static str,
    entry: Arc<IdentityEntry>,
    policy: Option<Managed>,
    user: Option<Arc<IdentityEntry>>,
    becoming: Option<EntityArn>,
    permit: Permit,
}

impl AdmittedIdentity {
    /// It, as it is stored.
    #[must_use]
    pub fn record(&self) -> &IdentityRecord {
        &self.entry.record
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> EntityArn {
        self.entry.record.arn(self.partition)
    }

    /// The server's partition.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        self.partition
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    pub(crate) fn entry(&self) -> &Arc<IdentityEntry> {
        &self.entry
    }

    /// The managed policy that the request names.
    pub(crate) fn policy(&self) -> Result<&Managed, Refusal> {
        self.policy.as_ref().ok_or(Refusal::Internal)
    }

    /// The user that the request names.
    pub(crate) fn user(&self) -> Result<&Arc<IdentityEntry>, Refusal> {
        self.user.as_ref().ok_or(Refusal::Internal)
    }

    /// The ARN that it shall have, if another.
    pub(crate) fn becoming(&self) -> Option<&EntityArn> {
        self.becoming.as_ref()
    }
}

impl Target for OneIdentity {
    type Found = Found;
    type Permits = (Permit, Option<Permit>);
    type Admitted = AdmittedIdentity;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let caller = &desk.call.caller;
        let (kind, account, partition) = (self.kind, caller.account, caller.partition);
        let (name, place) = match (self.whose, &caller.principal) {
            (Whose::Named(name), _) => (name, None),
            (Whose::Callers, Principal::User { name, .. }) => (name.clone(), None),
            (Whose::Callers, _) => {
                return Err(Refusal::Identity(IdentityDefect::UserNameMissing));
            }
            (Whose::At { account: owner, .. }, _) if owner != account => {
                let foreign = SimulationDefect::ForeignSource { caller: account, owner };
                return Err(Refusal::Identity(IdentityDefect::Simulation(foreign)));
            }
            (Whose::At { partition, path, name, .. }, _) => (name, Some((partition, path))),
        };
        let entry = desk.vault.identity(account, kind, &name).await;
        let entry = entry.map_err(|why| desk.internal(&why))?;
        let is_there = |entry: &Arc<IdentityEntry>| {
            let record = &entry.record;
            place.as_ref().is_none_or(|(own, path)| {
                own == partition && *path == record.path && name == record.name
            })
        };
        let entry = entry.filter(is_there);
        let (mut policy, mut user, mut becoming) = (None, None, None);
        match self.with {
            Companion::None => {}
            Companion::Policy(arn) => {
                let found = find_policy(desk, &arn).await?;
                policy = Some(found.ok_or(IdentityDefect::NotAttachable(arn)));
            }
            Companion::Attached(arn) => {
                let found = find_policy(desk, &arn).await?;
                policy = Some(found.ok_or(IdentityDefect::NotAttached(arn)));
            }
            Companion::User(name) => {
                let found = desk.vault.identity(account, IdentityKind::User, &name).await;
                let found = found.map_err(|why| desk.internal(&why))?;
                user = Some(found.ok_or(IdentityDefect::NoIdentity(IdentityKind::User, name)));
            }
            Companion::Becoming { path, name } => {
                let arn = entry.as_ref().map(|entry| entry.record.arn(partition));
                becoming = arn.and_then(|arn| renamed(arn, path, name));
            }
        }
        let arn = match &entry {
            Some(entry) => entry.record.arn(partition),
            None => EntityArn {
                partition,
                account: Some(account),
                kind: kind.name(),
                path: place.as_ref().map_or_else(|| "/".to_owned(), |(_, path)| path.clone()),
                name,
            },
        };
        note.resource(arn.to_string());
        let shown = if place.is_some() { Shown::Arn } else { Shown::Name };
        let resource = |arn| EntityResource { arn, owner: account, shown };
        let becoming = becoming.map(resource);
        Ok(Found { resource: resource(arn), entry, policy, user, becoming })
    }

    async fn authorize(
        found: &Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Self::Permits, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        let entity = match &found.entry {
            Some(entry) => EntityFacts::of(&entry.record),
            None => EntityFacts::bare(found.resource.owner),
        };
        let permit = desk.permit_entity(action, &found.resource, entity, None, note)?;
        // Source: IAM User Guide, "Rename an IAM user": permission on both ARNs.
        let ask = |becoming| desk.permit_entity(action, becoming, entity, None, note);
        Ok((permit, found.becoming.as_ref().map(ask).transpose()?))
    }

    fn admit(
        found: Found,
        (permit, other): Self::Permits,
        _: &Desk<'_>,
    ) -> Result<AdmittedIdentity, Refusal> {
        let Found { resource, entry, policy, user, becoming } = found;
        let becoming = becoming.map(|resource| resource.arn);
        let covered = match (&becoming, &other) {
            (Some(arn), Some(permit)) => permit.covers_entity(arn),
            (None, None) => true,
            _ => false,
        };
        if !permit.covers_entity(&resource.arn) || !covered {
            return Err(Refusal::Internal);
        }
        let EntityArn { partition, kind, name, .. } = resource.arn;
        let kind = kind.parse().map_err(|_| Refusal::Internal)?;
        let entry = entry.ok_or(Refusal::Identity(IdentityDefect::NoIdentity(kind, name)))?;
        let policy = policy.transpose().map_err(Refusal::Identity)?;
        let user = user.transpose().map_err(Refusal::Identity)?;
        Ok(AdmittedIdentity { partition, entry, policy, user, becoming, permit })
    }
}

/// The user of the account who has the access key, if one has.
pub struct FoundOwner {
    id: String,
    entry: Option<Arc<IdentityEntry>>,
}

impl Target for AccessKeyOwner {
    type Found = FoundOwner;
    type Permits = Permit;
    type Admitted = AdmittedIdentity;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<FoundOwner, Refusal> {
        let caller = &desk.call.caller;
        let credential = desk.vault.credential(&self.id).await;
        let credential = credential.map_err(|why| desk.internal(&why))?;
        let entry = match credential.as_deref().map(|read| &read.record) {
            Some(CredentialRecord { account, owner: Owner::User(name, id), .. })
                if *account == caller.account =>
            {
                let found = desk.vault.identity(*account, IdentityKind::User, name).await;
                let found = found.map_err(|why| desk.internal(&why))?;
                found.filter(|entry| entry.record.id == *id)
            }
            _ => None,
        };
        if let Some(entry) = &entry {
            note.resource(entry.record.arn(caller.partition).to_string());
        }
        Ok(FoundOwner { id: self.id, entry })
    }

    /// Of what is no key of the account the question is about no user in particular.
    async fn authorize(
        found: &FoundOwner,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        let Some(entry) = &found.entry else { return desk.permit_account(action, note) };
        let arn = entry.record.arn(desk.call.caller.partition);
        let resource = EntityResource { arn, owner: entry.record.account, shown: Shown::Name };
        desk.permit_entity(action, &resource, EntityFacts::of(&entry.record), None, note)
    }

    fn admit(
        FoundOwner { id, entry }: FoundOwner,
        permit: Permit,
        desk: &Desk<'_>,
    ) -> Result<AdmittedIdentity, Refusal> {
        let entry = entry.ok_or(Refusal::Identity(IdentityDefect::NoAccessKey(id)))?;
        let partition = desk.call.caller.partition;
        if !permit.covers_entity(&entry.record.arn(partition)) {
            return Err(Refusal::Internal);
        }
        Ok(AdmittedIdentity { partition, entry, policy: None, user: None, becoming: None, permit })
    }
}

/// `arn` with another path and name; `None` if it stays as it is.
fn renamed(arn: EntityArn, path: Option<String>, name: Option<String>) -> Option<EntityArn> {
    let other = EntityArn {
        path: path.unwrap_or_else(|| arn.path.clone()),
        name: name.unwrap_or_else(|| arn.name.clone()),
        ..arn
    };
    (other.path != arn.path || other.name != arn.name).then_some(other)
}
