//! One identity provider of the caller's account.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::refusal::{IdentityDefect, Refusal};
use crate::slot::Slot;
use crate::vault::Read;
use strongroom_keys::identity::ProviderRecord;
use strongroom_policy::{EntityResource, Permit, Shown};
use strongroom_types::EntityArn;

/// An OpenID Connect provider, by ARN.
pub struct OneProvider(pub String);

/// Proof that the caller may do this to an identity provider that is there.
pub struct AdmittedProvider {
    partition: &'static str,
    read: Read<ProviderRecord>,
    permit: Permit,
}

impl AdmittedProvider {
    /// It, as it is stored.
    #[must_use]
    pub fn record(&self) -> &ProviderRecord {
        &self.read.record
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        self.read.record.arn(self.partition)
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    pub(crate) fn version(&self) -> u64 {
        self.read.version
    }
}

/// What was found, and the ARN that the request names.
pub struct Found {
    resource: EntityResource,
    read: Option<Read<ProviderRecord>>,
}

impl Target for OneProvider {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedProvider;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let (Self(text), caller) = (self, &desk.call.caller);
        let invalid = || Refusal::Identity(IdentityDefect::InvalidArn(text.clone()));
        let (head, url) = text.split_once(":oidc-provider/").ok_or_else(invalid)?;
        let account = head.strip_prefix("arn:").and_then(|rest| rest.split_once(":iam::"));
        let (partition, account) = account.ok_or_else(invalid)?;
        let own = account.parse() == Ok(caller.account) && partition == caller.partition;
        let read = match own {
            true => desk.vault.read(&Slot::provider(caller.account, url)).await,
            false => Ok(None),
        };
        let read = read.map_err(|why| desk.internal(&why))?;
        note.resource(text.clone());
        let arn = EntityArn {
            partition: caller.partition,
            account: Some(caller.account),
            kind: "oidc-provider",
            path: "/".to_owned(),
            name: url.to_owned(),
        };
        Ok(Found {
            resource: EntityResource { arn, owner: caller.account, shown: Shown::Arn },
            read,
        })
    }

    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        let tags = found.read.as_ref().map_or(&[][..], |read| &read.record.tags);
        let entity = EntityFacts { tags, ..EntityFacts::bare(found.resource.owner) };
        desk.permit_entity(action, &found.resource, entity, None, note)
    }

    fn admit(found: Found, permit: Permit, _: &Desk<'_>) -> Result<AdmittedProvider, Refusal> {
        let Found { resource, read } = found;
        if !permit.covers_entity(&resource.arn) {
            return Err(Refusal::Internal);
        }
        let missing = || Refusal::Identity(IdentityDefect::NoProvider(resource.arn.to_string()));
        let read = read.ok_or_else(missing)?;
        Ok(AdmittedProvider { partition: resource.arn.partition, read, permit })
    }
}
