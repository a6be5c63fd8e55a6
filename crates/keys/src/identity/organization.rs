//! What the operator lays down for accounts, and what is noted of access keys and roles.

use crate::codec::time;
use minicbor::{Decode, Encode};
use strongroom_types::Timestamp;

/// The service control policies of one level: of all accounts, or of one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ControlRecord {
    /// Names and documents, in the order in which they were put.
    #[n(0)]
    pub policies: Vec<(String, String)>,
    /// Whether `FullAWSAccess`, which is there from the beginning, was taken away.
    #[n(1)]
    pub without_full_access: bool,
}

/// The last use of an access key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccessKeyUse {
    /// When.
    #[cbor(n(0), with = "time")]
    pub time: Timestamp,
    /// The service, as scopes name it.
    #[n(1)]
    pub service: String,
    /// The Region.
    #[n(2)]
    pub region: String,
}

/// The last use of a role, which is that of any of its sessions.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleUse {
    /// When.
    #[cbor(n(0), with = "time")]
    pub time: Timestamp,
    /// The Region.
    #[n(1)]
    pub region: String,
}
