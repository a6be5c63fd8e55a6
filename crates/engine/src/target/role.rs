//! A role that is to be assumed, by its trust policy. Whether another account has such a role is told
//! to nobody who may not assume it.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::refusal::{IdentityDefect, Refusal};
use crate::vault::IdentityEntry;
use std::sync::Arc;
use strongroom_keys::identity::{IdentityRecord, RoleTerms};
use strongroom_policy::{EntityResource, Parts, Permit, Shown};
use strongroom_types::{EntityArn, EntityReference, IdentityKind, Principal};

/// A role, and what its session shall have.
pub struct RoleToAssume {
    /// ARN of the role.
    pub arn: String,
    /// Whether the request brings tags.
    pub tags: bool,
    /// Whether the request brings a source identity.
    pub source_identity: bool,
}

/// What was found, and what takes a permission.
pub struct Found {
    resource: EntityResource,
    entry: Option<Arc<IdentityEntry>>,
    tags: bool,
    source_identity: bool,
}

/// Proof that the caller may have a session of the role.
pub struct AdmittedRole {
    partition: &'static str,
    entry: Arc<IdentityEntry>,
    permit: Permit,
}

impl AdmittedRole {
    /// The role, as it is stored.
    #[must_use]
    pub fn record(&self) -> &IdentityRecord {
        &self.entry.record
    }

    /// What only a role has.
    ///
    /// # Errors
    /// [`Refusal::Internal`] for what is no role: a mistake of ours.
    pub fn terms(&self) -> Result<&RoleTerms, Refusal> {
        self.entry.record.role.as_ref().ok_or(Refusal::Internal)
    }

    /// The server's partition.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        self.partition
    }

    /// Why it may be assumed.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl Target for RoleToAssume {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedRole;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let caller = &desk.call.caller;
        let Self { arn: text, tags, source_identity } = self;
        let invalid = || Refusal::Identity(IdentityDefect::RoleArn(text.clone()));
        let reference = EntityReference::parse(&text).filter(|found| found.kind == "role");
        let reference = reference.ok_or_else(invalid)?;
        let account = reference.account.ok_or_else(invalid)?;
        let entry = desk.vault.identity(account, IdentityKind::Role, reference.name).await;
        let entry = entry.map_err(|why| desk.internal(&why))?;
        let entry = entry.filter(|entry| {
            let record = &entry.record;
            reference.partition == caller.partition
                && record.path == reference.path
                && record.name == reference.name
        });
        let arn = EntityArn {
            partition: caller.partition,
            account: Some(account),
            kind: "role",
            path: reference.path.to_owned(),
            name: reference.name.to_owned(),
        };
        note.resource(arn.to_string());
        // What the session before hands down takes the same permissions.
        let before = caller.authority.session();
        let tags = tags || before.is_some_and(|session| !session.transitive.is_empty());
        let identified = before.is_some_and(|session| session.source_identity.is_some());
        let resource = EntityResource { arn, owner: account, shown: Shown::Arn };
        // So does what an identity provider gives to it.
        let given = caller.authority.web().map(|web| &web.session);
        let tags = tags || given.is_some_and(|session| !session.tags.is_empty());
        let named = given.is_some_and(|session| session.source_identity.is_some());
        let source_identity = source_identity || identified || named;
        Ok(Found { resource, entry, tags, source_identity })
    }

    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        let Access::Role { assume, tag, identify } = desk.demands.access else {
            return Err(Refusal::Internal);
        };
        if matches!(desk.call.caller.principal, Principal::Root { .. }) {
            return Err(Refusal::Identity(IdentityDefect::RootAssumes));
        }
        // Source: IAM User Guide, "Compare AWS STS credentials".
        if matches!(desk.call.caller.principal, Principal::FederatedUser { .. }) {
            return Err(Refusal::Identity(IdentityDefect::WithSession(desk.demands.name)));
        }
        let web = desk.call.caller.authority.web().is_some();
        let told = |refusal| match refusal {
            Refusal::AccessDenied { .. } if web => {
                Refusal::Identity(IdentityDefect::WebIdentityDenied)
            }
            other => other,
        };
        let trusted = found.entry.as_ref().and_then(|entry| Some((entry, entry.trust.as_ref()?)));
        let Some((entry, trust)) = trusted else {
            let reason = "no such role".to_owned();
            let parts = Parts { owner: Some(reason.clone()), caller: None };
            note.reason(reason, || parts, found.resource.owner, desk.call);
            return Err(told(desk.hidden_role(assume, &found.resource)));
        };
        let entity = EntityFacts::of(&entry.record);
        let is_foreign = entry.record.account != desk.call.caller.account;
        let permit = desk.permit_entity(assume, &found.resource, entity, Some(trust), note);
        let permit = permit.map_err(|refusal| match refusal {
            Refusal::AccessDenied { .. } if is_foreign => desk.hidden_role(assume, &found.resource),
            other => other,
        });
        let permit = permit.map_err(told)?;
        // Who comes as far knows that the role is there.
        let also = [(found.tags, tag), (found.source_identity, identify)];
        for (_, action) in also.into_iter().filter(|(needed, _)| *needed) {
            let asked = desk.permit_entity(action, &found.resource, entity, Some(trust), note);
            let _ = asked.map_err(told)?;
        }
        Ok(permit)
    }

    fn admit(found: Found, permit: Permit, _: &Desk<'_>) -> Result<AdmittedRole, Refusal> {
        if !permit.covers_entity(&found.resource.arn) {
            return Err(Refusal::Internal);
        }
        let entry = found.entry.ok_or(Refusal::Internal)?;
        Ok(AdmittedRole { partition: found.resource.arn.partition, entry, permit })
    }
}
