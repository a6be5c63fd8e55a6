//! One copy of an event: what one of the accounts that it concerns is told.

use strongroom_engine::audit::AuditRecord;
use strongroom_engine::event_id::EventId;
use strongroom_types::AccountId;

/// A record, and the account that is told of it.
#[derive(Clone, std::marker::Copy)]
pub(super) struct Copy<'r> {
    pub(super) record: &'r AuditRecord,
    /// Who is told.
    pub(super) account: AccountId,
    /// The server's partition.
    pub(super) partition: &'r str,
    /// Whether another account is told, too.
    pub(super) is_shared: bool,
    /// The record's time, and when the credentials of a session were issued, as records write them.
    pub(super) time: &'r str,
    pub(super) issued: &'r str,
}

impl Copy<'_> {
    pub(super) fn id(&self) -> EventId {
        EventId::of(self.record.time, self.record.request, self.account)
    }

    /// Whether it is told to the caller's account.
    pub(super) fn is_callers(&self) -> bool {
        self.account == self.record.account
    }

    /// Whether the service did it by itself.
    pub(super) fn is_of_the_service(&self) -> bool {
        self.record.identity.is_none()
    }

    /// Whether the operation is one of KMS of this name.
    pub(super) fn is_kms(&self, operation: &str) -> bool {
        self.record.service == "kms" && self.record.operation == operation
    }

    /// Whether policies refused it.
    pub(super) fn is_denied(&self) -> bool {
        matches!(self.record.error_code.as_deref(), Some("AccessDeniedException" | "AccessDenied"))
    }

    /// The ARNs of what it was about. Of a request that was refused, another account's key is not
    /// among them: whether that key is there, and which one a ciphertext or an alias stands for,
    /// is not for the caller to know.
    pub(super) fn resources(&self) -> impl Iterator<Item = &str> {
        let hides = self.record.service == "kms" && self.is_denied();
        let own = self.record.account;
        let all = self.record.resources.iter().map(String::as_str);
        all.filter(move |arn| !hides || super::resources::account_of(arn) == Some(own))
    }

    /// The ARN of the first key.
    pub(super) fn key(&self) -> Option<&str> {
        self.resources().find(|arn| arn.contains(":key/"))
    }

    /// Source: the Service Authorization Reference has GetFederationToken among the operations that
    /// write, and CloudTrail shows it so; all else follows from the effect.
    pub(super) fn is_read_only(&self) -> bool {
        self.record.read_only && self.record.operation != "GetFederationToken"
    }

    /// Whether it is about the management of resources: all but reading objects is.
    pub(super) fn is_management(&self) -> bool {
        self.record.service != "s3" || self.record.operation == "GetBucketLocation"
    }

    /// What decided, as far as it is this account's own business.
    pub(super) fn decided_by(&self) -> impl Iterator<Item = &str> {
        let (record, account) = (self.record, super::digits::account(self.account));
        let own = record.decided.iter().filter(move |(whose, _)| whose.as_bytes() == account);
        // Without a division all of it is the caller's; an older record may not have been divided.
        let is_all = record.decided.is_empty() && self.is_callers() && !self.is_about_others();
        let all = if is_all { record.reasons.as_slice() } else { &[] };
        own.map(|(_, part)| part.as_str()).chain(all.iter().map(String::as_str))
    }

    /// Whether something of another account's is among what it was about.
    fn is_about_others(&self) -> bool {
        let owners =
            self.record.resources.iter().filter_map(|arn| super::resources::account_of(arn));
        owners.into_iter().any(|owner| owner != self.record.account)
    }
}
