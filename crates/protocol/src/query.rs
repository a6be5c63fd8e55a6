//! AWS Query: forms in, XML out.
//!
//! Source: Smithy, "AWS query protocol".

mod form;

pub use form::{Form, TooManyParameters};

use crate::rendered::Rendered;
use crate::xml::Escaped;
use std::fmt::Write as _;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Outcome;
use strongroom_engine::call::RequestId;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::{Out, Reply};
use strongroom_types::ErrorCode;

/// A service that speaks AWS Query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// IAM.
    Iam,
    /// STS.
    Sts,
}

impl Service {
    /// What the elements of its answers are named in.
    const fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}

/// The answer of `operation` to a request that was recorded.
#[must_use]
pub fn render(
    service: Service,
    operation: &str,
    id: RequestId,
    recorded: &Recorded<Outcome>,
) -> Rendered {
    match recorded.get() {
        Ok(reply) => success(service, operation, id, reply),
        Err(refusal) => refused(service, refusal, id),
    }
}

/// The answer to a request that could not be recorded.
#[must_use]
pub fn render_unrecorded(service: Service, id: RequestId, _: Unrecorded) -> Rendered {
    refused(service, &Refusal::Internal, id)
}

/// The answer to a request that never became a call.
#[must_use]
pub fn error(service: Service, status: u16, code: &str, message: &str, id: RequestId) -> Rendered {
    let fault = if status >= 500 { "Receiver" } else { "Sender" };
    let mut xml = String::with_capacity(256 + message.len());
    let _ = write!(
        xml,
        "<ErrorResponse xmlns=\"{}\">\n  <Error>\n    <Type>{fault}</Type>\n    <Code>{code}</Code>\
         \n    <Message>{}</Message>\n  </Error>\n  <RequestId>{id}</RequestId>\n</ErrorResponse>\n",
        service.namespace(),
        Escaped(message)
    );
    rendered(status, xml)
}

/// The answer to a call that was refused, where nothing is recorded of it.
#[must_use]
pub fn refused(service: Service, refusal: &Refusal, id: RequestId) -> Rendered {
    let (status, code) = status_and_code(refusal.code());
    error(service, status, code, &refusal.message().unwrap_or_default(), id)
}

/// HTTP status and code of an error. The Query protocol has names of its own for the general ones.
///
/// Source: IAM API Reference, "Common errors" and the errors of each operation.
const fn status_and_code(code: ErrorCode) -> (u16, &'static str) {
    match code {
        ErrorCode::AccessDenied => (403, "AccessDenied"),
        ErrorCode::Validation | ErrorCode::Serialization | ErrorCode::InvalidMarker => {
            (400, "ValidationError")
        }
        ErrorCode::KmsInternal => (500, "InternalFailure"),
        ErrorCode::NoSuchEntity => (404, code.name()),
        ErrorCode::EntityAlreadyExists | ErrorCode::DeleteConflict | ErrorCode::QuotaExceeded => {
            (409, code.name())
        }
        other => (400, other.name()),
    }
}

fn success(service: Service, operation: &str, id: RequestId, reply: &Reply) -> Rendered {
    let mut xml = String::with_capacity(512 + length(reply));
    let _ = write!(
        xml,
        "<{operation}Response xmlns=\"{}\">\n  <{operation}Result>\n",
        service.namespace()
    );
    members(reply, &mut xml);
    let _ = write!(
        xml,
        "  </{operation}Result>\n  <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  \
         </ResponseMetadata>\n</{operation}Response>\n"
    );
    rendered(200, xml)
}

/// At least the bytes that secrets take, so that no growth leaves a copy of one behind.
fn length(reply: &Reply) -> usize {
    let of = |value: &Out| match value {
        Out::SecretText(secret) | Out::Secret(secret) => 6 * secret.len(),
        Out::Structure(inner) => length(inner),
        _ => 64,
    };
    reply.members().iter().map(|(name, value)| 2 * name.len() + 16 + of(value)).sum()
}

fn members(reply: &Reply, xml: &mut String) {
    for (name, value) in reply.members() {
        let _ = write!(xml, "    <{name}>");
        element(value, xml);
        let _ = writeln!(xml, "</{name}>");
    }
}

// Writing to a `String` cannot fail; results are dropped for that reason.
fn element(value: &Out, xml: &mut String) {
    let _ = match value {
        Out::Text(text) => write!(xml, "{}", Escaped(text)),
        Out::SecretText(secret) => {
            write!(xml, "{}", Escaped(&String::from_utf8_lossy(secret.expose())))
        }
        Out::Blob(bytes) => write!(xml, "{}", base64_simd::STANDARD.encode_to_string(bytes)),
        Out::Secret(secret) => {
            write!(xml, "{}", base64_simd::STANDARD.encode_to_string(secret.expose()))
        }
        Out::Integer(number) => write!(xml, "{number}"),
        Out::Boolean(truth) => write!(xml, "{truth}"),
        Out::Time(time) => write!(xml, "{}", time.civil()),
        Out::List(list) => {
            for member in list {
                xml.push_str("<member>");
                element(member, xml);
                xml.push_str("</member>");
            }
            Ok(())
        }
        Out::Map(pairs) => {
            for (key, value) in pairs {
                let (key, value) = (Escaped(key), Escaped(value));
                let _ = write!(xml, "<entry><key>{key}</key><value>{value}</value></entry>");
            }
            Ok(())
        }
        Out::Structure(inner) => {
            members(inner, xml);
            Ok(())
        }
    };
}

fn rendered(status: u16, xml: String) -> Rendered {
    let body = SecretBytes::new(xml.into_bytes());
    Rendered { status, content_type: "text/xml", body }
}
