//! A user, group or role.

use crate::codec::{text, time};
use crate::tags;
use minicbor::{Decode, Encode};
use strongroom_types::{AccountId, EntityArn, IdentityKind, Tag, Timestamp};

/// A user, group or role, with everything that is attached to it: what a request needs to know of
/// it is one record, and two changes to it meet there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IdentityRecord {
    /// Account.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// What it is.
    #[cbor(n(1), with = "text")]
    pub kind: IdentityKind,
    /// Unique id: `AIDA…`, `AGPA…`, `AROA…`. It is never given again.
    #[n(2)]
    pub id: String,
    /// Name as it was written; unique in the account whatever its case.
    #[n(3)]
    pub name: String,
    /// Path, beginning and ending with `/`.
    #[n(4)]
    pub path: String,
    /// When it was created.
    #[cbor(n(5), with = "time")]
    pub created: Timestamp,
    /// Policies of its own, in the order in which they were put.
    #[n(6)]
    pub inline: Vec<InlinePolicy>,
    /// ARNs of managed policies, in the order in which they were attached.
    #[n(7)]
    pub attached: Vec<String>,
    /// ARN of the managed policy that is its permissions boundary.
    #[n(8)]
    pub boundary: Option<String>,
    /// Tags, in the order in which they were added.
    #[cbor(n(9), with = "tags")]
    pub tags: Vec<Tag>,
    /// Of a user: unique ids of its groups.
    #[n(10)]
    pub groups: Vec<String>,
    /// Of a user: ids of its access keys.
    #[n(11)]
    pub access_keys: Vec<String>,
    /// Of a group: how many users are in it.
    #[n(12)]
    pub members: u32,
    /// Of a role: who may assume it, and for how long.
    #[n(13)]
    pub role: Option<RoleTerms>,
}

/// A policy embedded in a user, group or role.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InlinePolicy {
    /// Name, unique in the identity.
    #[n(0)]
    pub name: String,
    /// The document, as it was put.
    #[n(1)]
    pub document: String,
}

/// What only a role has.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoleTerms {
    /// The trust policy, as it was put.
    #[n(0)]
    pub trust: String,
    /// The unique ids that the ARNs of users and roles in it stood for.
    #[n(1)]
    pub bindings: Vec<(String, String)>,
    /// Description.
    #[n(2)]
    pub description: Option<String>,
    /// The longest session, in seconds: 3,600 to 43,200.
    #[n(3)]
    pub max_session: u32,
}

impl IdentityRecord {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self, partition: &'static str) -> EntityArn {
        EntityArn {
            partition,
            account: Some(self.account),
            kind: self.kind.name(),
            path: self.path.clone(),
            name: self.name.clone(),
        }
    }
}
