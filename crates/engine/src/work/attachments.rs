//! Managed policies attached to identities, and permissions boundaries.

use super::Work;
use crate::identity::quota;
use crate::pages::{Page, PageRequest};
use crate::refusal::{IdentityDefect, Quota, Refusal};
use crate::slot::{PolicyUse, Slot, SlotRange};
use crate::target::{
    AdmittedIam, AdmittedIdentity, AdmittedPolicy, Managed, find_policy, stored_policy,
};
use strongroom_keys::identity::{IdentityRecord, ManagedPolicyRecord};
use strongroom_types::{EntityReference, IdentityKind};

/// What a managed policy is known as, whatever the partition that its ARN was written in.
pub(crate) fn canonical(arn: &str) -> String {
    let Some(reference) = EntityReference::parse(arn) else { return arn.to_owned() };
    let owner = reference.account.map_or_else(|| "aws".to_owned(), |account| account.to_string());
    format!("{owner}{}{}", reference.path, reference.name)
}

impl Work<'_> {
    /// The managed policy at `arn`, for one that is made.
    pub(super) async fn attachable(&self, _: &AdmittedIam, arn: &str) -> Result<Managed, Refusal> {
        let missing = || Refusal::Identity(IdentityDefect::NotAttachable(arn.to_owned()));
        find_policy(self.desk, arn).await?.ok_or_else(missing)
    }

    /// Stages that the policy named beside the identity is attached to it.
    ///
    /// # Errors
    /// [`Quota::Attached`].
    pub fn attach(&mut self, identity: &AdmittedIdentity) -> Result<(), Refusal> {
        let policy = identity.policy()?;
        let arn = policy.arn(identity.partition()).to_string();
        let record = identity.record();
        if position(record, &arn).is_some() {
            return Ok(());
        }
        if record.attached.len() >= quota::ATTACHED {
            let defect = IdentityDefect::Quota(Quota::Attached(record.kind));
            return Err(Refusal::Identity(defect));
        }
        self.count(policy, |policy| policy.attachments = policy.attachments.saturating_add(1));
        self.changes.put(place(record, &arn, PolicyUse::Permissions), None, &record.name);
        self.update_identity(identity, |identity| identity.attached.push(arn));
        Ok(())
    }

    /// Stages that the policy named beside the identity is not attached to it any more.
    ///
    /// # Errors
    /// [`IdentityDefect::NotAttached`].
    pub async fn detach(&mut self, identity: &AdmittedIdentity) -> Result<(), Refusal> {
        let policy = identity.policy()?.clone();
        let arn = policy.arn(identity.partition()).to_string();
        let Some(at) = position(identity.record(), &arn) else {
            return Err(Refusal::Identity(IdentityDefect::NotAttached(arn)));
        };
        self.count(&policy, |policy| policy.attachments = policy.attachments.saturating_sub(1));
        self.remove(place(identity.record(), &arn, PolicyUse::Permissions)).await?;
        self.update_identity(identity, |identity| drop(identity.attached.remove(at)));
        Ok(())
    }

    /// Stages that the policy named beside the identity is its permissions boundary.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn put_boundary(&mut self, identity: &AdmittedIdentity) -> Result<(), Refusal> {
        let policy = identity.policy()?.clone();
        let arn = policy.arn(identity.partition()).to_string();
        let before = identity.record().boundary.as_deref();
        if before.is_some_and(|before| canonical(before) == canonical(&arn)) {
            return Ok(());
        }
        let mut record = identity.record().clone();
        self.stage_boundary(&mut record, Some(&policy), identity.partition()).await?;
        self.put_identity(identity.entry(), &record);
        Ok(())
    }

    /// Stages that the identity has no permissions boundary.
    ///
    /// # Errors
    /// [`IdentityDefect::NoBoundary`].
    pub async fn delete_boundary(&mut self, identity: &AdmittedIdentity) -> Result<(), Refusal> {
        let mut record = identity.record().clone();
        if record.boundary.is_none() {
            let defect = IdentityDefect::NoBoundary(record.kind, record.name);
            return Err(Refusal::Identity(defect));
        }
        self.stage_boundary(&mut record, None, identity.partition()).await?;
        self.put_identity(identity.entry(), &record);
        Ok(())
    }

    /// Gives `record` another boundary, or none, and stages what tells of it beside the record.
    pub(super) async fn stage_boundary(
        &mut self,
        record: &mut IdentityRecord,
        policy: Option<&Managed>,
        partition: &'static str,
    ) -> Result<(), Refusal> {
        if let Some(before) = record.boundary.take() {
            if let Some(before) = stored_policy(self.desk, &before).await? {
                self.count(&before, |policy| {
                    policy.boundaries = policy.boundaries.saturating_sub(1);
                });
            }
            self.remove(place(record, &before, PolicyUse::Boundary)).await?;
        }
        if let Some(policy) = policy {
            let arn = policy.arn(partition).to_string();
            self.count(policy, |policy| policy.boundaries = policy.boundaries.saturating_add(1));
            self.changes.put(place(record, &arn, PolicyUse::Boundary), None, &record.name);
            record.boundary = Some(arn);
        }
        Ok(())
    }

    /// Stages another count of whom the policy is attached to. The policy's record is written: a
    /// deletion of the policy at the same time meets it there.
    fn count(&mut self, policy: &Managed, edit: impl FnOnce(&mut ManagedPolicyRecord)) {
        if let Managed::Own(own) = policy {
            let mut record = own.record().clone();
            edit(&mut record);
            let slot = Slot::managed_policy(record.account, &record.name);
            self.changes.put(slot, Some(own.version()), &record);
        }
    }

    /// A page of those that the policy is attached to, or is the boundary of, by kind and name.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn entities_of(
        &self,
        policy: &AdmittedPolicy,
        use_: PolicyUse,
        choice: (Option<IdentityKind>, &str),
        page: PageRequest,
    ) -> Result<Page<IdentityRecord>, Refusal> {
        let account = self.desk.call.caller.account;
        let arn = canonical(&policy.arn().to_string());
        let range = SlotRange::attachments(account, &arn, use_);
        let found = self.page_of_places(&range, &[], page).await?;
        let (wanted, prefix) = choice;
        let mut items = Vec::with_capacity(found.items.len());
        for place in found.items {
            let rest = place.get(range.prefix().len()..).unwrap_or_default();
            let Some((kind, name)) = std::str::from_utf8(rest).ok().and_then(|t| t.split_once('/'))
            else {
                continue;
            };
            let Ok(kind) = kind.parse::<IdentityKind>() else { continue };
            let identity = self.desk.vault.identity(account, kind, name).await;
            let identity = identity.map_err(|why| self.desk.internal(&why))?;
            let chosen = |record: &IdentityRecord| {
                wanted.is_none_or(|wanted| wanted == kind) && record.path.starts_with(prefix)
            };
            items.extend(identity.map(|entry| entry.record.clone()).filter(chosen));
        }
        Ok(Page { items, next: found.next })
    }

    /// How many identities of the account one of AWS's policies is attached to, counted up to a
    /// thousand; of the account's own the record says it.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn attachments_of_aws(&self, arn: &str, use_: PolicyUse) -> Result<usize, Refusal> {
        let range = SlotRange::attachments(self.desk.call.caller.account, &canonical(arn), use_);
        let found = self.desk.vault.places(&range, None, 1000).await;
        found.map(|places| places.len()).map_err(|why| self.desk.internal(&why))
    }
}

/// Where the policy is among those attached.
fn position(record: &IdentityRecord, arn: &str) -> Option<usize> {
    let arn = canonical(arn);
    record.attached.iter().position(|own| canonical(own) == arn)
}

fn place(record: &IdentityRecord, arn: &str, use_: PolicyUse) -> Slot {
    Slot::attachment(record.account, &canonical(arn), use_, record.kind, &record.name)
}
