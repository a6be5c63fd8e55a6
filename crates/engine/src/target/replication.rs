//! A primary key, and the place where its replica shall be.

use super::Target;
use super::account::{AdmittedAccount, covers_new_key};
use super::find::{FoundKey, by_reference};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::gate::AdmittedKey;
use crate::operation::Role;
use crate::refusal::Refusal;
use strongroom_policy::{NewId, Permit};
use strongroom_types::{Action, Region};

/// A key of the request's Region, and the Region of its replica.
pub struct Replication {
    /// What the caller wrote for the key.
    pub key: String,
    /// Where the replica shall be.
    pub region: Region,
    /// What else shall be done to the replica.
    pub also: Option<Action>,
}

/// What was found of it.
pub struct Found {
    primary: FoundKey,
    region: Region,
    also: Option<Action>,
}

/// Permits for the key and for the replica's place.
pub struct Permits {
    primary: Permit,
    place: Permit,
}

/// A key that may be replicated, and where to.
pub struct AdmittedReplication {
    /// The key, which need not be a primary key.
    pub primary: AdmittedKey,
    /// The place of the replica.
    pub place: AdmittedAccount,
}

fn actions(desk: &Desk<'_>) -> Result<(Action, Action), Refusal> {
    match desk.demands.access {
        Access::Replication { key, account } => Ok((key, account)),
        _ => Err(Refusal::Internal),
    }
}

impl Target for Replication {
    type Found = Found;
    type Permits = Permits;
    type Admitted = AdmittedReplication;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let primary = by_reference(desk, &self.key, note).await?;
        Ok(Found { primary, region: self.region, also: self.also })
    }

    async fn authorize(
        found: &Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permits, Refusal> {
        let (replicate, create) = actions(desk)?;
        let primary = found.primary.permit(desk, replicate, Role::Only, None, note).await?;
        let record = found.primary.record().ok_or(Refusal::Internal)?;
        let place = desk.permit_replica(create, record, found.region, note)?;
        if let Some(also) = found.also {
            let replica = (found.region, NewId::Known(record.id));
            let permit = desk.permit_new_key(also, Some(record), replica, note)?;
            covers_new_key(&permit, found.region, desk)?;
        }
        Ok(Permits { primary, place })
    }

    fn admit(
        found: Found,
        permits: Permits,
        desk: &Desk<'_>,
    ) -> Result<AdmittedReplication, Refusal> {
        let (replicate, _) = actions(desk)?;
        let (name, now) = (desk.demands.name, desk.call.time);
        let primary = found.primary.admit(permits.primary, replicate, desk.demands, name, now)?;
        let account = primary.arn().account;
        let place = AdmittedAccount::in_region(account, found.region, permits.place)?;
        Ok(AdmittedReplication { primary, place })
    }
}
