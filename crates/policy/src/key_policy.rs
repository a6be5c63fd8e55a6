//! The default key policy, and the check that a new one does not lock its author out.

use crate::decision::decide;
use crate::facts::Facts;
use crate::policy::Policy;
use crate::question::{Question, Resource, Sources};
use strongroom_types::{AccountId, Action, KeyArn, Principal};

/// The policy of a key that is created without one, as `GetKeyPolicy` returns it: it leaves
/// access to the identity policies of the account.
///
/// Source: AWS KMS Developer Guide, "Default key policy"; AWS CLI, example of `get-key-policy`.
#[must_use]
pub fn default_key_policy(account: AccountId, partition: &str) -> String {
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:{partition}:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

/// Whether the caller, once `policy` is the policy of `key`, could not call `PutKeyPolicy` on it
/// any more. `sources` and `facts` are those of the request that brings the policy; the key policy
/// among the sources does not count.
///
/// Source: AWS KMS API Reference, `PutKeyPolicy`, `BypassPolicyLockoutSafetyCheck`.
#[must_use]
pub fn locks_out(
    policy: &Policy,
    caller: &Principal,
    key: KeyArn,
    sources: &Sources<'_>,
    facts: &dyn Facts,
) -> bool {
    let question = Question {
        principal: caller,
        partition: key.region.partition(),
        action: Action::new("kms:PutKeyPolicy"),
        resource: Resource::Key(key),
        cross_account_allowed: false,
    };
    decide(&question, &Sources { key_policy: Some(policy), ..*sources }, facts).is_err()
}
