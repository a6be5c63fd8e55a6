//! An alias, the key it stands for and the key it shall stand for: each takes a permission.

use super::Target;
use super::find::{FoundKey, by_arn, by_reference};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::gate::AdmittedKey;
use crate::operation::Role;
use crate::refusal::{Invalid, Missing, Refusal};
use crate::vault::Read;
use std::sync::Arc;
use strongroom_keys::{AliasRecord, StateClass};
use strongroom_policy::{Mention, Permit};
use strongroom_types::{Action, AliasArn, AliasName, KeyArn, KeyReference};

/// What shall become of an alias.
pub enum AliasChange {
    /// It shall come to be, for the key that this text names.
    Create(String),
    /// It shall stand for the key that this text names.
    Update(String),
    /// It shall go.
    Delete,
}

/// An alias of the caller's account and the request's Region, and its keys.
pub struct AliasAndKeys {
    /// The alias.
    pub alias: AliasName,
    /// What shall become of it.
    pub change: AliasChange,
}

/// What was found of the alias and its keys.
pub struct Found {
    arn: AliasArn,
    existing: Option<Arc<Read<AliasRecord>>>,
    current: Option<FoundKey>,
    target: Option<FoundKey>,
}

/// Permits for the alias and for each key.
pub struct Permits {
    alias: Permit,
    current: Option<Permit>,
    target: Option<Permit>,
}

/// An alias that may be changed.
pub struct AdmittedAlias {
    arn: AliasArn,
    existing: Option<Arc<Read<AliasRecord>>>,
    current: Option<AdmittedKey>,
    target: Option<AdmittedKey>,
}

impl AdmittedAlias {
    /// The alias.
    #[must_use]
    pub fn arn(&self) -> &AliasArn {
        &self.arn
    }

    /// The alias as it is stored, if it is.
    #[must_use]
    pub fn existing(&self) -> Option<&AliasRecord> {
        self.existing.as_ref().map(|read| &read.record)
    }

    /// The key it stands for; `None` before it is created.
    #[must_use]
    pub fn current(&self) -> Option<&AdmittedKey> {
        self.current.as_ref()
    }

    /// The key it shall stand for; `None` when it shall go.
    #[must_use]
    pub fn target(&self) -> Option<&AdmittedKey> {
        self.target.as_ref()
    }

    pub(crate) fn version(&self) -> Option<u64> {
        self.existing.as_ref().map(|read| read.version)
    }
}

fn action(desk: &Desk<'_>) -> Result<Action, Refusal> {
    match desk.demands.access {
        Access::AliasAndKeys(action) => Ok(action),
        _ => Err(Refusal::Internal),
    }
}

impl AliasAndKeys {
    async fn current(
        desk: &Desk<'_>,
        arn: &AliasArn,
        note: &mut Note,
    ) -> Result<(Arc<Read<AliasRecord>>, FoundKey), Refusal> {
        let found = desk.vault.alias(arn).await.map_err(|why| desk.internal(&why))?;
        let existing = found.ok_or_else(|| Refusal::NotFound(Missing::Alias(arn.to_string())))?;
        let key = KeyArn { region: arn.region, account: arn.account, key: existing.record.target };
        let current = by_arn(desk, key, None, Mention::Arn, note).await?;
        Ok((existing, current))
    }

    async fn target_key(desk: &Desk<'_>, text: &str, note: &mut Note) -> Result<FoundKey, Refusal> {
        if matches!(
            KeyReference::parse(text),
            Ok(KeyReference::Alias(_) | KeyReference::AliasArn(_))
        ) {
            return Err(Refusal::Validation(Invalid::AliasTarget));
        }
        by_reference(desk, text, note).await
    }
}

impl Target for AliasAndKeys {
    type Found = Found;
    type Permits = Permits;
    type Admitted = AdmittedAlias;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        let caller = &desk.call.caller;
        let arn = AliasArn { region: caller.region, account: caller.account, name: self.alias };
        note.resource(arn.to_string());
        let mut found = Found { arn, existing: None, current: None, target: None };
        match self.change {
            AliasChange::Create(text) => {
                found.target = Some(Self::target_key(desk, &text, note).await?);
                let taken = desk.vault.alias(&found.arn).await;
                found.existing = taken.map_err(|why| desk.internal(&why))?;
                if found.existing.is_some() {
                    return Err(Refusal::AlreadyExists(found.arn));
                }
            }
            AliasChange::Update(text) => {
                let (existing, current) = Self::current(desk, &found.arn, note).await?;
                (found.existing, found.current) = (Some(existing), Some(current));
                found.target = Some(Self::target_key(desk, &text, note).await?);
            }
            AliasChange::Delete => {
                let (existing, current) = Self::current(desk, &found.arn, note).await?;
                (found.existing, found.current) = (Some(existing), Some(current));
            }
        }
        Ok(found)
    }

    async fn authorize(
        found: &Found,
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<Permits, Refusal> {
        let action = action(desk)?;
        let alias = desk.permit_alias(action, &found.arn, note)?;
        let mut permits = [None, None];
        for (key, permit) in [&found.current, &found.target].into_iter().zip(&mut permits) {
            if let Some(key) = key {
                *permit = Some(key.permit(desk, action, Role::Only, None, note).await?);
            }
        }
        let [current, target] = permits;
        Ok(Permits { alias, current, target })
    }

    /// The state counts of the key that the alias shall stand for; the one it leaves may be in any.
    fn admit(found: Found, permits: Permits, desk: &Desk<'_>) -> Result<AdmittedAlias, Refusal> {
        if !permits.alias.covers_alias(&found.arn) {
            return Err(Refusal::Internal);
        }
        let (name, now) = (desk.demands.name, desk.call.time);
        let leaving = crate::demands::Demands { states: StateClass::Any, ..*desk.demands };
        let action = action(desk)?;
        let current = found.current.zip(permits.current);
        let current = current.map(|(key, permit)| key.admit(permit, action, &leaving, name, now));
        let target = found.target.zip(permits.target);
        let target = target.map(|(key, permit)| key.admit(permit, action, desk.demands, name, now));
        Ok(AdmittedAlias {
            arn: found.arn,
            existing: found.existing,
            current: current.transpose()?,
            target: target.transpose()?,
        })
    }
}
