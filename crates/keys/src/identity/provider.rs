//! An OpenID Connect provider whom an account believes.

use crate::codec::{text, time};
use crate::tags;
use minicbor::{Decode, Encode};
use strongroom_types::{AccountId, Tag, Timestamp};

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ProviderRecord {
    /// Account.
    #[cbor(n(0), with = "text")]
    pub account: AccountId,
    /// URL without its scheme.
    #[n(1)]
    pub url: String,
    /// When it was created.
    #[cbor(n(2), with = "time")]
    pub created: Timestamp,
    /// Client ids: the audiences that tokens may be for.
    #[n(3)]
    pub clients: Vec<String>,
    /// Thumbprints of the provider's certificates, as they were given; nothing asks them.
    #[n(4)]
    pub thumbprints: Vec<String>,
    /// Tags, in the order in which they were added.
    #[cbor(n(5), with = "tags")]
    pub tags: Vec<Tag>,
}

impl ProviderRecord {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self, partition: &'static str) -> String {
        format!("arn:{partition}:iam::{}:oidc-provider/{}", self.account, self.url)
    }
}
