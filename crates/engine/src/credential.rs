//! Credentials: what an access key id stands for.

use minicbor::{Decode, Encode};
use strongroom_crypto::SecretBytes;
use strongroom_keys::codec::{secret, text, time};
use strongroom_types::{AccountId, Principal, Timestamp};

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
}

/// Whose a credential is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Owner {
    /// The account's root user.
    #[n(0)]
    Root,
}

impl CredentialRecord {
    /// The principal that the credential authenticates.
    #[must_use]
    pub(crate) fn principal(&self) -> Principal {
        match self.owner {
            Owner::Root => Principal::Root { account: self.account },
        }
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
}
