//! Trails of the caller's account.

use super::Target;
use crate::audit::Note;
use crate::demands::{Access, Effect};
use crate::desk::Desk;
use crate::refusal::{Refusal, TrailRefusal};
use crate::slot::{Slot, SlotRange};
use crate::work::{BUILT_IN_TRAIL, MAX_TRAILS_IN_ACCOUNT, built_in};
use strongroom_keys::TrailRecord;
use strongroom_policy::Permit;
use strongroom_types::{Action, ErrorCode, TrailArn, TrailName, TrailReference};

/// A trail that is there.
pub struct OneTrail(pub TrailReference);

/// Trails that are there, by ARN: for their tags.
pub struct Trails(pub Vec<TrailArn>);

/// A trail that shall be made in the Region of the request.
pub struct NewTrail {
    /// Its name.
    pub name: TrailName,
    /// What else shall be done to it: tagged, where the request brings tags.
    pub also: Option<Action>,
}

/// What was found: what the request means, and the trail if it is there.
pub struct Found {
    arn: TrailArn,
    stored: Option<Stored>,
}

struct Stored {
    record: TrailRecord,
    /// `None` for the built-in trail, which is stored nowhere.
    version: Option<u64>,
}

/// Proof that the caller may do this to a trail that is there.
pub struct AdmittedTrail {
    arn: TrailArn,
    stored: Stored,
    permit: Permit,
}

impl AdmittedTrail {
    /// It, as it is stored.
    #[must_use]
    pub fn record(&self) -> &TrailRecord {
        &self.stored.record
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &TrailArn {
        &self.arn
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The version it was read at.
    ///
    /// # Errors
    /// [`TrailRefusal::BuiltIn`].
    pub(crate) fn version(&self) -> Result<u64, Refusal> {
        self.stored.version.ok_or(Refusal::Trail(TrailRefusal::BuiltIn))
    }
}

/// Proof that the caller may make this trail.
pub struct AdmittedNewTrail {
    arn: TrailArn,
    permit: Permit,
}

impl AdmittedNewTrail {
    /// The ARN that it will have.
    #[must_use]
    pub fn arn(&self) -> &TrailArn {
        &self.arn
    }

    /// Why it may be made.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }
}

/// The trail of the caller's account that the ARN means.
async fn by_arn(arn: TrailArn, desk: &Desk<'_>) -> Result<Found, Refusal> {
    if arn.account != desk.call.caller.account {
        return Ok(Found { arn, stored: None });
    }
    if let Some(record) = built_in(arn.account, desk.settings)
        && (arn.region, arn.name.as_str()) == (record.region, BUILT_IN_TRAIL)
    {
        return Ok(Found { arn, stored: Some(Stored { record, version: None }) });
    }
    let slot = Slot::trail(arn.account, arn.region, arn.name.as_str());
    let read = desk.vault.read::<TrailRecord>(&slot).await.map_err(|why| desk.internal(&why))?;
    let stored = read.map(|read| Stored { record: read.record, version: Some(read.version) });
    Ok(Found { arn, stored })
}

/// The trail of the request's Region that the name means. The built-in trail is known by its name
/// in every Region; so are, to those who would change them, those that show there from another one.
async fn by_name(name: TrailName, desk: &Desk<'_>) -> Result<Found, Refusal> {
    let (account, region) = (desk.call.caller.account, desk.call.caller.region);
    if let Some(record) = built_in(account, desk.settings)
        && name.as_str() == BUILT_IN_TRAIL
    {
        let arn = TrailArn { region: record.region, account, name };
        return Ok(Found { arn, stored: Some(Stored { record, version: None }) });
    }
    let found = by_arn(TrailArn { region, account, name }, desk).await?;
    if found.stored.is_some() || desk.demands.effect != Effect::Change {
        return Ok(found);
    }
    let range = SlotRange::trails(account);
    let all = desk.vault.scan::<TrailRecord>(&range, None, MAX_TRAILS_IN_ACCOUNT).await;
    let all = all.map_err(|why| desk.internal(&why))?;
    let name = found.arn.name.as_str();
    let shadow = all.iter().find(|(_, record)| record.is_multi_region && record.name == name);
    match shadow {
        Some((_, record)) => by_arn(TrailArn { region: record.region, ..found.arn }, desk).await,
        None => Ok(found),
    }
}

fn action(desk: &Desk<'_>) -> Result<Action, Refusal> {
    match desk.demands.access {
        Access::Trail(action) => Ok(action),
        _ => Err(Refusal::Internal),
    }
}

/// What was found, if it is there and the permit is for it; `absent` says that it is not.
fn admitted(
    found: Found,
    permit: Permit,
    absent: fn(TrailArn) -> TrailRefusal,
) -> Result<AdmittedTrail, Refusal> {
    let Found { arn, stored } = found;
    if !permit.covers_trail(&arn) {
        return Err(Refusal::Internal);
    }
    let stored = stored.ok_or_else(|| Refusal::Trail(absent(arn.clone())))?;
    Ok(AdmittedTrail { arn, stored, permit })
}

impl Target for OneTrail {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedTrail;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let found = match self.0 {
            TrailReference::Name(name) => by_name(name, desk).await?,
            TrailReference::Arn(arn) => by_arn(arn, desk).await?,
        };
        note.resource(found.arn.to_string());
        Ok(found)
    }

    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        desk.permit_trail(action(desk)?, &found.arn, note)
    }

    fn admit(found: Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedTrail, Refusal> {
        let absent = match desk.demands.errors.contains(&ErrorCode::ResourceNotFound) {
            true => TrailRefusal::NoResource,
            false => TrailRefusal::NotFound,
        };
        let trail = admitted(found, permit, absent)?;
        if desk.demands.effect == Effect::Change {
            trail.version()?;
            if trail.arn.region != desk.call.caller.region {
                return Err(Refusal::Trail(TrailRefusal::HomeRegion(trail.arn)));
            }
        }
        Ok(trail)
    }
}

impl Target for Trails {
    type Found = Vec<Found>;
    type Permits = Vec<Permit>;
    type Admitted = Vec<AdmittedTrail>;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Vec<Found>, Refusal> {
        let mut all = Vec::with_capacity(self.0.len());
        for arn in self.0 {
            note.resource(arn.to_string());
            all.push(by_arn(arn, desk).await?);
        }
        Ok(all)
    }

    async fn authorize(
        found: &Vec<Found>,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Vec<Permit>, Refusal> {
        let action = action(desk)?;
        if found.is_empty() {
            // Who asks about no trail is asked for the permission all the same.
            let _about_nothing = desk.permit_account(action, note)?;
        }
        found.iter().map(|one| desk.permit_trail(action, &one.arn, note)).collect()
    }

    fn admit(
        found: Vec<Found>,
        permits: Vec<Permit>,
        _: &Desk<'_>,
    ) -> Result<Vec<AdmittedTrail>, Refusal> {
        if found.len() != permits.len() {
            return Err(Refusal::Internal);
        }
        let pairs = found.into_iter().zip(permits);
        pairs.map(|(found, permit)| admitted(found, permit, TrailRefusal::NoResource)).collect()
    }
}

impl Target for NewTrail {
    type Found = (TrailArn, Option<Action>);
    type Permits = Permit;
    type Admitted = AdmittedNewTrail;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Self::Found, Refusal> {
        let caller = &desk.call.caller;
        let arn = TrailArn { region: caller.region, account: caller.account, name: self.name };
        note.resource(arn.to_string());
        Ok((arn, self.also))
    }

    async fn authorize(
        (arn, also): &Self::Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let permit = desk.permit_trail(action(desk)?, arn, note)?;
        if let Some(also) = *also
            && !desk.permit_trail(also, arn, note)?.covers_trail(arn)
        {
            return Err(Refusal::Internal);
        }
        Ok(permit)
    }

    fn admit(
        (arn, _): Self::Found,
        permit: Permit,
        _: &Desk<'_>,
    ) -> Result<AdmittedNewTrail, Refusal> {
        match permit.covers_trail(&arn) {
            true => Ok(AdmittedNewTrail { arn, permit }),
            false => Err(Refusal::Internal),
        }
    }
}
