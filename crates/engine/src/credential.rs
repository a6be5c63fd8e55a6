//! Credentials: what an access key id stands for.

use minicbor::{Decode, Encode};
use strongroom_crypto::SecretBytes;
use strongroom_keys::codec::{optional_text, optional_time, secret, text, time};
use strongroom_types::{AccessKeyStatus, AccountId, Timestamp};

/// A stored credential. It has no `Debug`: it holds the secret access key, which SigV4 needs in
/// the clear; at rest the record is sealed.
#[derive(Encode, Decode)]
#[cbor(map)]
pub(crate) struct CredentialRecord {
    /// The account.
    #[cbor(n(0), with = "text")]
    pub(crate) account: AccountId,
    /// Whose it is.
    #[n(1)]
    pub(crate) owner: Owner,
    /// The secret access key.
    #[cbor(n(2), with = "secret")]
    pub(crate) secret: SecretBytes,
    /// When it was created.
    #[cbor(n(3), with = "time")]
    pub(crate) created: Timestamp,
    /// Whether it signs; absent for those that do.
    #[cbor(n(4), with = "optional_text")]
    pub(crate) status: Option<AccessKeyStatus>,
}

/// Whose a credential is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Owner {
    /// The account's root user.
    #[n(0)]
    Root,
    /// A user: name, unique id.
    #[n(1)]
    User(#[n(0)] String, #[n(1)] String),
}

impl CredentialRecord {
    /// Whether it signs.
    pub(crate) fn status(&self) -> AccessKeyStatus {
        self.status.unwrap_or(AccessKeyStatus::Active)
    }
}

/// A stored account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct AccountRecord {
    /// Its number.
    #[cbor(n(0), with = "text")]
    pub(crate) id: AccountId,
    /// When it was created.
    #[cbor(n(1), with = "time")]
    pub(crate) created: Timestamp,
    /// What the operator calls it.
    #[n(2)]
    pub(crate) name: Option<String>,
    /// Its alias.
    #[n(3)]
    pub(crate) alias: Option<String>,
    /// As [`RootKeysRecord::sessions_since`], which is where it is kept now.
    #[cbor(n(4), with = "optional_time")]
    pub(crate) sessions_since: Option<Timestamp>,
}

/// What there is of an account's root user. Only the operator changes it, so that no request can
/// keep a reset from being written.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct RootKeysRecord {
    /// Its access keys.
    #[n(0)]
    pub(crate) access_keys: Vec<String>,
    /// Temporary credentials that it made up to then are good no more, if they do not say by which
    /// access key they were made.
    #[cbor(n(1), with = "optional_time")]
    pub(crate) sessions_since: Option<Timestamp>,
}
