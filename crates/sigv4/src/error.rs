//! Why a request is not authenticated, in AWS's words.
//!
//! The texts are read by people and matched by SDKs (clock correction looks for them), so they are
//! AWS's to the letter, capitals, trailing spaces and all. They were taken from real replies quoted
//! in public issue threads, such as <https://github.com/aws/aws-sdk-js-v3/issues/6400>,
//! <https://github.com/aws/aws-sdk-php/issues/2469> and <https://github.com/aws/aws-sdk-ruby/issues/431>.
//! Where AWS has no text, ours says what is wrong.

use std::fmt;
use strongroom_types::Timestamp;

/// Why a request is not authenticated: one variant per condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthError {
    /// No signature in the header or the query string.
    MissingToken,
    /// Signatures in both.
    BothForms,
    /// The `Authorization` header, or the headers that go with it, lack something.
    MissingInHeader {
        /// The parameters of the header that are absent or empty.
        parameters: Vec<&'static str>,
        /// Whether the time of signing is absent too.
        date: bool,
        /// Base64 of the SHA-256 of the header's value; AWS no longer quotes the value.
        header_sha256: String,
    },
    /// The query string lacks something.
    MissingInQuery {
        /// The parameters that are absent or empty.
        parameters: Vec<&'static str>,
    },
    /// A parameter of the `Authorization` header has no equal sign.
    NotAPair {
        /// Base64 of the SHA-256 of the header's value.
        header_sha256: String,
    },
    /// Something that may be given once is given twice.
    Repeated {
        /// The name of the header or parameter.
        name: &'static str,
    },
    /// The time of signing is not of the form `YYYYMMDDTHHMMSSZ`.
    Date {
        /// The beginning of what was given.
        given: String,
    },
    /// `X-Amz-Expires` is not a number of seconds from one to a week.
    Expires(ExpiresFault),
    /// The signature's life is over.
    Expired {
        /// The time of signing.
        signed: Timestamp,
        /// The earliest time of signing that is good now.
        earliest: Timestamp,
        /// Now.
        now: Timestamp,
        /// What lies between the two, in seconds.
        lifetime_seconds: u32,
    },
    /// The signature is from the future.
    NotYetCurrent {
        /// The time of signing.
        signed: Timestamp,
        /// The latest time of signing that is good now.
        latest: Timestamp,
        /// Now.
        now: Timestamp,
        /// What lies between the two, in minutes.
        skew_minutes: u16,
    },
    /// A header that must be signed is not.
    Unsigned {
        /// The header's name as AWS writes it.
        header: String,
    },
    /// An algorithm other than `AWS4-HMAC-SHA256`.
    Algorithm {
        /// The beginning of what was given.
        given: String,
    },
    /// The credential does not consist of five elements.
    Credential {
        /// The beginning of what was given.
        given: String,
    },
    /// The credential scope is not that of this service at that time.
    Scope(Box<ScopeFaults>),
    /// No such access key, or the session token does not belong to it.
    UnknownKey,
    /// The signature is not that of this request under this key.
    SignatureMismatch,
    /// The session is over.
    ExpiredToken,
    /// The query string has a broken escape.
    MalformedQuery,
    /// The request is beyond one of this crate's limits.
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much of it there may be.
        limit: usize,
    },
}

/// What is wrong with `X-Amz-Expires`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiresFault {
    /// Not a decimal number.
    NotANumber,
    /// Zero or less.
    NotPositive,
    /// More than 604,800 seconds.
    OverAWeek,
}

/// What is wrong with a credential scope; AWS names all faults at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeFaults {
    /// The Region is not a Region's name.
    pub region: bool,
    /// The service should be this one.
    pub service: Option<&'static str>,
    /// The terminator should be `aws4_request`, not this.
    pub terminator: Option<String>,
    /// The date is not that of the time of signing: what was given, and the time.
    pub date: Option<(String, String)>,
}

/// A condition of the table of error codes.
enum Condition {
    Missing,
    Incomplete,
    UnknownKey,
    Mismatch,
    ExpiredToken,
    MalformedQuery,
}

impl AuthError {
    /// The error code of services that speak AWS JSON, without the namespace.
    #[must_use]
    pub fn code_json(&self) -> &'static str {
        match self.condition() {
            Condition::Missing => "MissingAuthenticationTokenException",
            Condition::Incomplete => "IncompleteSignatureException",
            Condition::UnknownKey => "UnrecognizedClientException",
            Condition::Mismatch => "InvalidSignatureException",
            Condition::ExpiredToken => "ExpiredTokenException",
            Condition::MalformedQuery => "MalformedQueryString",
        }
    }

    /// The error code of services that speak AWS Query.
    #[must_use]
    pub fn code_query(&self) -> &'static str {
        match self.condition() {
            Condition::Missing => "MissingAuthenticationToken",
            Condition::Incomplete => "IncompleteSignature",
            Condition::UnknownKey => "InvalidClientTokenId",
            Condition::Mismatch => "SignatureDoesNotMatch",
            Condition::ExpiredToken => "ExpiredToken",
            Condition::MalformedQuery => "MalformedQueryString",
        }
    }

    /// The HTTP status of services that speak AWS JSON: 400, as KMS answers.
    #[must_use]
    pub fn status_json(&self) -> u16 {
        400
    }

    /// The HTTP status of services that speak AWS Query.
    #[must_use]
    pub fn status_query(&self) -> u16 {
        match self.condition() {
            Condition::Incomplete | Condition::MalformedQuery => 400,
            Condition::Missing
            | Condition::UnknownKey
            | Condition::Mismatch
            | Condition::ExpiredToken => 403,
        }
    }

    /// HTTP status, code and text of S3, whose words are its own.
    ///
    /// Source: Amazon S3 API Reference, "Error responses".
    #[must_use]
    pub fn s3(&self, presigned: bool) -> (u16, &'static str, String) {
        let fixed = |status, code, text: &str| (status, code, text.to_owned());
        match self {
            Self::MissingToken => fixed(403, "AccessDenied", "Access Denied"),
            Self::Expired { .. } if presigned => fixed(403, "AccessDenied", "Request has expired"),
            Self::NotYetCurrent { .. } if presigned => {
                fixed(403, "AccessDenied", "Request is not valid yet")
            }
            Self::Expired { .. } | Self::NotYetCurrent { .. } => fixed(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            Self::UnknownKey => fixed(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            Self::SignatureMismatch => fixed(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method.",
            ),
            Self::ExpiredToken => fixed(400, "ExpiredToken", "The provided token has expired."),
            Self::Unsigned { .. } => (403, "AccessDenied", self.to_string()),
            Self::BothForms | Self::MalformedQuery => (400, "InvalidRequest", self.to_string()),
            _ if presigned => (400, "AuthorizationQueryParametersError", self.to_string()),
            _ => (400, "AuthorizationHeaderMalformed", self.to_string()),
        }
    }

    /// AWS's text; the same as [`ToString::to_string`].
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    fn condition(&self) -> Condition {
        match self {
            Self::MissingToken => Condition::Missing,
            Self::MissingInHeader { .. }
            | Self::MissingInQuery { .. }
            | Self::NotAPair { .. }
            | Self::Repeated { .. }
            | Self::Date { .. }
            | Self::Expires(_)
            | Self::Algorithm { .. }
            | Self::Credential { .. }
            | Self::TooLarge { .. } => Condition::Incomplete,
            Self::BothForms
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::Unsigned { .. }
            | Self::Scope(_)
            | Self::SignatureMismatch => Condition::Mismatch,
            Self::UnknownKey => Condition::UnknownKey,
            Self::ExpiredToken => Condition::ExpiredToken,
            Self::MalformedQuery => Condition::MalformedQuery,
        }
    }
}

/// The beginning of `given`, short enough to be sent back.
pub(crate) fn excerpt(given: &str) -> String {
    given.chars().take(128).collect()
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingToken => f.write_str("Request is missing Authentication Token"),
            Self::BothForms => f.write_str("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."),
            Self::MissingInHeader { parameters, date, header_sha256 } => write_missing_in_header(f, parameters, *date, header_sha256),
            Self::MissingInQuery { parameters } => write_missing_in_query(f, parameters),
            Self::NotAPair { header_sha256 } => write!(f, "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '{header_sha256}'."),
            Self::Repeated { name } => write!(f, "'{name}' must be given once."),
            Self::Date { given } => write!(f, "Date must be in ISO-8601 'basic format'. Got '{given}'. See http://en.wikipedia.org/wiki/ISO_8601"),
            Self::Expires(fault) => f.write_str(fault.text()),
            Self::Expired { signed, earliest, now, lifetime_seconds } => {
                let (signed, earliest, now) = (signed.civil().basic(), earliest.civil().basic(), now.civil().basic());
                let (count, unit) = if lifetime_seconds % 60 == 0 { (lifetime_seconds / 60, "min") } else { (*lifetime_seconds, "sec") };
                write!(f, "Signature expired: {signed} is now earlier than {earliest} ({now} - {count} {unit}.)")
            }
            Self::NotYetCurrent { signed, latest, now, skew_minutes } => {
                let (signed, latest, now) = (signed.civil().basic(), latest.civil().basic(), now.civil().basic());
                write!(f, "Signature not yet current: {signed} is still later than {latest} ({now} + {skew_minutes} min.)")
            }
            Self::Unsigned { header } => write!(f, "{header} must be a 'SignedHeader' in the AWS Authorization."),
            Self::Algorithm { given } => write!(f, "Unsupported AWS 'algorithm': '{given}' (only AWS4-HMAC-SHA256 for now). "),
            Self::Credential { given } => write!(f, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{given}'"),
            Self::Scope(faults) => faults.fmt(f),
            Self::UnknownKey => f.write_str("The security token included in the request is invalid."),
            Self::SignatureMismatch => f.write_str("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."),
            Self::ExpiredToken => f.write_str("The security token included in the request is expired"),
            Self::MalformedQuery => f.write_str("The query string contains a syntax error."),
            Self::TooLarge { what, limit } => write!(f, "The request has more than {limit} {what}."),
        }
    }
}

impl std::error::Error for AuthError {}

fn write_missing_in_header(
    f: &mut fmt::Formatter<'_>,
    parameters: &[&'static str],
    date: bool,
    header_sha256: &str,
) -> fmt::Result {
    for parameter in parameters {
        write!(f, "Authorization header requires '{parameter}' parameter. ")?;
    }
    if date {
        f.write_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        )?;
    }
    write!(f, "(Hashed with SHA-256 and encoded with Base64) Authorization={header_sha256}")
}

fn write_missing_in_query(f: &mut fmt::Formatter<'_>, parameters: &[&'static str]) -> fmt::Result {
    for parameter in parameters {
        write!(f, "AWS query-string parameters must include '{parameter}'. ")?;
    }
    f.write_str("Re-examine the query-string parameters.")
}

impl ExpiresFault {
    fn text(self) -> &'static str {
        match self {
            Self::NotANumber => "X-Amz-Expires should be a number",
            Self::NotPositive => "X-Amz-Expires must be greater than zero",
            Self::OverAWeek => {
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
            }
        }
    }
}

/// One sentence per fault. AWS ends all but the last kind with a space.
impl fmt::Display for ScopeFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.region {
            f.write_str("Credential should be scoped to a valid region. ")?;
        }
        if let Some(service) = self.service {
            write!(f, "Credential should be scoped to correct service: '{service}'. ")?;
        }
        if let Some(given) = &self.terminator {
            write!(
                f,
                "Credential should be scoped with a valid terminator: 'aws4_request', not '{given}'. "
            )?;
        }
        if let Some((given, time)) = &self.date {
            let date = time.get(..8).unwrap_or(time);
            write!(
                f,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{given}' != '{date}', from '{time}'."
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_follow_the_table() {
        let missing = AuthError::MissingInQuery { parameters: vec![] };
        for (error, json, query, status) in [
            (
                AuthError::MissingToken,
                "MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
                403,
            ),
            (missing, "IncompleteSignatureException", "IncompleteSignature", 400),
            (AuthError::UnknownKey, "UnrecognizedClientException", "InvalidClientTokenId", 403),
            (
                AuthError::SignatureMismatch,
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                403,
            ),
            (
                AuthError::Scope(Box::default()),
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                403,
            ),
            (AuthError::ExpiredToken, "ExpiredTokenException", "ExpiredToken", 403),
        ] {
            assert_eq!(error.code_json(), json);
            assert_eq!(error.code_query(), query);
            assert_eq!(error.status_json(), 400);
            assert_eq!(error.status_query(), status, "{query}");
        }
    }

    #[test]
    fn what_is_quoted_is_short() {
        assert_eq!(excerpt(&"ሴ".repeat(1000)).chars().count(), 128);
    }
}
