//! One key, named by the caller or by a ciphertext.

use super::Target;
use super::find::{FoundKey, by_arn, by_reference};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::gate::AdmittedKey;
use crate::operation::Role;
use crate::quotas::Keys;
use crate::refusal::Refusal;
use strongroom_keys::blob::BlobHeader;
use strongroom_policy::{Mention, Permit};
use strongroom_types::{Action, KeyArn};

/// One key.
pub enum OneKey {
    /// The key that this text names: id, ARN, alias name or alias ARN.
    Named(String),
    /// The key that made this ciphertext, which must be the one named, if one is.
    OfCiphertext {
        /// Header of the ciphertext blob, not yet authenticated.
        header: BlobHeader,
        /// What the caller wrote for the key.
        named: Option<String>,
    },
}

/// A key that was found, and whether it is the one that the ciphertext says made it.
pub struct Found {
    pub(crate) key: FoundKey,
    pub(crate) made_it: bool,
}

impl OneKey {
    pub(crate) async fn look_up(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        match self {
            Self::Named(text) => {
                let key = by_reference(desk, &text, note).await?;
                Ok(Found { key, made_it: true })
            }
            Self::OfCiphertext { header, named: Some(text) } => {
                let key = by_reference(desk, &text, note).await?;
                let made_it = key.arn.key == header.key && key.arn.account == header.account;
                Ok(Found { key, made_it })
            }
            Self::OfCiphertext { header, named: None } => {
                let region = desk.call.caller.region;
                let arn = KeyArn { region, account: header.account, key: header.key };
                let key = by_arn(desk, arn, None, Mention::Ciphertext, note).await?;
                Ok(Found { key, made_it: true })
            }
        }
    }
}

impl Found {
    pub(crate) fn admit(
        self,
        permit: Permit,
        action: Action,
        desk: &Desk<'_>,
        asked_for: &'static str,
    ) -> Result<AdmittedKey, Refusal> {
        if !self.made_it {
            return Err(Refusal::IncorrectKey);
        }
        self.key.admit(permit, action, desk.demands, asked_for, desk.call.time)
    }
}

fn action(desk: &Desk<'_>) -> Result<Action, Refusal> {
    match desk.demands.access {
        Access::Key(action) => Ok(action),
        _ => Err(Refusal::Internal),
    }
}

impl Target for OneKey {
    type Found = Found;
    type Permits = Permit;
    type Admitted = AdmittedKey;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<Found, Refusal> {
        self.look_up(desk, note).await
    }

    async fn authorize(found: &Found, desk: &Desk<'_>, note: &mut Note) -> Result<Permit, Refusal> {
        found.key.permit(desk, action(desk)?, Role::Only, None, note).await
    }

    fn keys(found: &Found) -> Keys<'_> {
        vec![found.key.record()]
    }

    fn used(key: &AdmittedKey) -> Vec<KeyArn> {
        vec![key.arn()]
    }

    fn admit(found: Found, permit: Permit, desk: &Desk<'_>) -> Result<AdmittedKey, Refusal> {
        found.admit(permit, action(desk)?, desk, desk.demands.name)
    }
}
