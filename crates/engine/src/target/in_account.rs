//! What is yet to be made in the caller's account, and listings of what there is.

use super::Target;
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::facts::EntityFacts;
use crate::refusal::Refusal;
use strongroom_policy::{EntityResource, Permit, Shown};
use strongroom_types::{AccountId, Action, EntityArn, Principal};

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
        /// What else shall be done to it: tagged, where the request brings tags.
        also: Option<Action>,
    },
}

/// What it is, and what takes another permission.
pub struct Found {
    resource: Option<EntityResource>,
    also: Option<Action>,
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
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedIam;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Self::Found, Refusal> {
        let (kind, path, name, also) = match self {
            Self::Whole => return Ok(Found { resource: None, also: None }),
            Self::Below { kind, path } => (kind, path, String::new(), None),
            Self::New { kind, path, name, also } => (kind, path, name, also),
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
        let owner = desk.call.caller.account;
        let resource = Some(EntityResource { arn, owner, shown: Shown::Arn });
        Ok(Found { resource, also })
    }

    async fn authorize(
        found: &Self::Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let Access::Entity(action) = desk.demands.access else { return Err(Refusal::Internal) };
        // Of STS, temporary credentials but those of roles only assume roles and ask who they are.
        // Source: IAM User Guide, "Compare AWS STS credentials".
        let caller = &desk.call.caller;
        if desk.demands.service == "sts"
            && !matches!(caller.principal, Principal::RoleSession { .. })
        {
            caller.authority.refuse_session(desk.demands.name)?;
        }
        let Some(resource) = &found.resource else { return desk.permit_account(action, note) };
        let entity = EntityFacts::bare(resource.owner);
        let permit = desk.permit_entity(action, resource, entity, None, note)?;
        if let Some(also) = found.also {
            let other = desk.permit_entity(also, resource, entity, None, note)?;
            if !other.covers_entity(&resource.arn) {
                return Err(Refusal::Internal);
            }
        }
        Ok(permit)
    }

    fn admit(found: Self::Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedIam, Refusal> {
        let covered = match &found.resource {
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
