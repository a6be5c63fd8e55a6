//! Key policies.

use super::{MAX_POLICY_BYTES, Work};
use crate::gate::AdmittedKey;
use crate::identity::bindings::{Principals, look_up};
use crate::refusal::{Limit, Refusal};
use crate::wording::{LOCKED_OUT, malformed_policy, overly_permissive};
use strongroom_keys::KeyRecord;
use strongroom_policy::{Policy, default_key_policy, locks_out};
use strongroom_types::{AccountId, KeyArn, Region};

const INVALID_PRINCIPALS: &str = "Policy contains a statement with one or more invalid principals.";

/// A key policy as it is stored.
pub(super) struct CheckedPolicy {
    pub(super) text: String,
    /// The unique ids of the users and roles that it names.
    pub(super) bindings: Option<Vec<(String, String)>>,
}

impl CheckedPolicy {
    /// That of a key that is created without one.
    pub(super) fn the_default(account: AccountId, region: Region) -> Self {
        Self { text: default_key_policy(account, region.partition()), bindings: None }
    }
}

impl Work<'_> {
    /// `text`, if it is a policy that the key may have, and the unique ids of those whom it names.
    pub(super) async fn checked_policy(
        &self,
        arn: KeyArn,
        text: String,
        bypass: bool,
    ) -> Result<CheckedPolicy, Refusal> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(Refusal::LimitExceeded(Limit::PolicySize));
        }
        let policy = Policy::key_policy(&text);
        let policy = policy.map_err(|why| Refusal::MalformedPolicy(malformed_policy(&why)))?;
        if let Some(key) = policy.overly_permissive() {
            return Err(Refusal::MalformedPolicy(overly_permissive(key)));
        }
        let found =
            look_up(&policy, self.desk.vault).await.map_err(|why| self.desk.internal(&why))?;
        let Principals::Known(bindings) = found else {
            return Err(Refusal::MalformedPolicy(INVALID_PRINCIPALS.to_owned()));
        };
        let facts = self.desk.facts();
        let caller = &self.desk.call.caller;
        let locks_out = caller.authority.with_sources(None, |sources| {
            locks_out(&policy, &caller.principal, arn, sources, &facts)
        });
        if !bypass && locks_out {
            return Err(Refusal::MalformedPolicy(LOCKED_OUT.to_owned()));
        }
        Ok(CheckedPolicy { text, bindings: Some(bindings).filter(|ids| !ids.is_empty()) })
    }

    /// Stages a new policy of the key.
    ///
    /// # Errors
    /// The refusal of the policy, or [`Refusal::Internal`].
    pub async fn put_policy(
        &mut self,
        key: &AdmittedKey,
        text: String,
        bypass_lockout_check: bool,
    ) -> Result<(), Refusal> {
        let policy = self.checked_policy(key.arn(), text, bypass_lockout_check).await?;
        let CheckedPolicy { text, bindings } = policy;
        let change = |record: &mut KeyRecord| (record.policy, record.bindings) = (text, bindings);
        self.update_key(key, change).await.map(drop)
    }
}
