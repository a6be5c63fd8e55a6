//! Simulating policies.

use super::Work;
use crate::identity::{aws_managed, missing, service_controls};
use crate::pages::{Page, PageRequest};
use crate::ports::Effort;
use crate::refusal::{IdentityDefect, Refusal, SimulationDefect};
use crate::simulation::{
    ActionFindings, Exclusion, Held, PolicyClass, Scenario, SourcePolicy, SupposedCaller,
    context_keys,
};
use crate::target::AdmittedIdentity;
use crate::vault::{IdentityEntry, VaultError};
use std::sync::Arc;
use strongroom_policy::Policy;
use strongroom_types::{AccountId, EntityReference, IdentityKind, Principal};

impl Work<'_> {
    /// The policies of a user with its groups, of a group or of a role, less those that are left
    /// out: those that a request of it is decided by.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn held_policies(
        &self,
        identity: &AdmittedIdentity,
        excluded: &[Exclusion],
    ) -> Result<Held, Refusal> {
        let found = self.gather(identity.entry(), excluded).await;
        let mut held = found.map_err(|why| self.desk.internal(&why))?;
        held.caller = supposed(identity);
        Ok(held)
    }

    async fn gather(
        &self,
        entry: &IdentityEntry,
        excluded: &[Exclusion],
    ) -> Result<Held, VaultError> {
        let mut held = Held::default();
        let account = entry.record.account;
        self.add_policies(entry, excluded, &mut held.identity).await?;
        for id in &entry.record.groups {
            let group = self.desk.vault.group(account, id).await?;
            let group = group.ok_or_else(|| missing(entry, id))?;
            self.add_policies(&group, excluded, &mut held.identity).await?;
        }
        let is_out = |class| excluded.iter().any(|one| one.is_class(class));
        if let Some(arn) = entry.record.boundary.as_ref().filter(|_| !is_out(PolicyClass::Boundary))
        {
            let found = self.managed(account, arn).await?;
            // A boundary that cannot be found permits nothing.
            let nothing =
                || SourcePolicy::new(arn.clone(), String::new(), Arc::new(Policy::nothing()));
            held.boundary = Some(found.unwrap_or_else(nothing));
        }
        if !is_out(PolicyClass::ServiceControl) {
            for level in service_controls(self.desk.vault, account).await? {
                let texts = level.record.policies.iter().map(|(_, text)| text.len());
                held.controls_size += texts.sum::<usize>();
                held.levels.push(level.policies.clone());
            }
        }
        Ok(held)
    }

    /// Adds the identity's own policies: embedded, then attached.
    async fn add_policies(
        &self,
        entry: &IdentityEntry,
        excluded: &[Exclusion],
        policies: &mut Vec<SourcePolicy>,
    ) -> Result<(), VaultError> {
        let (kind, owner) = (entry.record.kind, &entry.record.name);
        for (inline, policy) in entry.record.inline.iter().zip(&entry.inline) {
            if !excluded.iter().any(|one| one.is_inline(&inline.name, kind, owner)) {
                let id = format!("{kind}_{owner}_{}", inline.name);
                policies.push(SourcePolicy::new(id, inline.document.clone(), policy.clone()));
            }
        }
        for arn in &entry.record.attached {
            let is_aws = EntityReference::parse(arn).is_some_and(|found| found.account.is_none());
            if !excluded.iter().any(|one| one.is_managed(arn, is_aws)) {
                let found = self.managed(entry.record.account, arn).await?;
                policies.push(found.ok_or_else(|| missing(entry, arn))?);
            }
        }
        Ok(())
    }

    /// The managed policy at this ARN, by its name.
    async fn managed(
        &self,
        account: AccountId,
        arn: &str,
    ) -> Result<Option<SourcePolicy>, VaultError> {
        let reference = EntityReference::parse(arn).filter(|found| found.kind == "policy");
        let Some(reference) = reference else { return Ok(None) };
        let id = reference.name.to_owned();
        if reference.account.is_none() {
            let found = aws_managed::find(&reference);
            let source = |policy: &aws_managed::AwsManagedPolicy| {
                SourcePolicy::new(id, policy.document.to_owned(), policy.compiled())
            };
            return Ok(found.map(source));
        }
        if reference.account != Some(account) {
            return Ok(None);
        }
        let found = self.desk.vault.managed_policy(account, reference.name).await?;
        Ok(found.filter(|entry| entry.is_at(&reference)).map(|entry| {
            let text = entry.record.version(entry.record.default);
            let text = text.map(|version| version.document.clone()).unwrap_or_default();
            SourcePolicy::new(id, text, entry.policy.clone())
        }))
    }

    /// A page of what is found of the scenario's actions, which is shorter where that takes much
    /// work. `subject` is whose policies they are.
    ///
    /// # Errors
    /// [`SimulationDefect::Document`], [`SimulationDefect::TooLarge`], [`Refusal::InvalidMarker`].
    pub async fn simulate(
        &self,
        subject: &str,
        mut scenario: Scenario,
        page: PageRequest,
    ) -> Result<Page<ActionFindings>, Refusal> {
        let most = scenario.actions_at_once().map_err(refused)?;
        let page = PageRequest { limit: page.limit.min(most), ..page };
        let actions = std::mem::take(&mut scenario.actions);
        let subject = format!("{subject} {}", actions.join(" "));
        let Page { items, next } = self.page_of(&subject, actions, page).await?;
        let (account, now) = (self.desk.call.caller.account, self.now());
        let found = self.offload(Effort::Short, move || scenario.run(items, account, now)).await?;
        Ok(Page { items: found.map_err(refused)?, next })
    }

    /// The condition keys that the policies of a user, group or role ask for, and those of further
    /// documents, as they are first written; sorted.
    ///
    /// # Errors
    /// [`SimulationDefect::Document`].
    pub async fn context_keys(
        &self,
        held: Held,
        documents: Vec<String>,
    ) -> Result<Vec<String>, Refusal> {
        let found = self.offload(Effort::Short, move || context_keys(held, documents)).await?;
        found.map_err(refused)
    }
}

fn refused(defect: SimulationDefect) -> Refusal {
    Refusal::Identity(IdentityDefect::Simulation(defect))
}

/// The user or role as a caller; nobody signs in as a group.
fn supposed(identity: &AdmittedIdentity) -> Option<SupposedCaller> {
    let record = identity.record();
    let (account, path, name) = (record.account, record.path.clone(), record.name.clone());
    let principal = match record.kind {
        IdentityKind::User => Principal::User { account, path, name, id: record.id.clone() },
        IdentityKind::Role => Principal::RoleSession {
            account,
            role_path: path,
            role: name,
            role_id: record.id.clone(),
            session: String::new(),
        },
        IdentityKind::Group => return None,
    };
    let arn = Some(identity.arn().to_string());
    Some(SupposedCaller { principal, arn, tags: record.tags.clone() })
}
