//! The parts of a signature, found in the header or in the query string, not yet judged.

use crate::{AuthError, Request, authorization, presigned};
use std::borrow::Cow;

/// Where a signature was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query string.
    Presigned {
        /// `X-Amz-Expires`: seconds after signing during which the request may be sent. Without
        /// it the skew alone limits its life.
        expires_seconds: Option<u32>,
    },
}

/// The parts of a signature as text.
pub(crate) struct Parts<'a> {
    pub(crate) form: Form,
    pub(crate) algorithm: Cow<'a, str>,
    pub(crate) credential: Cow<'a, str>,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) signature: Cow<'a, str>,
    pub(crate) date: Cow<'a, str>,
    pub(crate) session_token: Option<Cow<'a, str>>,
}

/// Finds the parts of the one signature of `request`.
///
/// A request is presigned if its query has an `X-Amz-Algorithm`. An `Authorization` header of
/// another scheme than AWS's (`Bearer`, `Basic`) is no signature.
pub(crate) fn find<'a>(request: &Request<'a>) -> Result<Parts<'a>, AuthError> {
    let header = request.only_text("authorization")?;
    match (header, presigned::is_presigned(request)?) {
        (Some(_), true) => Err(AuthError::BothForms),
        (None, true) => presigned::parts(request),
        (Some(header), false) if header.starts_with("AWS4-") => {
            authorization::parts(request, header)
        }
        _ => Err(AuthError::MissingToken),
    }
}
