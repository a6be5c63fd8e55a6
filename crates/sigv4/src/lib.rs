//! AWS Signature Version 4 (`AWS4-HMAC-SHA256`): verifying and making signatures, in the
//! `Authorization` header and in the presigned query string.
//!
//! **Architecture invariant:** this crate knows no socket, no clock, no JSON and no key management
//! service. Time is a value, a request is borrowed text, and the secret is looked up elsewhere.
//!
//! A request is authenticated in two steps, between which the caller looks up the key:
//!
//! 1. [`claim`] parses who claims to have signed, when and for what, and refuses everything that
//!    can be refused without a key, in the order in which AWS refuses it.
//! 2. [`Claim::verify`] compares the signature. Only it makes a [`Verified`].
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

mod authorization;
mod canonical;
mod claim;
mod error;
mod escape;
mod parts;
mod path;
mod presigned;
mod query;
mod request;
mod rules;
mod scope;
mod signed_headers;
mod signer;
mod signing_key;
mod verified;
mod window;

pub use claim::{Claim, claim};
pub use error::{AuthError, ExpiresFault, ScopeFaults};
pub use parts::Form;
pub use request::{
    MAX_HEADER_BYTES, MAX_HEADERS, MAX_PATH_BYTES, MAX_QUERY_BYTES, MAX_QUERY_PARAMETERS, Request,
};
pub use rules::{PathForm, Payload, Rules};
pub use signer::Signer;
pub use signing_key::SigningKey;
pub use verified::Verified;
pub use window::{MAX_EXPIRES_SECONDS, SKEW_MINUTES};

/// The only algorithm served.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The last element of every credential scope.
pub(crate) const TERMINATOR: &str = "aws4_request";
