//! Temporary credentials. Nothing is stored: what there is to know of a session is sealed in its
//! token, which the caller keeps.

use crate::codec::{self, secret, text, time};
use crate::sealed::{self, RecordError};
use crate::{DomainKey, tags};
use minicbor::{Decode, Encode};
use strongroom_crypto::{Entropy, SecretBytes};
use strongroom_types::{AccountId, Tag, Timestamp};

const PLACE: &[u8] = b"session token";

/// What a session token is, once it is open.
#[derive(Encode, Decode)]
#[cbor(map)]
pub struct SessionRecord {
    /// The access key id that it belongs to: `ASIA…`.
    #[n(0)]
    pub access_key: String,
    /// The secret access key.
    #[cbor(n(1), with = "secret")]
    pub secret: SecretBytes,
    /// When it was issued.
    #[cbor(n(2), with = "time")]
    pub issued: Timestamp,
    /// When it is good no more.
    #[cbor(n(3), with = "time")]
    pub expires: Timestamp,
    /// The account that the session acts in.
    #[cbor(n(4), with = "text")]
    pub account: AccountId,
    /// Whose session it is.
    #[n(5)]
    pub owner: SessionOwner,
    /// The policy that was passed for it.
    #[n(6)]
    pub policy: Option<String>,
    /// ARNs of the managed policies that were passed for it.
    #[n(7)]
    pub policies: Vec<String>,
    /// Tags of the session, those handed down by the session before included.
    #[cbor(n(8), with = "tags")]
    pub tags: Vec<Tag>,
    /// Keys of the tags that a role assumed with this session has, too.
    #[n(9)]
    pub transitive: Vec<String>,
    /// Who is behind it, as was said when the first role was assumed.
    #[n(10)]
    pub source_identity: Option<String>,
    /// The identity provider that vouched for it.
    #[n(11)]
    pub provider: Option<String>,
    /// Zeros, for tokens that shall be of some length.
    #[cbor(n(12), with = "minicbor::bytes")]
    pub padding: Vec<u8>,
    /// The root user's access key that made it, without which it is good no more; absent for
    /// sessions of others.
    #[n(13)]
    pub root_key: Option<String>,
}

/// Whose session it is. An id is that which the identity has: one that is made anew under the same
/// name is another.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum SessionOwner {
    /// The account's root user.
    #[n(0)]
    Root,
    /// A user: name, unique id.
    #[n(1)]
    User(#[n(0)] String, #[n(1)] String),
    /// A role: name, unique id, name of the session.
    #[n(2)]
    Role(#[n(0)] String, #[n(1)] String, #[n(2)] String),
    /// A federated user: name, and name and unique id of the user who made the session; of the
    /// root user both are empty.
    #[n(3)]
    Federated(#[n(0)] String, #[n(1)] String, #[n(2)] String),
}

impl SessionRecord {
    /// The token's bytes.
    ///
    /// # Errors
    /// [`RecordError::Sealing`].
    pub fn seal(&self, domain: &DomainKey, entropy: &dyn Entropy) -> Result<Vec<u8>, RecordError> {
        let tags: usize = self.tags.iter().map(|tag| tag.key.len() + tag.value.len() + 8).sum();
        let policy = self.policy.as_ref().map_or(0, String::len);
        let lists = [&self.policies, &self.transitive];
        let lists: usize = lists.into_iter().flatten().map(|text| text.len() + 8).sum();
        let room = 1024 + tags + policy + lists + self.padding.len();
        let plain = SecretBytes::new(codec::encode_in(room, self));
        sealed::seal(domain, PLACE, 0, plain.expose(), entropy)
    }

    /// Opens the token `sealed`.
    ///
    /// # Errors
    /// [`RecordError`] when it is none.
    pub fn open(domain: &DomainKey, sealed: &[u8]) -> Result<Self, RecordError> {
        let plain = sealed::open(domain, PLACE, 0, sealed)?;
        codec::decode(plain.expose()).map_err(|_| RecordError::Format)
    }
}
