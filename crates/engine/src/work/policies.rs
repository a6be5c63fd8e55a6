//! Key policies.

use super::{MAX_POLICY_BYTES, Work};
use crate::gate::AdmittedKey;
use crate::refusal::{Limit, Refusal};
use crate::wording::{LOCKED_OUT, malformed_policy, overly_permissive};
use strongroom_policy::{Policy, locks_out};
use strongroom_types::KeyArn;

impl Work<'_> {
    /// `text`, if it is a policy that the key may have.
    pub(super) fn checked_policy(
        &self,
        arn: KeyArn,
        text: String,
        bypass: bool,
    ) -> Result<String, Refusal> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(Refusal::LimitExceeded(Limit::PolicySize));
        }
        let policy = Policy::key_policy(&text);
        let policy = policy.map_err(|why| Refusal::MalformedPolicy(malformed_policy(&why)))?;
        if let Some(key) = policy.overly_permissive() {
            return Err(Refusal::MalformedPolicy(overly_permissive(key)));
        }
        let facts = self.desk.facts();
        let caller = &self.desk.call.caller.principal;
        if !bypass && locks_out(&policy, caller, arn, &self.desk.sources(), &facts) {
            return Err(Refusal::MalformedPolicy(LOCKED_OUT.to_owned()));
        }
        Ok(text)
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
        let policy = self.checked_policy(key.arn(), text, bypass_lockout_check)?;
        self.update_key(key, |record| record.policy = policy).await.map(drop)
    }
}
