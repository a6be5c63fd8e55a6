//! One event, in the form that an account sees.
//!
//! Sources: AWS CloudTrail User Guide, "CloudTrail record contents for management, data, and network
//! activity events"; AWS KMS Developer Guide, "Examples of AWS KMS log entries"; IAM User Guide,
//! "Logging IAM and AWS STS API calls with AWS CloudTrail".

mod additional;
mod answer;
mod concerned;
mod copy;
mod date;
mod identity;
mod json;
mod limits;
mod look_up;
mod members;
mod parameters;
mod resources;

pub use concerned::accounts;
pub use look_up::attributes;
pub(crate) use look_up::user_name;

use copy::Copy;
use json::Json;
use strongroom_engine::audit::AuditRecord;
use strongroom_engine::call::RequestId;
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
    pub id: String,
    /// The service, `eventSource`: `kms.amazonaws.com`.
    pub source: String,
    /// `readOnly`.
    pub is_read_only: bool,
    /// Whether it is about the management of resources, `managementEvent`; KMS's all are.
    pub is_management: bool,
    /// Whether it is one of a global service, as IAM's and STS's are.
    pub is_global: bool,
    /// What it is looked up by; of resources there may be several, each type followed by its name.
    pub attributes: Vec<(A, String)>,
    /// The record, a JSON object.
    pub json: String,
}

/// The events that tell of what `record` recorded: one for each account that it concerns, the
/// caller's first. `partition` is the server's.
#[must_use]
pub fn events(record: &AuditRecord, partition: &str) -> Vec<Event> {
    let accounts = accounts(record);
    let is_shared = accounts.len() > 1;
    let copies = accounts
        .iter()
        .map(|account| event(&Copy { record, account: *account, partition, is_shared }));
    copies.collect()
}

fn event(copy: &Copy<'_>) -> Event {
    let record = copy.record;
    let source = format!("{}.amazonaws.com", record.service);
    let id = copy.id().to_string();
    let mut access_keys = Vec::new();
    let json = write(copy, &source, &id, &mut access_keys);
    Event {
        account: copy.account,
        region: record.region,
        time: record.time,
        is_read_only: copy.is_read_only(),
        is_management: copy.is_management(),
        is_global: is_global(&source),
        attributes: looked_up_by(copy, &source, &id, &access_keys),
        id,
        source,
        json,
    }
}

/// Whether the service, an event source, is a global one.
pub(crate) fn is_global(source: &str) -> bool {
    matches!(source, "iam.amazonaws.com" | "sts.amazonaws.com")
}

/// The record, with its members in the order of AWS's samples.
fn write(copy: &Copy<'_>, source: &str, id: &str, access_keys: &mut Vec<String>) -> String {
    let record = copy.record;
    let mut json = Json::with_capacity(2048);
    json.open();
    json.member("eventVersion", EVENT_VERSION);
    identity::write(copy, &mut json);
    json.member("eventTime", &record.time.civil().to_string());
    json.member("eventSource", source);
    json.member("eventName", &record.operation);
    json.member("awsRegion", record.region.as_str());
    write_arrival(copy, &mut json);
    if let Some(code) = &record.error_code {
        // Source: records of KMS as accounts of AWS have them, which name the denial so.
        let code = if code == "AccessDeniedException" { "AccessDenied" } else { code };
        json.member("errorCode", limits::beginning(code));
    }
    json.some_member("errorMessage", record.error_message.as_deref().map(limits::beginning));
    parameters::write(copy, access_keys, &mut json);
    answer::write(copy, access_keys, &mut json);
    additional::write(copy, &mut json);
    if !copy.is_of_the_service() {
        json.member("requestID", &RequestId(record.request).to_string());
    }
    json.member("eventID", id);
    json.name("readOnly");
    json.boolean(copy.is_read_only());
    resources::write(copy, &mut json);
    write_kind(copy, &mut json);
    json.close();
    json.finish()
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
    json.member("recipientAccountId", &copy.account.to_string());
    if copy.is_shared {
        json.member("sharedEventID", &EventId::shared(record.time, record.request).to_string());
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
    id: &str,
    access_keys: &[String],
) -> Vec<(A, String)> {
    let record = copy.record;
    let mut all = Vec::with_capacity(10);
    all.push((A::EventId, id.to_owned()));
    all.push((A::EventName, record.operation.clone()));
    all.push((A::ReadOnly, copy.is_read_only().to_string()));
    all.push((A::EventSource, source.to_owned()));
    let signed = record.identity.as_ref().filter(|_| copy.is_callers());
    let access_key = signed.map(|who| &who.access_key).filter(|id| !id.is_empty());
    all.extend(access_key.map(|id| (A::AccessKeyId, id.clone())));
    all.extend(identity::user_name(copy).map(|name| (A::Username, name)));
    copy.resources().for_each(|arn| resources::attributes(arn, &mut all));
    if matches!(record.service.as_str(), "iam" | "sts") {
        access_keys.iter().for_each(|id| resources::access_key_attributes(id, &mut all));
    }
    all
}
