//! The proof that a request was signed.

use crate::parts::Form;
use std::fmt;
use strongroom_types::{Region, Timestamp};

/// Proof that a request was signed with the secret of an access key. Its one maker is
/// [`crate::Claim::verify`].
///
/// It proves possession of the key that `verify` was given. That this key is the one of
/// [`Verified::access_key_id`], and that [`Verified::session_token`] belongs to it, is for the
/// look-up between claim and verification to see to.
pub struct Verified {
    pub(crate) access_key_id: String,
    pub(crate) region: Region,
    pub(crate) service: &'static str,
    pub(crate) session_token: Option<String>,
    pub(crate) signed_at: Timestamp,
    pub(crate) form: Form,
}

impl Verified {
    /// The id of the access key that signed.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The Region for which the request was signed.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// The service for which the request was signed.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The session token that was signed along, if the credentials are temporary.
    #[must_use]
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// The time of signing by the client's clock, in whole seconds.
    #[must_use]
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Where the signature was given.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }
}

/// Without the session token, which is half of a credential.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("access_key_id", &self.access_key_id)
            .field("region", &self.region)
            .field("service", &self.service)
            .field("signed_at", &self.signed_at)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}
