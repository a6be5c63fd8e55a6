//! A grant, and the key it is on: retiring it is permitted by the grant itself.

use super::Target;
use super::find::{FoundKey, by_arn, by_reference};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::{Desk, HiddenKey};
use crate::gate::AdmittedKey;
use crate::grant_token;
use crate::refusal::{Missing, Refusal};
use crate::slot::Slot;
use crate::vault::Read;
use strongroom_keys::GrantRecord;
use strongroom_policy::{Mention, Permit};
use strongroom_types::Action;

/// A grant.
pub enum GrantOnKey {
    /// The one that this token names.
    Token(String),
    /// The one of this identifier, on the key that the text names.
    Named {
        /// What the caller wrote for the key.
        key: String,
        /// Identifier of the grant: 64 hexadecimal digits.
        grant: String,
    },
}

/// What was found of it.
pub struct Found {
    key: FoundKey,
    grant: Option<Read<GrantRecord>>,
}

/// A grant that may be retired.
pub struct AdmittedGrant {
    /// The key.
    pub key: AdmittedKey,
    pub(crate) grant: Read<GrantRecord>,
}

impl AdmittedGrant {
    /// The grant.
    #[must_use]
    pub fn grant(&self) -> &GrantRecord {
        &self.grant.record
    }
}

fn action(desk: &Desk<'_>) -> Result<Action, Refusal> {
    match desk.demands.access {
        Access::Grant(action) => Ok(action),
        _ => Err(Refusal::Internal),
    }
}

impl Target for GrantOnKey {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedGrant;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let (key, id) = match self {
            Self::Token(token) => {
                let (arn, id) = grant_token::open(desk.vault, desk.faults, &token).await?;
                if arn.region != desk.call.caller.region {
                    return Err(Refusal::InvalidGrantToken);
                }
                (by_arn(desk, arn, None, Mention::Arn, note).await?, id)
            }
            Self::Named { key, grant } => (by_reference(desk, &key, note).await?, grant),
        };
        let grant = desk.vault.read(&Slot::grant(&key.arn, &id)).await;
        note.grant(id);
        Ok(Found { key, grant: grant.map_err(|why| desk.internal(&why))? })
    }

    /// To a stranger a grant that is not there is one that is not theirs.
    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        let (arn, caller) = (found.key.arn, &desk.call.caller);
        let Some(grant) = &found.grant else {
            return Err(if arn.account == caller.account {
                Refusal::NotFound(Missing::Grant)
            } else {
                let key = HiddenKey::by_arn(arn, action(desk)?);
                desk.hidden(&key, "no such grant".to_owned(), note)
            });
        };
        let record = found.key.record().ok_or(Refusal::Internal)?;
        desk.permit_retirement(action(desk)?, record, &grant.record, note)
    }

    fn admit(found: Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedGrant, Refusal> {
        let (name, now) = (desk.demands.name, desk.call.time);
        let key = found.key.admit(permit, action(desk)?, desk.demands, name, now)?;
        Ok(AdmittedGrant { key, grant: found.grant.ok_or(Refusal::Internal)? })
    }
}
