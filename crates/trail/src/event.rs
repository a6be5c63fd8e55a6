//! One event, in the form that an account sees.

use strongroom_engine::ports::archive::EventAttribute;
use strongroom_types::{AccountId, Region, Timestamp};

/// One event for one account: a record of CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The account whose trail it belongs to, `recipientAccountId`.
    pub account: AccountId,
    /// The Region, `awsRegion`.
    pub region: Region,
    /// When, `eventTime`.
    pub time: Timestamp,
    /// Its own identifier, `eventID`: a UUID.
    pub id: String,
    /// The service, `eventSource`: `kms.amazonaws.com`.
    pub source: String,
    /// `readOnly`.
    pub is_read_only: bool,
    /// Whether it is about the management of resources, `managementEvent`; KMS's all are.
    pub is_management: bool,
    /// Whether it is one of a global service, as IAM's and STS's are.
    pub is_global: bool,
    /// What it is looked up by; of resources there may be several.
    pub attributes: Vec<(EventAttribute, String)>,
    /// The record, a JSON object.
    pub json: String,
}
