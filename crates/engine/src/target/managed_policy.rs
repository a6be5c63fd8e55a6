//! One managed policy: the account's, or one of AWS's own.

use super::Target;
use crate::audit::Note;
use crate::demands::{Access, Effect};
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::identity::aws_managed::{self, AwsManagedPolicy};
use crate::refusal::{IdentityDefect, Refusal};
use crate::vault::PolicyEntry;
use std::sync::Arc;
use strongroom_keys::identity::ManagedPolicyRecord;
use strongroom_policy::{EntityResource, Permit, Shown};
use strongroom_types::{EntityArn, EntityReference, Tag};

/// A managed policy, by ARN.
pub struct OnePolicy(pub String);

/// A managed policy that is there.
#[derive(Clone)]
pub enum Managed {
    /// The account's.
    Own(OwnPolicy),
    /// AWS's.
    Aws(&'static AwsManagedPolicy),
}

/// A managed policy of the account's.
#[derive(Clone)]
pub struct OwnPolicy(pub(crate) Arc<PolicyEntry>);

impl OwnPolicy {
    /// It, as it is stored.
    #[must_use]
    pub fn record(&self) -> &ManagedPolicyRecord {
        &self.0.record
    }

    pub(crate) fn version(&self) -> u64 {
        self.0.version
    }
}

impl Managed {
    /// Its tags; AWS's own have none.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        match self {
            Self::Own(own) => &own.record().tags,
            Self::Aws(_) => &[],
        }
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self, partition: &'static str) -> EntityArn {
        match self {
            Self::Own(own) => own.record().arn(partition),
            Self::Aws(policy) => policy.arn(partition),
        }
    }
}

/// Proof that the caller may do this to a managed policy that is there.
pub struct AdmittedPolicy {
    partition: &'static str,
    policy: Managed,
    permit: Permit,
}

impl AdmittedPolicy {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Managed {
        &self.policy
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> EntityArn {
        self.policy.arn(self.partition)
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

    /// The account's policy; AWS's own do not change.
    ///
    /// # Errors
    /// [`IdentityDefect::AwsManaged`].
    pub(crate) fn own(&self) -> Result<&Arc<PolicyEntry>, Refusal> {
        match &self.policy {
            Managed::Own(own) => Ok(&own.0),
            Managed::Aws(_) => Err(Refusal::Identity(IdentityDefect::AwsManaged)),
        }
    }
}

/// The managed policy that `arn` names, if the caller's account has it. It must be its ARN to the
/// letter: policies are told what the request says.
pub(crate) async fn find_policy(desk: &Desk<'_>, arn: &str) -> Result<Option<Managed>, Refusal> {
    let found = stored_policy(desk, arn).await?;
    Ok(found.filter(|policy| policy.arn(desk.call.caller.partition).to_string() == arn))
}

/// The managed policy at an ARN that was stored, in whichever partition the server was then.
pub(crate) async fn stored_policy(desk: &Desk<'_>, arn: &str) -> Result<Option<Managed>, Refusal> {
    let Some(reference) = EntityReference::parse(arn).filter(|found| found.kind == "policy") else {
        return Err(Refusal::Identity(IdentityDefect::InvalidArn(arn.to_owned())));
    };
    let account = desk.call.caller.account;
    match reference.account {
        None => Ok(aws_managed::find(&reference).map(Managed::Aws)),
        Some(owner) if owner == account => {
            let found = desk.vault.managed_policy(account, reference.name).await;
            let found = found.map_err(|why| desk.internal(&why))?;
            let found = found.filter(|entry| entry.is_at(&reference));
            Ok(found.map(|entry| Managed::Own(OwnPolicy(entry))))
        }
        Some(_) => Ok(None),
    }
}

/// What was found, and the ARN that the request names.
pub struct Found {
    named: String,
    resource: EntityResource,
    policy: Option<Managed>,
}

impl Target for OnePolicy {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedPolicy;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let Self(text) = self;
        let policy = find_policy(desk, &text).await?;
        let caller = &desk.call.caller;
        let reference = EntityReference::parse(&text).ok_or(Refusal::Internal)?;
        let arn = EntityArn {
            partition: caller.partition,
            account: reference.account,
            kind: "policy",
            path: reference.path.to_owned(),
            name: reference.name.to_owned(),
        };
        note.resource(arn.to_string());
        // A policy of another account is not there for this one.
        let owner = caller.account;
        let resource = EntityResource { arn, owner, shown: Shown::KindAndArn };
        Ok(Found { named: text, resource, policy })
    }

    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        let tags = match &found.policy {
            Some(Managed::Own(own)) => own.record().tags.as_slice(),
            _ => &[],
        };
        let entity = EntityFacts { tags, ..EntityFacts::bare(found.resource.owner) };
        desk.permit_entity(action, &found.resource, entity, None, note)
    }

    fn admit(found: Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedPolicy, Refusal> {
        let Found { named, resource, policy } = found;
        if !permit.covers_entity(&resource.arn) {
            return Err(Refusal::Internal);
        }
        let policy = policy.ok_or(Refusal::Identity(IdentityDefect::NoPolicy(named)))?;
        let changes = desk.demands.effect == Effect::Change;
        if changes && matches!(policy, Managed::Aws(_)) {
            return Err(Refusal::Identity(IdentityDefect::AwsManaged));
        }
        Ok(AdmittedPolicy { partition: resource.arn.partition, policy, permit })
    }
}
