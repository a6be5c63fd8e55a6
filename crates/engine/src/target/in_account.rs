//! What is yet to be made in the caller's account, and listings of what there is.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::refusal::Refusal;
use strongroom_policy::{EntityResource, Permit, Shown};
use strongroom_types::{AccountId, EntityArn};

/// Something in the caller's account.
pub enum InAccount {
    /// Nothing in particular.
    Whole,
    /// All of a kind below a path.
    Below {
        /// `user`, `group`, `role`, `policy`.
        kind: &'static str,
        /// Beginning and ending with `/`.
        path: String,
    },
    /// What shall be made.
    New {
        /// `user`, `group`, `role`, `policy`, `oidc-provider`, `federated-user`.
        kind: &'static str,
        /// Beginning and ending with `/`.
        path: String,
        /// Its name.
        name: String,
    },
}

/// Proof that the caller may do this in its account.
pub struct AdmittedIam {
    account: AccountId,
    partition: &'static str,
    permit: Permit,
}

impl AdmittedIam {
    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The server's partition.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        self.partition
    }

    /// Why it may be done.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

impl Target for InAccount {
    type Found = Option<EntityResource>;
    type Permits = Permit;
    type Admitted = AdmittedIam;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Self::Found, Refusal> {
        let (kind, path, name) = match self {
            Self::Whole => return Ok(None),
            Self::Below { kind, path } => (kind, path, String::new()),
            Self::New { kind, path, name } => (kind, path, name),
        };
        let arn = EntityArn {
            partition: desk.call.caller.partition,
            account: Some(desk.call.caller.account),
            kind,
            path,
            name,
        };
        if !arn.name.is_empty() {
            note.resource(arn.to_string());
        }
        Ok(Some(EntityResource { arn, owner: desk.call.caller.account, shown: Shown::Arn }))
    }

    async fn authorize(
        found: &Self::Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        match (desk.demands.access, found) {
            (Access::Entity(action), Some(resource)) => {
                let entity = EntityFacts::bare(resource.owner);
                desk.permit_entity(action, resource, entity, None, note)
            }
            (Access::Entity(action), None) => desk.permit_account(action, note),
            _ => Err(Refusal::Internal),
        }
    }

    fn admit(found: Self::Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedIam, Refusal> {
        let covered = match &found {
            Some(resource) => permit.covers_entity(&resource.arn),
            None => permit.covers_account(),
        };
        if !covered {
            return Err(Refusal::Internal);
        }
        let caller = &desk.call.caller;
        Ok(AdmittedIam { account: caller.account, partition: caller.partition, permit })
    }
}
