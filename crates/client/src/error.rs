//! Why a KMS has not done it.

use crate::{ConnectionError, CredentialsError};
use std::fmt;

/// What a KMS says of a request that it did not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Status of the answer.
    pub status: u16,
    /// AWS's name of the error, `AccessDeniedException`; empty if the answer has none.
    pub code: String,
    /// AWS's message, printable and short; empty if there is none.
    pub message: String,
    /// The request's id, by which the service's log knows it.
    pub request_id: Option<String>,
}

impl Fault {
    /// Whether the same request may succeed a little later: the service asks for fewer requests, or
    /// has failed itself.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.is_throttling() || self.status >= 500
    }

    /// Whether the service asks for fewer requests.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        let code = self.code.as_str();
        let known = ["TooManyRequestsException", "RequestLimitExceeded", "SlowDown"];
        self.status == 429 || code.starts_with("Throttl") || known.contains(&code)
    }

    /// Whether the credentials were good once.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        matches!(self.code.as_str(), "ExpiredTokenException" | "ExpiredToken")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code.as_str() {
            "" => write!(f, "status {}", self.status)?,
            code => f.write_str(code)?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// Why an operation has not been done. None has a secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KmsError {
    /// The KMS refuses, and will refuse again.
    Refused(Fault),
    /// The KMS has failed or asks for fewer requests, however often it was asked.
    Failed(Fault),
    /// It does not answer.
    Connection(ConnectionError),
    /// It does not answer in time.
    TimedOut,
    /// It answers what the operation does not answer.
    Strange(&'static str),
    /// The request cannot be signed.
    Unsigned(String),
    /// There are no credentials to sign it with.
    Credentials(CredentialsError),
}

impl KmsError {
    /// What the KMS said, if it answered.
    #[must_use]
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Refused(fault) | Self::Failed(fault) => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for KmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(fault) | Self::Failed(fault) => fault.fmt(f),
            Self::Connection(why) => why.fmt(f),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Strange(what) => write!(f, "an answer that is none: {what}"),
            Self::Unsigned(why) => write!(f, "the request cannot be signed: {why}"),
            Self::Credentials(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for KmsError {}
