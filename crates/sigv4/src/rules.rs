//! What a service demands of the requests signed for it.

use crate::window::SKEW_MINUTES;

/// How one service is signed for. A service differs from [`Rules::new`] by naming the field:
/// `Rules { payload: Payload::MayBeUnsigned, ..Rules::new("s3") }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The service's name in the credential scope, such as `kms`, `iam` or `sts`.
    pub service: &'static str,
    /// How the path enters the canonical request.
    pub path: PathForm,
    /// Whether the body must be signed.
    pub payload: Payload,
    /// How far the signing time may be from now, either way, in minutes.
    pub skew_minutes: u16,
}

impl Rules {
    /// The rules of KMS, IAM and STS: path normalised, body signed, at most five minutes of skew.
    #[must_use]
    pub const fn new(service: &'static str) -> Self {
        Self {
            service,
            path: PathForm::Normalised,
            payload: Payload::Signed,
            skew_minutes: SKEW_MINUTES,
        }
    }

    /// The rules of S3: path encoded once, body signed as the request states it, at most fifteen
    /// minutes of skew.
    ///
    /// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header" and
    /// "Common errors", RequestTimeTooSkewed.
    #[must_use]
    pub const fn s3() -> Self {
        Self { service: "s3", path: PathForm::Once, payload: Payload::Stated, skew_minutes: 15 }
    }

    /// The rules of the service of this name.
    #[must_use]
    pub fn of(service: &'static str) -> Self {
        if service == "s3" { Self::s3() } else { Self::new(service) }
    }
}

/// How the path enters the canonical request. In the first two forms what is on the wire, which
/// the client has encoded once, is encoded a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathForm {
    /// Dot segments removed (RFC 3986 §5.2.4) and runs of slashes made one.
    Normalised,
    /// Segments as they are.
    Verbatim,
    /// Segments as they are, each byte that they stand for encoded once, however the client did it.
    Once,
}

/// Whether the body must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// The SHA-256 of the body is part of what is signed.
    Signed,
    /// As [`Payload::Signed`], or `x-amz-content-sha256: UNSIGNED-PAYLOAD`.
    MayBeUnsigned,
    /// As [`Payload::MayBeUnsigned`]; a presigned request that says nothing is not signed for its
    /// body, of which nothing was known when it was signed.
    Stated,
}
