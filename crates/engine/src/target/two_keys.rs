//! ReEncrypt's two keys, each with its own permission.

use super::Target;
use super::one_key::{Found, OneKey};
use crate::audit::Note;
use crate::demands::Access;
use crate::desk::Desk;
use crate::gate::AdmittedKey;
use crate::operation::Role;
use crate::quotas::Keys;
use crate::refusal::Refusal;
use strongroom_policy::Permit;
use strongroom_types::{Action, KeyArn};

/// The key that decrypts and the key that encrypts.
pub struct TwoKeys {
    /// The key that made the ciphertext.
    pub source: OneKey,
    /// The key that shall encrypt.
    pub destination: OneKey,
}

/// Both keys, admitted.
pub struct AdmittedPair {
    /// The key that decrypts.
    pub source: AdmittedKey,
    /// The key that encrypts.
    pub destination: AdmittedKey,
}

fn actions(desk: &Desk<'_>) -> Result<(Action, Action), Refusal> {
    match desk.demands.access {
        Access::TwoKeys { source, destination } => Ok((source, destination)),
        _ => Err(Refusal::Internal),
    }
}

impl Target for TwoKeys {
    type Found = (Found, Found);
    type Permits = (Permit, Permit);
    type Admitted = AdmittedPair;

    async fn find(self, desk: &Desk<'_>, note: &mut Note) -> Result<(Found, Found), Refusal> {
        let source = self.source.look_up(desk, note).await?;
        let destination = self.destination.look_up(desk, note).await?;
        Ok((source, destination))
    }

    async fn authorize(
        (source, destination): &(Found, Found),
        desk: &Desk<'_>,
        note: &mut Note,
    ) -> Result<(Permit, Permit), Refusal> {
        let (from, to) = actions(desk)?;
        let same = source.key.arn == destination.key.arn;
        let from = source.key.permit(desk, from, Role::Source, Some(same), note).await?;
        let to = destination.key.permit(desk, to, Role::Destination, Some(same), note).await?;
        Ok((from, to))
    }

    fn keys((source, destination): &(Found, Found)) -> Keys<'_> {
        vec![source.key.record(), destination.key.record()]
    }

    fn used(keys: &AdmittedPair) -> Vec<KeyArn> {
        vec![keys.source.arn(), keys.destination.arn()]
    }

    /// A refusal of the usage names the direction, as AWS does.
    fn admit(
        (source, destination): (Found, Found),
        (from, to): (Permit, Permit),
        desk: &Desk<'_>,
    ) -> Result<AdmittedPair, Refusal> {
        let (decrypts, encrypts) = actions(desk)?;
        Ok(AdmittedPair {
            source: source.admit(from, decrypts, desk, "ReEncryptFrom")?,
            destination: destination.admit(to, encrypts, desk, "ReEncryptTo")?,
        })
    }
}
