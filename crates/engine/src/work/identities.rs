//! Users, groups and roles: making them, changing them, listing them.

use super::Work;
use crate::identity::bindings::{Principals, look_up};
use crate::identity::role_use::role_use;
use crate::identity::{quota, unique_id::unique_id};
use crate::pages::{Page, PageRequest};
use crate::refusal::{Conflict, IdentityDefect, Quota, Refusal};
use crate::slot::{PolicyUse, Slot, SlotRange};
use crate::target::{AdmittedIam, AdmittedIdentity};
use crate::vault::IdentityEntry;
use strongroom_keys::identity::{IdentityRecord, RoleTerms, RoleUse};
use strongroom_policy::{Policy, Problem};
use strongroom_types::{IdentityKind, Tag};

/// A user, group or role to be made.
pub struct IdentityDraft {
    /// What it is.
    pub kind: IdentityKind,
    /// Name.
    pub name: String,
    /// Beginning and ending with `/`.
    pub path: String,
    /// ARN of the managed policy that shall be its permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// Of a role.
    pub role: Option<RoleDraft>,
}

/// What a role is made with.
pub struct RoleDraft {
    /// The trust policy.
    pub trust: String,
    /// Description.
    pub description: Option<String>,
    /// The longest session, in seconds.
    pub max_session: u32,
}

impl Work<'_> {
    /// Stages a new user, group or role.
    ///
    /// # Errors
    /// [`IdentityDefect::IdentityExists`], the refusal of boundary or trust policy.
    pub async fn create_identity(
        &mut self,
        account: &AdmittedIam,
        draft: IdentityDraft,
    ) -> Result<IdentityRecord, Refusal> {
        let IdentityDraft { kind, name, path, boundary, tags, role } = draft;
        self.refuse_taken(account, kind, &name).await?;
        let role = match role {
            Some(role) => {
                let (trust, bindings) = self.checked_trust(role.trust).await?;
                let RoleDraft { description, max_session, .. } = role;
                Some(RoleTerms { trust, bindings, description, max_session })
            }
            None => None,
        };
        let prefix = match kind {
            IdentityKind::User => "AIDA",
            IdentityKind::Group => "AGPA",
            IdentityKind::Role => "AROA",
        };
        let id = unique_id(prefix, self.desk.vault.entropy()).map_err(|why| self.failed(&why))?;
        let mut record = IdentityRecord {
            account: account.account(),
            kind,
            id,
            name,
            path,
            created: self.now(),
            inline: Vec::new(),
            attached: Vec::new(),
            boundary: None,
            tags,
            groups: Vec::new(),
            access_keys: Vec::new(),
            members: 0,
            role,
        };
        if let Some(arn) = boundary {
            let policy = self.attachable(account, &arn).await?;
            self.stage_boundary(&mut record, Some(&policy), account.partition()).await?;
        }
        if kind == IdentityKind::Group {
            self.changes.put(Slot::group_name(record.account, &record.id), None, &record.name);
        }
        self.changes.put(slot(&record), None, &record);
        Ok(record)
    }

    async fn refuse_taken(
        &self,
        account: &AdmittedIam,
        kind: IdentityKind,
        name: &str,
    ) -> Result<(), Refusal> {
        let taken = self.desk.vault.identity(account.account(), kind, name).await;
        match taken.map_err(|why| self.desk.internal(&why))? {
            Some(_) => {
                Err(Refusal::Identity(IdentityDefect::IdentityExists(kind, name.to_owned())))
            }
            None => Ok(()),
        }
    }

    /// `text`, if a role may have it as its trust policy, and the unique ids of those it names.
    async fn checked_trust(
        &self,
        text: String,
    ) -> Result<(String, Vec<(String, String)>), Refusal> {
        if quota::size(&text) > quota::TRUST_POLICY {
            return Err(Refusal::Identity(IdentityDefect::Quota(Quota::TrustPolicy)));
        }
        let policy = Policy::trust_policy(&text).map_err(|why| {
            let words = match why.problem() {
                Problem::Principal => format!("Invalid principal in policy: {}", why.place()),
                _ => why.to_string(),
            };
            Refusal::Identity(IdentityDefect::MalformedPolicy(words))
        })?;
        let found = look_up(&policy, self.desk.vault).await;
        match found.map_err(|why| self.desk.internal(&why))? {
            Principals::Known(bindings) => Ok((text, bindings)),
            Principals::Unknown(name) => {
                let name = name.to_string();
                Err(Refusal::Identity(IdentityDefect::UnknownPrincipal(name)))
            }
        }
    }

    /// Stages a change to a user, group or role. Its name and path stay.
    pub fn update_identity(
        &mut self,
        admitted: &AdmittedIdentity,
        edit: impl FnOnce(&mut IdentityRecord),
    ) {
        let mut record = admitted.record().clone();
        edit(&mut record);
        self.put_identity(admitted.entry(), &record);
    }

    pub(super) fn put_identity(&mut self, entry: &IdentityEntry, record: &IdentityRecord) {
        self.changes.put(slot(record), Some(entry.version), record);
    }

    /// Stages another trust policy of the role.
    ///
    /// # Errors
    /// The refusal of the policy.
    pub async fn put_trust(
        &mut self,
        admitted: &AdmittedIdentity,
        text: String,
    ) -> Result<(), Refusal> {
        let (trust, bindings) = self.checked_trust(text).await?;
        self.update_identity(admitted, |record| {
            if let Some(role) = &mut record.role {
                (role.trust, role.bindings) = (trust, bindings);
            }
        });
        Ok(())
    }

    /// Stages the path and name that a user or group shall have; what tells of it by name follows.
    ///
    /// # Errors
    /// [`IdentityDefect::IdentityExists`], [`Refusal::Internal`].
    pub async fn rename_identity(&mut self, admitted: &AdmittedIdentity) -> Result<(), Refusal> {
        let before = admitted.record();
        let mut record = before.clone();
        if let Some(becoming) = admitted.becoming() {
            record.path.clone_from(&becoming.path);
            record.name.clone_from(&becoming.name);
        }
        if slot(&record) == slot(before) {
            if before.name != record.name {
                self.rename_in_credentials(&record).await?;
                self.rename_group(before, &record.name).await?;
            }
            self.put_identity(admitted.entry(), &record);
            return Ok(());
        }
        let (kind, account) = (record.kind, record.account);
        let taken = self.desk.vault.identity(account, kind, &record.name).await;
        if taken.map_err(|why| self.desk.internal(&why))?.is_some() {
            let defect = IdentityDefect::IdentityExists(kind, record.name);
            return Err(Refusal::Identity(defect));
        }
        for (arn, use_) in self.uses(before) {
            self.remove(Slot::attachment(account, &arn, use_, kind, &before.name)).await?;
            let place = Slot::attachment(account, &arn, use_, kind, &record.name);
            self.changes.put(place, None, &record.name);
        }
        for group in &before.groups {
            self.remove(Slot::membership(account, group, &before.name)).await?;
            let place = Slot::membership(account, group, &record.name);
            self.changes.put(place, None, &record.name);
        }
        self.rename_in_credentials(&record).await?;
        self.rename_group(before, &record.name).await?;
        self.changes.delete(slot(before), Some(admitted.entry().version));
        self.changes.put(slot(&record), None, &record);
        Ok(())
    }

    /// A group's members know it by its unique id: where that leads to is one record, however many
    /// they are.
    async fn rename_group(&mut self, before: &IdentityRecord, name: &str) -> Result<(), Refusal> {
        if before.kind != IdentityKind::Group {
            return Ok(());
        }
        let place = Slot::group_name(before.account, &before.id);
        let read = self.desk.vault.read::<String>(&place).await;
        let read = read.map_err(|why| self.desk.internal(&why))?.ok_or(Refusal::Internal)?;
        self.changes.put(place, Some(read.version), &name.to_owned());
        Ok(())
    }

    /// Stages the end of a user, group or role that has nothing any more.
    ///
    /// # Errors
    /// [`IdentityDefect::Conflict`] with what must go first.
    pub async fn delete_identity(&mut self, admitted: &AdmittedIdentity) -> Result<(), Refusal> {
        let record = admitted.record();
        let in_the_way = [
            (!record.access_keys.is_empty(), Conflict::AccessKeys),
            (!record.inline.is_empty(), Conflict::Inline),
            (!record.attached.is_empty(), Conflict::Attached),
            (!record.groups.is_empty() || record.members > 0, Conflict::Members),
        ];
        if let Some((_, first)) = in_the_way.into_iter().find(|(is_there, _)| *is_there) {
            return Err(Refusal::Identity(IdentityDefect::Conflict(first)));
        }
        let mut last = record.clone();
        if last.boundary.is_some() {
            self.stage_boundary(&mut last, None, admitted.partition()).await?;
        }
        match record.kind {
            IdentityKind::User => {}
            IdentityKind::Group => {
                self.remove(Slot::group_name(record.account, &record.id)).await?;
            }
            IdentityKind::Role => self.remove_if_there(Slot::role_use(&record.id)).await?,
        }
        self.changes.delete(slot(record), Some(admitted.entry().version));
        Ok(())
    }

    /// When and where the role was used last, if that was within the time of which it is told.
    ///
    /// Source: IAM API Reference, `RoleLastUsed`: 400 days.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn role_use(&self, role: &IdentityRecord) -> Result<Option<RoleUse>, Refusal> {
        const TOLD: i64 = 400 * 24 * 60 * 60 * 1000;
        let used = role_use(&role.id, self.desk.role_uses, self.desk.vault).await;
        let used = used.map_err(|why| self.desk.internal(&why))?;
        Ok(used.filter(|used| used.time >= self.now().plus_millis(-TOLD)))
    }

    /// The places that tell what is attached to the identity.
    fn uses(&self, record: &IdentityRecord) -> Vec<(String, PolicyUse)> {
        let attached = record.attached.iter().map(|arn| (arn, PolicyUse::Permissions));
        let boundary = record.boundary.iter().map(|arn| (arn, PolicyUse::Boundary));
        attached
            .chain(boundary)
            .map(|(arn, use_)| (super::attachments::canonical(arn), use_))
            .collect()
    }

    /// A page of the account's users, groups or roles whose path begins with `prefix`, by name.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn identities(
        &self,
        account: &AdmittedIam,
        kind: IdentityKind,
        prefix: &str,
        page: PageRequest,
    ) -> Result<Page<IdentityRecord>, Refusal> {
        let range = SlotRange::identities(account.account(), kind);
        let choice = if prefix == "/" { "" } else { prefix };
        let chosen = |record: &IdentityRecord| record.path.starts_with(prefix);
        self.chosen_page(&range, choice, page, chosen).await
    }

    /// A page of the users in the group, by name.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn members(
        &self,
        group: &AdmittedIdentity,
        page: PageRequest,
    ) -> Result<Page<IdentityRecord>, Refusal> {
        let account = group.record().account;
        let range = SlotRange::members(account, &group.record().id);
        let found = self.chosen_page::<String>(&range, "", page, |_| true).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for name in found.items {
            let user = self.desk.vault.identity(account, IdentityKind::User, &name).await;
            let user = user.map_err(|why| self.desk.internal(&why))?;
            items.extend(user.map(|entry| entry.record.clone()));
        }
        Ok(Page { items, next: found.next })
    }

    /// The groups of the user, in the order in which it was added to them.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn groups_of(&self, user: &IdentityRecord) -> Result<Vec<IdentityRecord>, Refusal> {
        let mut groups = Vec::with_capacity(user.groups.len());
        for id in &user.groups {
            let group = self.desk.vault.group(user.account, id).await;
            let group = group.map_err(|why| self.desk.internal(&why))?;
            groups.extend(group.map(|entry| entry.record.clone()));
        }
        Ok(groups)
    }

    /// Stages that the user named beside the group is in it.
    ///
    /// # Errors
    /// [`Quota::Groups`].
    pub fn add_member(&mut self, group: &AdmittedIdentity) -> Result<(), Refusal> {
        let user = group.user()?;
        if user.record.groups.contains(&group.record().id) {
            return Ok(());
        }
        if user.record.groups.len() >= quota::GROUPS {
            return Err(Refusal::Identity(IdentityDefect::Quota(Quota::Groups)));
        }
        let mut record = user.record.clone();
        record.groups.push(group.record().id.clone());
        self.put_identity(user, &record);
        let place = Slot::membership(record.account, &group.record().id, &record.name);
        self.changes.put(place, None, &record.name);
        self.update_identity(group, |group| group.members = group.members.saturating_add(1));
        Ok(())
    }

    /// Stages that the user named beside the group is not in it any more.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn remove_member(&mut self, group: &AdmittedIdentity) -> Result<(), Refusal> {
        let user = group.user()?.clone();
        if !user.record.groups.contains(&group.record().id) {
            return Ok(());
        }
        let mut record = user.record.clone();
        record.groups.retain(|id| *id != group.record().id);
        self.put_identity(&user, &record);
        let place = Slot::membership(record.account, &group.record().id, &record.name);
        self.remove(place).await?;
        self.update_identity(group, |group| group.members = group.members.saturating_sub(1));
        Ok(())
    }
}

fn slot(record: &IdentityRecord) -> Slot {
    Slot::identity(record.account, record.kind, &record.name)
}
