//! A managed policy.

use crate::codec::{text, time};
use crate::tags;
use minicbor::{Decode, Encode};
use strongroom_types::{AccountId, EntityArn, Tag, Timestamp};

/// A managed policy with its versions.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ManagedPolicyRecord {
    /// Account.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// Unique id: `ANPA…`.
    #[n(1)]
    pub id: String,
    /// Name as it was written; unique in the account whatever its case.
    #[n(2)]
    pub name: String,
    /// Path, beginning and ending with `/`.
    #[n(3)]
    pub path: String,
    /// When it was created.
    #[cbor(n(4), with = "time")]
    pub created: Timestamp,
    /// When a version was made or became the default.
    #[cbor(n(5), with = "time")]
    pub updated: Timestamp,
    /// Description.
    #[n(6)]
    pub description: Option<String>,
    /// Versions, oldest first; at least one.
    #[n(7)]
    pub versions: Vec<PolicyVersion>,
    /// Number of the version that holds.
    #[n(8)]
    pub default: u32,
    /// Number of the version that is made next.
    #[n(9)]
    pub next: u32,
    /// How many identities it is attached to.
    #[n(10)]
    pub attachments: u32,
    /// How many identities it is the permissions boundary of.
    #[n(11)]
    pub boundaries: u32,
    /// Tags, in the order in which they were added.
    #[cbor(n(12), with = "tags")]
    pub tags: Vec<Tag>,
}

/// A version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PolicyVersion {
    /// Number, from 1; never given again.
    #[n(0)]
    pub number: u32,
    /// The document, as it was put.
    #[n(1)]
    pub document: String,
    /// When it was made.
    #[cbor(n(2), with = "time")]
    pub created: Timestamp,
}

impl ManagedPolicyRecord {
    /// The version `number`.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self, partition: &'static str) -> EntityArn {
        EntityArn {
            partition,
            account: Some(self.account),
            kind: "policy",
            path: self.path.clone(),
            name: self.name.clone(),
        }
    }
}
