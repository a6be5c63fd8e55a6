//! Finding a key or an alias by what the caller wrote.

use crate::audit::Note;
use crate::demands::{Demands, Effect};
use crate::desk::{Desk, HiddenKey, KeyQuestion};
use crate::gate::{self, AdmittedKey, PlacedKey};
use crate::operation::Role;
use crate::refusal::{Missing, Refusal};
use crate::vault::{KeyEntry, VaultError};
use std::sync::Arc;
use strongroom_keys::KeyRecord;
use strongroom_policy::{Mention, Permit};
use strongroom_types::text::text;
use strongroom_types::{
    Action, AliasArn, AliasName, ErrorCode, KeyArn, KeyId, KeyReference, ReferenceError, Region,
    Timestamp,
};

/// A key that was found, and the alias that named it.
///
/// **Invariant:** a key of another account that is not there, or that an alias names which is not
/// there, counts as found, and is refused only
/// when permission is asked, at the same place in the order as one that is there. Whatever else is
/// wrong with the request, its refusal does not tell the two apart.
pub(crate) struct FoundKey {
    pub(crate) arn: KeyArn,
    key: Option<PlacedKey>,
    alias: Option<AliasName>,
    mention: Mention,
}

impl FoundKey {
    /// The key as it is stored; `None` for one of another account that is not there.
    pub(crate) fn record(&self) -> Option<&KeyRecord> {
        self.key.as_ref().map(|key| &key.entry.record)
    }

    /// May the caller do this to it?
    pub(crate) async fn permit(
        &self,
        desk: &Desk<'_>,
        action: Action,
        role: Role,
        same_key: Option<bool>,
        note: &mut Note,
    ) -> Result<Permit, Refusal> {
        let Self { arn, key, alias, mention } = self;
        let (alias, mention) = (alias.as_ref(), *mention);
        let Some(key) = key else {
            let key = HiddenKey { arn: *arn, action, role, alias, mention };
            return Err(desk.hidden(&key, "no such key".to_owned(), note));
        };
        let entry = &*key.entry;
        let question = KeyQuestion { action, role, entry, alias, same_key, mention };
        desk.permit_key(&question, note).await
    }

    /// Asks the gate.
    pub(crate) fn admit(
        self,
        permit: Permit,
        action: Action,
        demands: &Demands,
        asked_for: &'static str,
        now: Timestamp,
    ) -> Result<AdmittedKey, Refusal> {
        let key = self.key.ok_or(Refusal::Internal)?;
        gate::admit(key, permit, action, demands, asked_for, now)
    }
}

/// Finds the key that `text` names.
pub(crate) async fn by_reference(
    desk: &Desk<'_>,
    text: &str,
    note: &mut Note,
) -> Result<FoundKey, Refusal> {
    let reference = KeyReference::parse(text).map_err(|why| malformed(desk, why))?;
    if !desk.demands.by_alias {
        refuse_alias(&reference, text)?;
    }
    let caller = &desk.call.caller;
    match reference {
        KeyReference::Id(key) => {
            let arn = KeyArn { region: caller.region, account: caller.account, key };
            by_arn(desk, arn, None, Mention::Arn, note).await
        }
        KeyReference::Arn(arn) => {
            same_region(desk, arn.region)?;
            by_arn(desk, arn, None, Mention::Arn, note).await
        }
        KeyReference::Alias(name) => {
            let arn = AliasArn { region: caller.region, account: caller.account, name };
            by_alias(desk, arn, note).await
        }
        KeyReference::AliasArn(arn) => {
            same_region(desk, arn.region)?;
            by_alias(desk, arn, note).await
        }
    }
}

/// Finds the key at `arn`. A key that the caller names in its own account must be there; of another
/// account's, and of a ciphertext's, it is not told here whether it is.
pub(crate) async fn by_arn(
    desk: &Desk<'_>,
    arn: KeyArn,
    alias: Option<AliasName>,
    mention: Mention,
    note: &mut Note,
) -> Result<FoundKey, Refusal> {
    let entry = desk.vault.key(&arn).await.map_err(|why| desk.internal(&why))?;
    if entry.is_some() {
        note.resource(text(&arn));
    } else if arn.account == desk.call.caller.account && mention != Mention::Ciphertext {
        return Err(Refusal::NotFound(Missing::Key(arn)));
    }
    let key = match entry {
        Some(entry) => Some(placed(desk, entry, note).await?),
        None => None,
    };
    Ok(FoundKey { arn, key, alias, mention })
}

/// The key with the custom key store that it is in.
async fn placed(
    desk: &Desk<'_>,
    entry: Arc<KeyEntry>,
    note: &mut Note,
) -> Result<PlacedKey, Refusal> {
    let arn = entry.record.arn();
    let Some(member) = &entry.record.store else { return Ok(PlacedKey { entry, store: None }) };
    if desk.demands.effect == Effect::Use {
        note.store_of_key(member);
    }
    let found = desk.vault.key_store(arn.account, arn.region, &member.store).await;
    let store = found.map_err(|why| desk.internal(&why))?;
    // INVARIANT: a store that has keys is not deleted.
    let missing = || desk.internal(&VaultError(format!("the key store of {arn} is missing")));
    let store = Some(store.ok_or_else(missing)?);
    Ok(PlacedKey { entry, store })
}

async fn by_alias(desk: &Desk<'_>, arn: AliasArn, note: &mut Note) -> Result<FoundKey, Refusal> {
    let found = desk.vault.alias(&arn).await.map_err(|why| desk.internal(&why))?;
    let own = arn.account == desk.call.caller.account;
    let mention = if own { Mention::Arn } else { Mention::Withheld };
    let target = match found {
        Some(alias) => alias.record.target,
        None if own => return Err(Refusal::NotFound(Missing::Alias(arn.to_string()))),
        // As if it stood for a key that is not there.
        None => KeyId::NIL,
    };
    let key = KeyArn { region: arn.region, account: arn.account, key: target };
    by_arn(desk, key, Some(arn.name), mention, note).await
}

/// The refusal of a text that names no key.
fn malformed(desk: &Desk<'_>, why: ReferenceError) -> Refusal {
    let caller = &desk.call.caller;
    match why {
        ReferenceError::KeyId(text) => Refusal::NotFound(Missing::KeyId(text)),
        ReferenceError::KeyIdInArn(text) => Refusal::NotFound(Missing::KeyIdInArn(text)),
        ReferenceError::Arn(text) if desk.demands.errors.contains(&ErrorCode::InvalidArn) => {
            Refusal::InvalidArn(text)
        }
        ReferenceError::Arn(text) => Refusal::NotFound(Missing::Arn(text)),
        ReferenceError::Alias(name) => {
            let (partition, region) = (caller.region.partition(), caller.region);
            let arn = format!("arn:{partition}:kms:{region}:{}:{name}", caller.account);
            Refusal::NotFound(Missing::Alias(arn))
        }
    }
}

/// Operations that manage a key take no alias for it.
fn refuse_alias(reference: &KeyReference, text: &str) -> Result<(), Refusal> {
    match reference {
        KeyReference::Id(_) | KeyReference::Arn(_) => Ok(()),
        KeyReference::Alias(_) => Err(Refusal::NotFound(Missing::KeyId(text.to_owned()))),
        KeyReference::AliasArn(_) => Err(Refusal::NotFound(Missing::Arn(text.to_owned()))),
    }
}

fn same_region(desk: &Desk<'_>, region: Region) -> Result<(), Refusal> {
    if region == desk.call.caller.region {
        Ok(())
    } else {
        Err(Refusal::NotFound(Missing::Region(region)))
    }
}
