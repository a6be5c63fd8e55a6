//! Answers: headers and XML of replies, and S3's errors.

use crate::xml::Escaped;
use std::fmt::Write as _;
use strongroom_crypto::SecretBytes;
use strongroom_engine::Outcome;
use strongroom_engine::call::RequestId;
use strongroom_engine::ledger::{Recorded, Unrecorded};
use strongroom_engine::refusal::{ObjectRefusal, Refusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_trail::service::s3::S3Operation;
use strongroom_types::{ErrorCode, Timestamp};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
const XML: &str = "application/xml";

/// An answer in bytes. To a HEAD the transport sends its headers alone.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Further headers: names in lower case, and values that are printable ASCII.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: SecretBytes,
}

/// The answer of `operation` to a request that was recorded.
#[must_use]
pub fn render(operation: S3Operation, id: RequestId, recorded: &Recorded<Outcome>) -> Answer {
    let has_body = !matches!(operation, S3Operation::HeadBucket | S3Operation::HeadObject);
    let answer = match recorded.get() {
        Ok(reply) => match operation {
            S3Operation::GetBucketLocation => location(reply),
            S3Operation::GetObject | S3Operation::HeadObject => object(reply),
            S3Operation::HeadBucket => bucket(reply),
            S3Operation::ListObjects | S3Operation::ListObjectsV2 => listing(reply),
        },
        Err(refusal) if has_body => refused(refusal, id),
        Err(refusal) => Answer { body: SecretBytes::new(Vec::new()), ..refused(refusal, id) },
    };
    identified(answer, id)
}

/// The answer to a request that could not be recorded.
#[must_use]
pub fn render_unrecorded(id: RequestId, _: Unrecorded) -> Answer {
    identified(refused(&Refusal::Internal, id), id)
}

/// The answer to a request that never became a call. `details` are further elements.
#[must_use]
pub fn error(
    (status, code, message): (u16, &str, &str),
    details: &[(&str, &str)],
    id: RequestId,
) -> Answer {
    identified(failure(status, code, message, details, id), id)
}

/// The request's id is in S3's own headers, too, which its clients show.
fn identified(mut answer: Answer, id: RequestId) -> Answer {
    answer.headers.push(("x-amz-request-id".to_owned(), id.to_string()));
    answer.headers.push(("x-amz-id-2".to_owned(), host_id(id)));
    answer
}

/// A second name of the request, as S3 has one.
fn host_id(id: RequestId) -> String {
    base64_simd::STANDARD.encode_to_string(id.0)
}

fn failure(
    status: u16,
    code: &str,
    message: &str,
    details: &[(&str, &str)],
    id: RequestId,
) -> Answer {
    let mut xml = String::with_capacity(512);
    // Writing to a `String` cannot fail.
    let _ = write!(
        xml,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{}</Message>",
        Escaped(message)
    );
    for (name, value) in details {
        let _ = write!(xml, "<{name}>{}</{name}>", Escaped(value));
    }
    let host = host_id(id);
    let _ = write!(xml, "<RequestId>{id}</RequestId><HostId>{host}</HostId></Error>");
    document(status, xml)
}

fn refused(refusal: &Refusal, id: RequestId) -> Answer {
    let (status, code) = status_and_code(refusal.code());
    let message = match refusal {
        Refusal::Internal => "We encountered an internal error. Please try again.".to_owned(),
        other => other.message().unwrap_or_default(),
    };
    let size;
    let details: &[(&str, &str)] = match refusal {
        Refusal::Object(ObjectRefusal::NoBucket(name) | ObjectRefusal::BucketName(name)) => {
            &[("BucketName", name)]
        }
        Refusal::Object(ObjectRefusal::NoKey(key)) => &[("Key", key)],
        Refusal::Object(ObjectRefusal::LongKey(length)) => {
            size = length.to_string();
            &[("Size", &size), ("MaxSizeAllowed", "1024")]
        }
        Refusal::Object(ObjectRefusal::Argument { name, value, .. }) => {
            &[("ArgumentName", name), ("ArgumentValue", value)]
        }
        Refusal::Object(ObjectRefusal::Range { asked, size: length }) => {
            size = length.to_string();
            &[("RangeRequested", asked), ("ActualObjectSize", &size)]
        }
        Refusal::Object(ObjectRefusal::Precondition(header)) => &[("Condition", header)],
        _ => &[],
    };
    failure(status, code, &message, details, id)
}

/// Source: Amazon S3 API Reference, "Error responses".
const fn status_and_code(code: ErrorCode) -> (u16, &'static str) {
    match code {
        ErrorCode::AccessDenied => (403, "AccessDenied"),
        ErrorCode::KmsInternal => (500, "InternalError"),
        ErrorCode::S3NoSuchBucket | ErrorCode::S3NoSuchKey => (404, code.name()),
        ErrorCode::S3InvalidRange => (416, code.name()),
        ErrorCode::S3PreconditionFailed => (412, code.name()),
        ErrorCode::S3SlowDown => (503, code.name()),
        ErrorCode::Validation | ErrorCode::Serialization => (400, "InvalidArgument"),
        other => (400, other.name()),
    }
}

fn location(reply: &Reply) -> Answer {
    let place = text(reply, "LocationConstraint").unwrap_or_default();
    let mut xml = declared();
    let name = "LocationConstraint";
    let _ = match place {
        "" => write!(xml, "<{name} xmlns=\"{NAMESPACE}\"/>"),
        place => write!(xml, "<{name} xmlns=\"{NAMESPACE}\">{}</{name}>", Escaped(place)),
    };
    document(200, xml)
}

fn bucket(reply: &Reply) -> Answer {
    let region = text(reply, "BucketRegion").unwrap_or_default().to_owned();
    let headers = vec![("x-amz-bucket-region".to_owned(), region)];
    Answer { status: 200, content_type: XML, headers, body: SecretBytes::new(Vec::new()) }
}

fn listing(reply: &Reply) -> Answer {
    let mut xml = declared();
    let _ = write!(xml, "<ListBucketResult xmlns=\"{NAMESPACE}\">");
    members(reply, &mut xml);
    xml.push_str("</ListBucketResult>");
    document(200, xml)
}

fn object(reply: &Reply) -> Answer {
    let mut answer = Answer {
        status: 200,
        content_type: "binary/octet-stream",
        headers: Vec::new(),
        body: SecretBytes::new(Vec::new()),
    };
    for (name, value) in reply.members() {
        let header = match (*name, value) {
            ("Body", Out::Blob(body)) => {
                answer.body = SecretBytes::new(body.clone());
                continue;
            }
            ("StatusCode", Out::Integer(status)) => {
                answer.status = u16::try_from(*status).unwrap_or(500);
                continue;
            }
            ("ContentType", Out::Text(std::borrow::Cow::Borrowed(kind))) => {
                answer.content_type = kind;
                continue;
            }
            ("Metadata", Out::Map(pairs)) => {
                let pairs = pairs.iter().filter(|(name, value)| is_header(name, value));
                let pairs = pairs.map(|(n, v)| (format!("x-amz-meta-{n}"), v.clone()));
                answer.headers.extend(pairs);
                continue;
            }
            ("LastModified", Out::Time(time)) => ("last-modified", time.civil().http_date()),
            ("ETag", Out::Text(text)) => ("etag", text.to_string()),
            ("AcceptRanges", Out::Text(text)) => ("accept-ranges", text.to_string()),
            ("ContentRange", Out::Text(text)) => ("content-range", text.to_string()),
            ("ContentEncoding", Out::Text(text)) => ("content-encoding", text.to_string()),
            _ => continue,
        };
        answer.headers.push((header.0.to_owned(), header.1));
    }
    answer
}

/// Whether HTTP has room for it. What somebody else has written beside an object may be anything.
fn is_header(name: &str, value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=128).contains(&name.len())
        && name.bytes().all(plain)
        && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn declared() -> String {
    let mut xml = String::with_capacity(4096);
    xml.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml
}

fn document(status: u16, xml: String) -> Answer {
    let body = SecretBytes::new(xml.into_bytes());
    Answer { status, content_type: XML, headers: Vec::new(), body }
}

fn text<'r>(reply: &'r Reply, name: &str) -> Option<&'r str> {
    reply.members().iter().find(|(given, _)| *given == name).and_then(|(_, value)| match value {
        Out::Text(text) => Some(&**text),
        _ => None,
    })
}

// Lists are flat: an element of the member's name for each.
fn members(reply: &Reply, xml: &mut String) {
    for (name, value) in reply.members() {
        match value {
            Out::List(list) => list.iter().for_each(|value| element(name, value, xml)),
            value => element(name, value, xml),
        }
    }
}

fn element(name: &str, value: &Out, xml: &mut String) {
    let _ = write!(xml, "<{name}>");
    let _ = match value {
        Out::Text(text) => write!(xml, "{}", Escaped(text)),
        Out::Integer(number) => write!(xml, "{number}"),
        Out::Boolean(truth) => write!(xml, "{truth}"),
        Out::Time(time) => write!(xml, "{}", whole_second(*time)),
        Out::Structure(inner) => {
            members(inner, xml);
            Ok(())
        }
        _ => Ok(()),
    };
    let _ = write!(xml, "</{name}>");
}

/// `2026-11-22T06:37:05.000Z`: as `Last-Modified`, which has no fractions.
fn whole_second(time: Timestamp) -> String {
    let text = time.civil().to_string();
    format!("{}.000Z", text.get(..19).unwrap_or_default())
}
