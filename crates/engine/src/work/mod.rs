//! What an operation works with once it is admitted: key material through the admitted key only,
//! entropy, the request's one time, pages of what it may list, and the changes it stages.

mod access_keys;
mod account;
mod aliases;
mod attachments;
mod cryptography;
mod grants;
mod identities;
mod import;
mod key_stores;
mod keys;
mod managed_policies;
mod multi_region;
mod objects;
mod offload;
mod outside;
mod pairs;
mod policies;
mod rotation;
mod sessions;
mod simulation;
mod trails;

pub use crate::slot::PolicyUse;
pub use access_keys::AccessKeyEntry;
pub(crate) use attachments::canonical;
pub use cryptography::Encrypted;
pub(crate) use grants::beside;
pub use grants::{CreatedGrant, MAX_GRANT_KINDS};
pub use identities::{IdentityDraft, RoleDraft};
pub use import::{BroughtMaterial, ImportParameters};
pub use key_stores::{KeyStoreChange, KeyStoreName};
pub use keys::{KeyDraft, KeySource};
pub use managed_policies::PolicyDraft;
pub use multi_region::{PASSING_MILLIS, ReplicaDraft};
pub use pairs::Signed;
pub use rotation::MAX_ROTATIONS_ON_DEMAND;
pub use sessions::{IssuedSession, SessionDraft};
pub(crate) use trails::built_in;
pub use trails::{
    BUILT_IN_TRAIL, EventSearch, MAX_TRAILS, MAX_TRAILS_IN_ACCOUNT, PublicTrailKey, TrailDraft,
};

use crate::audit::Note;
use crate::desk::Desk;
use crate::ledger::Changes;
use crate::quotas::key_counts::Reserved;
use crate::refusal::Refusal;
use crate::slot::Slot;
use crate::vault::VaultError;
use strongroom_crypto::SecretBytes;
use strongroom_types::Timestamp;

/// The largest key policy, in bytes. Source: AWS KMS Developer Guide, "Resource quotas".
pub const MAX_POLICY_BYTES: usize = 32_768;

/// The work of one operation.
pub struct Work<'a> {
    pub(crate) desk: &'a Desk<'a>,
    note: &'a mut Note,
    changes: Changes,
    reserved: Vec<Reserved>,
}

/// What the work of an operation comes to.
#[derive(Default)]
pub(crate) struct Staged {
    pub(crate) changes: Changes,
    /// The keys among them that quotas count: to be kept when they are made.
    pub(crate) reserved: Vec<Reserved>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(desk: &'a Desk<'a>, note: &'a mut Note) -> Self {
        Self { desk, note, changes: Changes::default(), reserved: Vec::new() }
    }

    pub(crate) fn into_staged(self) -> Staged {
        Staged { changes: self.changes, reserved: self.reserved }
    }

    /// The time of the request.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.desk.call.time
    }

    /// The ARN of who asks.
    #[must_use]
    pub fn caller_arn(&self) -> String {
        let caller = &self.desk.call.caller;
        caller.principal.arn(caller.partition).to_string()
    }

    /// Whom an identity provider vouches for: the provider, the subject and the audience of the
    /// token.
    ///
    /// # Errors
    /// [`Refusal::Internal`] for any other caller: a mistake of ours.
    pub fn vouched_for(&self) -> Result<(String, String, String), Refusal> {
        let web = self.desk.call.caller.authority.web().ok_or(Refusal::Internal)?;
        Ok((web.url.clone(), web.subject.clone(), web.audience.clone()))
    }

    /// So many random bytes.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the entropy source fails.
    pub fn random(&self, len: usize) -> Result<SecretBytes, Refusal> {
        let mut bytes = SecretBytes::zeroed(len);
        let filled = self.desk.vault.entropy().fill(bytes.expose_mut());
        filled.map_err(|why| self.failed(&why))?;
        Ok(bytes)
    }

    /// Stages the removal of a record that only its place says something with.
    async fn remove(&mut self, slot: Slot) -> Result<(), Refusal> {
        let found = self.desk.vault.store().read(slot.bytes()).await;
        let found = found.map_err(|why| self.desk.internal(&why.into()))?;
        // What is gone by now was taken away by a change that was first: a version that no record
        // has makes this one lose, and be tried again on what is there then.
        let version = found.map_or(u64::MAX, |found| found.version);
        self.changes.delete(slot, Some(version));
        Ok(())
    }

    /// Stages the removal of a record if it is there.
    async fn remove_if_there(&mut self, slot: Slot) -> Result<(), Refusal> {
        let found = self.desk.vault.store().read(slot.bytes()).await;
        if let Some(found) = found.map_err(|why| self.desk.internal(&why.into()))? {
            self.changes.delete(slot, Some(found.version));
        }
        Ok(())
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> Refusal {
        self.desk.internal(&VaultError(why.to_string()))
    }
}
