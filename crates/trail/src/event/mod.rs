//! One event, in the form that an account sees.
//!
//! Sources: AWS CloudTrail User Guide, "CloudTrail record contents for management, data, and network
//! activity events"; AWS KMS Developer Guide, "Examples of AWS KMS log entries"; IAM User Guide,
//! "Logging IAM and AWS STS API calls with AWS CloudTrail".

mod additional;
mod answer;
mod attributes;
mod concerned;
mod copy;
mod date;
mod digits;
mod identity;
mod json;
mod limits;
mod look_up;
mod members;
mod parameters;
mod resources;
mod writer;

pub use attributes::Attributes;
pub use concerned::accounts;
pub use look_up::attributes;
pub(crate) use look_up::user_name;
pub use writer::Writer;

use copy::Copy;
use json::Json;
use std::borrow::Cow;
use strongroom_engine::audit::AuditRecord;
use strongroom_engine::event_id::EventId;
use strongroom_engine::ports::archive::EventAttribute as A;
use strongroom_types::{AccountId, Region, Timestamp};

/// The version of the record format that is written.
pub const EVENT_VERSION: &str = "1.11";

/// One event for one account: a record of CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The account whose trail it belongs to, `recipientAccountId`.
    pub account: AccountId,
    /// The Region, `awsRegion`.
    pub region: Region,
    /// When, `eventTime`.
    pub time: Timestamp,
    /// Its own identifier, `eventID`: a UUID.
    pub id: EventId,
    /// The service, `eventSource`: `kms.amazonaws.com`.
    pub source: Cow<'static, str>,
    /// `readOnly`.
    pub is_read_only: bool,
    /// Whether it is about the management of resources, `managementEvent`; KMS's all are.
    pub is_management: bool,
    /// Whether it is one of a global service, as IAM's and STS's are.
    pub is_global: bool,
    /// Whether it was served: it has no `errorCode`.
    pub is_served: bool,
    /// What it is looked up by; of resources there may be several, each type followed by its name.
    pub attributes: Attributes,
    /// The record, a JSON object.
    pub json: String,
}

/// The events that tell of what `record` recorded: one for each account that it concerns, the
/// caller's first. `partition` is the server's.
#[must_use]
pub fn events(record: &AuditRecord, partition: &str) -> Vec<Event> {
    let mut all = Vec::new();
    Writer::new(partition).write(record, |event| all.push(event));
    all
}

/// The event that `copy` tells. `json` is empty, and so it is again afterwards.
fn event(copy: &Copy<'_>, json: &mut Json, access_keys: &mut Vec<String>) -> Event {
    let record = copy.record;
    let source = source(&record.service);
    let id = copy.id();
    let id_text = digits::uuid(id.bytes());
    access_keys.clear();
    write(copy, &source, &id_text, access_keys, json);
    Event {
        account: copy.account,
        region: record.region,
        time: record.time,
        is_read_only: copy.is_read_only(),
        is_management: copy.is_management(),
        is_global: is_global(&source),
        is_served: record.error_code.is_none(),
        attributes: looked_up_by(copy, &source, &id_text, access_keys),
        id,
        source,
        json: json.finish(),
    }
}

/// The event source of a service.
fn source(service: &str) -> Cow<'static, str> {
    Cow::Borrowed(match service {
        "kms" => "kms.amazonaws.com",
        "sts" => "sts.amazonaws.com",
        "iam" => "iam.amazonaws.com",
        other => return Cow::Owned(format!("{other}.amazonaws.com")),
    })
}

/// Whether the service, an event source, is a global one.
pub(crate) fn is_global(source: &str) -> bool {
    matches!(source, "iam.amazonaws.com" | "sts.amazonaws.com")
}

/// The record, with its members in the order of AWS's samples.
fn write(
    copy: &Copy<'_>,
    source: &str,
    id: &[u8; 36],
    access_keys: &mut Vec<String>,
    json: &mut Json,
) {
    let record = copy.record;
    json.open();
    json.member("eventVersion", EVENT_VERSION);
    identity::write(copy, json);
    json.plain_member("eventTime", copy.time.as_bytes());
    json.member("eventSource", source);
    json.member("eventName", &record.operation);
    json.member("awsRegion", record.region.as_str());
    write_arrival(copy, json);
    if let Some(code) = &record.error_code {
        // Source: records of KMS as accounts of AWS have them, which name the denial so.
        let code = if code == "AccessDeniedException" { "AccessDenied" } else { code };
        json.member("errorCode", limits::beginning(code));
    }
    json.some_member("errorMessage", record.error_message.as_deref().map(limits::beginning));
    parameters::write(copy, access_keys, json);
    answer::write(copy, access_keys, json);
    additional::write(copy, json);
    if !copy.is_of_the_service() {
        json.plain_member("requestID", &digits::uuid(record.request));
    }
    json.plain_member("eventID", id);
    json.name("readOnly");
    json.boolean(copy.is_read_only());
    resources::write(copy, json);
    write_kind(copy, json);
    json.close();
}

fn write_arrival(copy: &Copy<'_>, json: &mut Json) {
    let arrival = copy.record.arrival.as_ref();
    json.member("sourceIPAddress", arrival.map_or("AWS Internal", |from| &from.source));
    let agent = arrival.map_or("AWS Internal", |from| limits::beginning(&from.user_agent));
    json.member("userAgent", agent);
}

fn write_kind(copy: &Copy<'_>, json: &mut Json) {
    let record = copy.record;
    let is_service_event = copy.is_of_the_service();
    let kind = if is_service_event { "AwsServiceEvent" } else { "AwsApiCall" };
    json.member("eventType", kind);
    json.name("managementEvent");
    json.boolean(copy.is_management());
    json.plain_member("recipientAccountId", &digits::account(copy.account));
    if copy.is_shared {
        let shared = EventId::shared(record.time, record.request);
        json.plain_member("sharedEventID", &digits::uuid(shared.bytes()));
    }
    if is_service_event {
        additional::write_service_event(copy, json);
    }
    json.member("eventCategory", if copy.is_management() { "Management" } else { "Data" });
    let arrival = record.arrival.as_ref();
    if let Some((from, (version, suite))) =
        arrival.and_then(|from| Some((from, from.tls.as_ref()?)))
    {
        json.name("tlsDetails");
        json.open();
        json.member("tlsVersion", version);
        json.member("cipherSuite", suite);
        json.member("clientProvidedHostHeader", limits::beginning(&from.host));
        json.close();
    }
}

fn looked_up_by(
    copy: &Copy<'_>,
    source: &str,
    id: &[u8; 36],
    access_keys: &[String],
) -> Attributes {
    let record = copy.record;
    let mut all = Attributes::with_room();
    all.push(A::EventId, std::str::from_utf8(id).unwrap_or_default());
    all.push(A::EventName, &record.operation);
    all.push(A::ReadOnly, if copy.is_read_only() { "true" } else { "false" });
    all.push(A::EventSource, source);
    let signed = record.identity.as_ref().filter(|_| copy.is_callers());
    let access_key = signed.map(|who| &who.access_key).filter(|id| !id.is_empty());
    all.extend(access_key.map(|id| (A::AccessKeyId, id.as_str())));
    all.extend(identity::user_name(copy).map(|name| (A::Username, name)));
    copy.resources().for_each(|arn| resources::attributes(arn, &mut all));
    if matches!(record.service.as_str(), "iam" | "sts") {
        access_keys.iter().for_each(|id| resources::access_key_attributes(id, &mut all));
    }
    all
}
