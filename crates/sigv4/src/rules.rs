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
}

/// How the path enters the canonical request. In both forms what is on the wire, which the client
/// has encoded once, is encoded a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathForm {
    /// Dot segments removed (RFC 3986 §5.2.4) and runs of slashes made one.
    Normalised,
    /// Segments as they are.
    Verbatim,
}

/// Whether the body must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// The SHA-256 of the body is part of what is signed.
    Signed,
    /// As [`Payload::Signed`], or `x-amz-content-sha256: UNSIGNED-PAYLOAD`.
    MayBeUnsigned,
}
