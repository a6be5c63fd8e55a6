//! Whom an event is told to.

use super::resources::account_of;
use strongroom_engine::audit::AuditRecord;
use strongroom_types::AccountId;

/// The accounts that an event is told to: the caller's, and those that own the keys or the role, if
/// the request was served.
///
/// Source: AWS KMS Developer Guide, "Key access in other accounts"; IAM User Guide, "Logging IAM
/// and AWS STS API calls with AWS CloudTrail".
#[must_use]
pub fn accounts(record: &AuditRecord) -> Vec<AccountId> {
    let mut accounts = vec![record.account];
    let crosses = matches!(record.service.as_str(), "kms" | "sts");
    if crosses && record.error_code.is_none() {
        for owner in record.resources.iter().filter_map(|arn| account_of(arn)) {
            if !accounts.contains(&owner) {
                accounts.push(owner);
            }
        }
    }
    accounts
}
