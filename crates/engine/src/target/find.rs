//! Finding a key or an alias by what the caller wrote.

use crate::audit::Note;
use crate::desk::Desk;
use crate::refusal::{Missing, Refusal};
use crate::vault::KeyEntry;
use std::sync::Arc;
use strongroom_policy::Mention;
use strongroom_types::{
    Action, AliasArn, AliasName, ErrorCode, KeyArn, KeyReference, ReferenceError, Region,
};

/// A key that was found, and the alias that named it.
pub(crate) struct FoundKey {
    pub(crate) entry: Arc<KeyEntry>,
    pub(crate) alias: Option<AliasName>,
    /// How refusals may speak of it.
    pub(crate) mention: Mention,
}

/// Finds the key that `text` names.
pub(crate) async fn by_reference(
    desk: &Desk<'_>,
    text: &str,
    action: Action,
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
            by_arn(desk, arn, None, Mention::Arn, action, note).await
        }
        KeyReference::Arn(arn) => {
            same_region(desk, arn.region)?;
            by_arn(desk, arn, None, Mention::Arn, action, note).await
        }
        KeyReference::Alias(name) => {
            let arn = AliasArn { region: caller.region, account: caller.account, name };
            by_alias(desk, arn, action, note).await
        }
        KeyReference::AliasArn(arn) => {
            same_region(desk, arn.region)?;
            by_alias(desk, arn, action, note).await
        }
    }
}

/// Finds the key at `arn`. A key missing in the caller's own account is not found; of another
/// account's it is not told whether it is there.
pub(crate) async fn by_arn(
    desk: &Desk<'_>,
    arn: KeyArn,
    alias: Option<AliasName>,
    mention: Mention,
    action: Action,
    note: &mut Note,
) -> Result<FoundKey, Refusal> {
    match desk.vault.key(&arn).await.map_err(|why| desk.internal(&why))? {
        Some(entry) => {
            note.resource(arn.to_string());
            Ok(FoundKey { entry, alias, mention })
        }
        None if arn.account == desk.call.caller.account && mention != Mention::Ciphertext => {
            Err(Refusal::NotFound(Missing::Key(arn)))
        }
        None => Err(desk.hidden(arn, action, mention, note)),
    }
}

async fn by_alias(
    desk: &Desk<'_>,
    arn: AliasArn,
    action: Action,
    note: &mut Note,
) -> Result<FoundKey, Refusal> {
    let found = desk.vault.alias(&arn).await.map_err(|why| desk.internal(&why))?;
    let Some(alias) = found else {
        return Err(Refusal::NotFound(Missing::Alias(arn.to_string())));
    };
    let own = arn.account == desk.call.caller.account;
    let mention = if own { Mention::Arn } else { Mention::Withheld };
    let key = KeyArn { region: arn.region, account: arn.account, key: alias.record.target };
    by_arn(desk, key, Some(arn.name), mention, action, note).await
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
