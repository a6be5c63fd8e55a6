//! A primary key, and the replica that takes its place.

use super::Target;
use super::find::{FoundKey, by_arn, by_reference};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::family;
use crate::gate::AdmittedKey;
use crate::operation::Role;
use crate::refusal::Refusal;
use strongroom_policy::{Mention, Permit};
use strongroom_types::{Action, KeyArn, Region};

/// A key of the request's Region, and the Region of the one that takes its place.
pub struct Succession {
    /// What the caller wrote for the key.
    pub key: String,
    /// Where its successor is.
    pub region: Region,
}

/// What was found of it; no successor where no related key is.
pub struct Found {
    primary: FoundKey,
    successor: Option<FoundKey>,
}

/// Permits for both.
pub struct Permits {
    primary: Permit,
    successor: Option<Permit>,
}

/// Both keys, admitted.
pub struct AdmittedSuccession {
    /// The key, which need not be a primary key.
    pub primary: AdmittedKey,
    /// The related key in the Region, if there is one.
    pub successor: Option<AdmittedKey>,
}

fn action(desk: &Desk<'_>) -> Result<Action, Refusal> {
    match desk.demands.access {
        Access::Succession(action) => Ok(action),
        _ => Err(Refusal::Internal),
    }
}

impl Target for Succession {
    type Found = Found;
    type Permits = Permits;
    type Admitted = AdmittedSuccession;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let primary = by_reference(desk, &self.key, note).await?;
        let related = primary.record().is_some_and(|record| {
            // Of a stranger's key nothing is looked up that its refusal could tell.
            record.account == desk.call.caller.account
                && family::regions(record).contains(&self.region)
        });
        let successor = if related {
            let arn = KeyArn { region: self.region, ..primary.arn };
            Some(by_arn(desk, arn, None, Mention::Arn, note).await?)
        } else {
            None
        };
        Ok(Found { primary, successor })
    }

    async fn authorize(
        found: &Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permits, Refusal> {
        let action = action(desk)?;
        let primary = found.primary.permit(desk, action, Role::Only, None, note).await?;
        let successor = match &found.successor {
            Some(key) => Some(key.permit(desk, action, Role::Only, None, note).await?),
            None => None,
        };
        Ok(Permits { primary, successor })
    }

    fn admit(
        found: Found,
        permits: Permits,
        desk: &Desk<'_>,
    ) -> Result<AdmittedSuccession, Refusal> {
        let action = action(desk)?;
        let admit = |key: FoundKey, permit| {
            key.admit(permit, action, desk.demands, desk.demands.name, desk.call.time)
        };
        let primary = admit(found.primary, permits.primary)?;
        let successor = found.successor.zip(permits.successor);
        let successor = successor.map(|(key, permit)| admit(key, permit)).transpose()?;
        Ok(AdmittedSuccession { primary, successor })
    }
}
