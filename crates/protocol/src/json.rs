//! AWS JSON 1.1: `{}` in, `{}` out, errors with `__type`.

mod parse;
mod write;

pub use parse::parse;

use crate::rendered::Rendered;
use crate::route::JSON_CONTENT_TYPE;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Outcome;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::refusal::Refusal;
use strongroom_types::ErrorCode;

/// The services that speak it; each has habits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// KMS.
    Kms,
    /// CloudTrail.
    CloudTrail,
}

impl Service {
    /// The code of the server's own failures.
    #[must_use]
    pub const fn internal(self) -> &'static str {
        match self {
            Self::Kms => ErrorCode::KmsInternal.name(),
            Self::CloudTrail => "InternalFailure",
        }
    }
}

/// KMS's answer to a request that was recorded.
#[must_use]
pub fn render(recorded: &Recorded<Outcome>) -> Rendered {
    render_of(Service::Kms, recorded)
}

/// The service's answer to a request that was recorded.
#[must_use]
pub fn render_of(service: Service, recorded: &Recorded<Outcome>) -> Rendered {
    match recorded.get() {
        // Operations of KMS without members in their answer send none at all, not even `{}`.
        Ok(reply) if reply.members().is_empty() && service == Service::Kms => {
            rendered(200, Vec::new())
        }
        Ok(reply) => rendered(200, write::reply(reply)),
        Err(refusal) => refused(service, refusal),
    }
}

/// KMS's answer to a request that could not be recorded: a failure, whatever it would have been.
#[must_use]
pub fn render_unrecorded(unrecorded: Unrecorded) -> Rendered {
    render_unrecorded_of(Service::Kms, unrecorded)
}

/// The service's answer to a request that could not be recorded.
#[must_use]
pub fn render_unrecorded_of(service: Service, _: Unrecorded) -> Rendered {
    refused(service, &Refusal::Internal)
}

/// The answer to a request that never became a call: not authenticated, not routed, too large.
#[must_use]
pub fn error(status: u16, code: &str, message: Option<&str>) -> Rendered {
    rendered(status, write::error(code, "message", message))
}

fn refused(service: Service, refusal: &Refusal) -> Rendered {
    let status = if refusal.is_fault() { 500 } else { 400 };
    let member = match refusal.code() {
        // Not in the model, and spelt so on the wire.
        ErrorCode::AccessDenied => "Message",
        // What every service answers before its own code has run.
        ErrorCode::Serialization | ErrorCode::Validation => "message",
        _ if service == Service::CloudTrail => "Message",
        _ => "message",
    };
    let code = match refusal.code() {
        ErrorCode::KmsInternal => service.internal(),
        code => code.name(),
    };
    let message = refusal.message();
    rendered(status, write::error(code, member, message.as_deref()))
}

fn rendered(status: u16, body: Vec<u8>) -> Rendered {
    Rendered { status, content_type: JSON_CONTENT_TYPE, body: SecretBytes::new(body) }
}
