//! Managed policies and their versions, and policies embedded in identities.

use super::Work;
use crate::identity::aws_managed::{self, AwsManagedPolicy};
use crate::identity::{quota, unique_id::unique_id};
use crate::pages::{Page, PageRequest};
use crate::refusal::{Conflict, IdentityDefect, Quota, Refusal};
use crate::slot::{Slot, SlotRange};
use crate::target::{AdmittedIam, AdmittedIdentity, AdmittedPolicy};
use strongroom_keys::identity::{InlinePolicy, ManagedPolicyRecord, PolicyVersion};
use strongroom_policy::Policy;
use strongroom_types::Tag;

/// A managed policy to be made.
pub struct PolicyDraft {
    /// Name.
    pub name: String,
    /// Beginning and ending with `/`.
    pub path: String,
    /// The document of its first version.
    pub document: String,
    /// Description.
    pub description: Option<String>,
    /// Tags.
    pub tags: Vec<Tag>,
}

/// Refuses a document that is no identity policy.
fn checked(document: &str) -> Result<(), Refusal> {
    let parsed = Policy::identity_policy(document);
    let refused = |why: strongroom_policy::Malformed| {
        Refusal::Identity(IdentityDefect::MalformedPolicy(why.to_string()))
    };
    parsed.map(drop).map_err(refused)
}

fn checked_managed(document: &str) -> Result<(), Refusal> {
    if quota::size(document) > quota::MANAGED_POLICY {
        return Err(Refusal::Identity(IdentityDefect::Quota(Quota::ManagedPolicy)));
    }
    checked(document)
}

impl Work<'_> {
    /// Stages a new managed policy.
    ///
    /// # Errors
    /// [`IdentityDefect::PolicyExists`], the refusal of the document.
    pub async fn create_managed_policy(
        &mut self,
        account: &AdmittedIam,
        draft: PolicyDraft,
    ) -> Result<ManagedPolicyRecord, Refusal> {
        let PolicyDraft { name, path, document, description, tags } = draft;
        checked_managed(&document)?;
        let taken = self.desk.vault.managed_policy(account.account(), &name).await;
        if taken.map_err(|why| self.desk.internal(&why))?.is_some() {
            return Err(Refusal::Identity(IdentityDefect::PolicyExists(name)));
        }
        let id = unique_id("ANPA", self.desk.vault.entropy()).map_err(|why| self.failed(&why))?;
        let now = self.now();
        let record = ManagedPolicyRecord {
            account: account.account(),
            id,
            name,
            path,
            created: now,
            updated: now,
            description,
            versions: vec![PolicyVersion { number: 1, document, created: now }],
            default: 1,
            next: 2,
            attachments: 0,
            boundaries: 0,
            tags,
        };
        let slot = Slot::managed_policy(record.account, &record.name);
        self.changes.put(slot, None, &record);
        Ok(record)
    }

    /// Stages a change to the account's managed policy.
    ///
    /// # Errors
    /// [`IdentityDefect::AwsManaged`].
    pub fn update_managed_policy(
        &mut self,
        policy: &AdmittedPolicy,
        edit: impl FnOnce(&mut ManagedPolicyRecord),
    ) -> Result<(), Refusal> {
        let entry = policy.own()?;
        let mut record = entry.record.clone();
        edit(&mut record);
        let slot = Slot::managed_policy(record.account, &record.name);
        self.changes.put(slot, Some(entry.version), &record);
        Ok(())
    }

    /// Stages a new version of the managed policy.
    ///
    /// # Errors
    /// [`Quota::Versions`], the refusal of the document.
    pub fn create_policy_version(
        &mut self,
        policy: &AdmittedPolicy,
        document: String,
        holds: bool,
    ) -> Result<(PolicyVersion, bool), Refusal> {
        checked_managed(&document)?;
        let before = &policy.own()?.record;
        if before.versions.len() >= quota::VERSIONS {
            return Err(Refusal::Identity(IdentityDefect::Quota(Quota::Versions)));
        }
        let version = PolicyVersion { number: before.next, document, created: self.now() };
        let (staged, now) = (version.clone(), self.now());
        self.update_managed_policy(policy, |record| {
            record.next = staged.number.saturating_add(1);
            if holds {
                record.default = staged.number;
            }
            record.updated = now;
            record.versions.push(staged);
        })?;
        Ok((version, holds))
    }

    /// Stages that another version of the managed policy holds.
    ///
    /// # Errors
    /// [`IdentityDefect::NoVersion`].
    pub fn set_default_version(
        &mut self,
        policy: &AdmittedPolicy,
        version: &str,
    ) -> Result<(), Refusal> {
        let number = own_version(policy, version)?;
        let now = self.now();
        self.update_managed_policy(policy, |record| {
            (record.default, record.updated) = (number, now);
        })
    }

    /// Stages the end of a version that does not hold.
    ///
    /// # Errors
    /// [`Conflict::DefaultVersion`], [`IdentityDefect::NoVersion`].
    pub fn delete_policy_version(
        &mut self,
        policy: &AdmittedPolicy,
        version: &str,
    ) -> Result<(), Refusal> {
        let number = own_version(policy, version)?;
        if policy.own()?.record.default == number {
            return Err(Refusal::Identity(IdentityDefect::Conflict(Conflict::DefaultVersion)));
        }
        self.update_managed_policy(policy, |record| {
            record.versions.retain(|version| version.number != number);
        })
    }

    /// Stages the end of a managed policy that is attached to nobody.
    ///
    /// # Errors
    /// [`IdentityDefect::Conflict`] with what must go first.
    pub fn delete_managed_policy(&mut self, policy: &AdmittedPolicy) -> Result<(), Refusal> {
        let entry = policy.own()?.clone();
        let record = &entry.record;
        if record.attachments > 0 || record.boundaries > 0 {
            return Err(Refusal::Identity(IdentityDefect::Conflict(Conflict::PolicyAttached)));
        }
        if record.versions.len() > 1 {
            return Err(Refusal::Identity(IdentityDefect::Conflict(Conflict::Versions)));
        }
        let slot = Slot::managed_policy(record.account, &record.name);
        self.changes.delete(slot, Some(entry.version));
        Ok(())
    }

    /// A page of the account's managed policies that are `chosen`, by name. `choice` says which
    /// these are, so that a marker is good for them only.
    ///
    /// # Errors
    /// [`Refusal::InvalidMarker`], [`Refusal::Internal`].
    pub async fn managed_policies(
        &self,
        account: &AdmittedIam,
        choice: &str,
        page: PageRequest,
        chosen: impl Fn(&ManagedPolicyRecord) -> bool,
    ) -> Result<Page<ManagedPolicyRecord>, Refusal> {
        let range = SlotRange::managed_policies(account.account());
        self.chosen_page(&range, choice, page, chosen).await
    }

    /// The managed policies of AWS's own, by name.
    #[must_use]
    pub fn aws_managed_policies(&self) -> &'static [AwsManagedPolicy] {
        aws_managed::all()
    }

    /// Stages an inline policy of the identity, in the place of the one of its name.
    ///
    /// # Errors
    /// [`Quota::Inline`], the refusal of the document.
    pub fn put_inline_policy(
        &mut self,
        identity: &AdmittedIdentity,
        policy: InlinePolicy,
    ) -> Result<(), Refusal> {
        checked(&policy.document)?;
        let mut inline = identity.record().inline.clone();
        match inline.iter_mut().find(|known| known.name == policy.name) {
            Some(known) => known.document = policy.document,
            None => inline.push(policy),
        }
        let (kind, name) = (identity.record().kind, identity.record().name.clone());
        let size: usize = inline.iter().map(|policy| quota::size(&policy.document)).sum();
        if size > quota::inline_policies(kind) {
            return Err(Refusal::Identity(IdentityDefect::Quota(Quota::Inline(kind, name))));
        }
        self.update_identity(identity, |identity| identity.inline = inline);
        Ok(())
    }

    /// Stages the end of an inline policy of the identity.
    ///
    /// # Errors
    /// [`IdentityDefect::NoInlinePolicy`].
    pub fn delete_inline_policy(
        &mut self,
        identity: &AdmittedIdentity,
        name: &str,
    ) -> Result<(), Refusal> {
        let record = identity.record();
        if !record.inline.iter().any(|policy| policy.name == name) {
            let defect = IdentityDefect::NoInlinePolicy(record.kind, name.to_owned());
            return Err(Refusal::Identity(defect));
        }
        self.update_identity(identity, |identity| {
            identity.inline.retain(|policy| policy.name != name);
        });
        Ok(())
    }
}

/// The number of the version that `text` names: `v2`.
fn own_version(policy: &AdmittedPolicy, text: &str) -> Result<u32, Refusal> {
    let number = text.strip_prefix('v').and_then(|number| number.parse().ok());
    let number = number
        .filter(|number| policy.own().is_ok_and(|entry| entry.record.version(*number).is_some()));
    let missing = || IdentityDefect::NoVersion(policy.arn().to_string(), text.to_owned());
    number.ok_or_else(|| Refusal::Identity(missing()))
}
