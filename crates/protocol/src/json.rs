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

/// The answer to a request that was recorded.
#[must_use]
pub fn render(recorded: &Recorded<Outcome>) -> Rendered {
    match recorded.get() {
        // Operations without members in their answer send none at all, not even `{}`.
        Ok(reply) if reply.members().is_empty() => rendered(200, Vec::new()),
        Ok(reply) => rendered(200, write::reply(reply)),
        Err(refusal) => refused(refusal),
    }
}

/// The answer to a request that could not be recorded: a failure, whatever it would have been.
#[must_use]
pub fn render_unrecorded(_: Unrecorded) -> Rendered {
    refused(&Refusal::Internal)
}

/// The answer to a request that never became a call: not authenticated, not routed, too large.
#[must_use]
pub fn error(status: u16, code: &str, message: Option<&str>) -> Rendered {
    rendered(status, write::error(code, "message", message))
}

fn refused(refusal: &Refusal) -> Rendered {
    let status = if refusal.is_fault() { 500 } else { 400 };
    let member = match refusal.code() {
        // Not in the model, and spelt so on the wire.
        ErrorCode::AccessDenied => "Message",
        _ => "message",
    };
    let message = refusal.message();
    rendered(status, write::error(refusal.code().name(), member, message.as_deref()))
}

fn rendered(status: u16, body: Vec<u8>) -> Rendered {
    Rendered { status, content_type: JSON_CONTENT_TYPE, body: SecretBytes::new(body) }
}
