//! AWS Query: forms in, XML out.

use crate::rendered::Rendered;
use crate::route::STS_VERSION;
use std::borrow::Cow;
use std::fmt::Write as _;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Outcome;
use strongroom_engine::call::RequestId;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::refusal::Refusal;
use strongroom_engine::reply::{Out, Reply};
use strongroom_engine::wire::Node;
use strongroom_types::ErrorCode;

/// Parameters that belong to the protocol or the signature, not to the operation.
const RESERVED: [&str; 2] = ["Action", "Version"];
/// The most parameters of a form.
const MAX_PARAMETERS: usize = 1000;

/// A decoded form. Of parameters that occur twice the first counts.
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// The form has too many parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyParameters;

impl<'a> Form<'a> {
    /// Decodes a form. Invalid UTF-8 becomes U+FFFD, which no name or value that counts contains.
    ///
    /// # Errors
    /// [`TooManyParameters`] beyond 1,000.
    pub fn parse(form: &'a [u8]) -> Result<Self, TooManyParameters> {
        let pairs: Vec<_> = form_urlencoded::parse(form).take(MAX_PARAMETERS + 1).collect();
        if pairs.len() > MAX_PARAMETERS { Err(TooManyParameters) } else { Ok(Self(pairs)) }
    }

    /// The value of `name`.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The operation's own parameters.
    #[must_use]
    pub fn into_input(self) -> Node<'a> {
        let own = self
            .0
            .into_iter()
            .filter(|(name, _)| !RESERVED.contains(&&**name) && !name.starts_with("X-Amz-"));
        Node::Object(own.map(|(name, value)| (name, Node::Text(value))).collect())
    }
}

/// The answer of `operation` to a request that was recorded.
#[must_use]
pub fn render(operation: &str, id: RequestId, recorded: &Recorded<Outcome>) -> Rendered {
    match recorded.get() {
        Ok(reply) => success(operation, id, reply),
        Err(refusal) => refused(refusal, id),
    }
}

/// The answer to a request that could not be recorded.
#[must_use]
pub fn render_unrecorded(id: RequestId, _: Unrecorded) -> Rendered {
    refused(&Refusal::Internal, id)
}

/// The answer to a request that never became a call.
#[must_use]
pub fn error(status: u16, code: &str, message: &str, id: RequestId) -> Rendered {
    let fault = if status >= 500 { "Receiver" } else { "Sender" };
    let mut xml = String::with_capacity(256 + message.len());
    let _ = write!(
        xml,
        "<ErrorResponse xmlns=\"{}\">\n  <Error>\n    <Type>{fault}</Type>\n    <Code>{code}</Code>\
         \n    <Message>{}</Message>\n  </Error>\n  <RequestId>{id}</RequestId>\n</ErrorResponse>\n",
        namespace(),
        Escaped(message)
    );
    rendered(status, xml)
}

/// The Query protocol's names for the general errors.
fn refused(refusal: &Refusal, id: RequestId) -> Rendered {
    let (status, code) = match refusal.code() {
        ErrorCode::AccessDenied => (403, "AccessDenied"),
        ErrorCode::Validation | ErrorCode::Serialization => (400, "ValidationError"),
        ErrorCode::KmsInternal => (500, "InternalFailure"),
        other => (400, other.name()),
    };
    error(status, code, &refusal.message().unwrap_or_default(), id)
}

fn success(operation: &str, id: RequestId, reply: &Reply) -> Rendered {
    let mut xml = String::with_capacity(512);
    let _ = write!(xml, "<{operation}Response xmlns=\"{}\">\n  <{operation}Result>\n", namespace());
    members(reply, &mut xml);
    let _ = write!(
        xml,
        "  </{operation}Result>\n  <ResponseMetadata>\n    <RequestId>{id}</RequestId>\n  \
         </ResponseMetadata>\n</{operation}Response>\n"
    );
    rendered(200, xml)
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

fn namespace() -> String {
    format!("https://sts.amazonaws.com/doc/{STS_VERSION}/")
}

fn rendered(status: u16, xml: String) -> Rendered {
    let body = SecretBytes::new(xml.into_bytes());
    Rendered { status, content_type: "text/xml", body }
}

/// Text with the characters replaced that XML keeps for itself, or does not have.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' | '\r' | ' '.. => f.write_char(c)?,
                _ => f.write_char('\u{fffd}')?,
            }
        }
        Ok(())
    }
}
