//! `strongroom why`: what the audit trail tells of one request, for people.

use crate::cli::{BucketArguments, WhyArguments};
use crate::terminal::{self, Failure};
use crate::trail;
use serde::Deserialize;
use strongroom_engine::audit::AuditRecord;
use strongroom_engine::event_id::EventId;
use strongroom_trail::digest::time_text;
use strongroom_trail::event::accounts;

/// Milliseconds around the time in an event's id within which its record is.
const AROUND: i64 = 2_000;

pub(crate) fn run(arguments: &WhyArguments) -> Result<(), Failure> {
    let id: EventId = arguments.request.parse().map_err(|()| {
        Failure::new(format!("`{}` is no request or event id: it is a UUID", arguments.request))
    })?;
    let is_running = trail::freshen(&arguments.bucket)?;
    // What a server that was killed has not delivered yet is in its journal and store.
    if !is_running
        && arguments.bucket.directory.is_none()
        && let Some(record) = undelivered(&arguments.bucket, id)?
    {
        if arguments.json {
            terminal::line(trail::line(&record));
        } else {
            terminal::line(story(&record).join("\n"));
        }
        return Ok(());
    }
    let events = trail::events_of(&within(&arguments.bucket, id), &arguments.request)?;
    if events.is_empty() {
        return Err(Failure::new(format!(
            "the trail has no request or event {}; requests with unknown access keys leave no record",
            arguments.request
        )));
    }
    for (number, event) in events.iter().enumerate() {
        if arguments.json {
            terminal::line(event);
            continue;
        }
        let told: Told =
            serde_json::from_str(event).map_err(|why| Failure::new(why.to_string()))?;
        terminal::line(if number > 0 { "\n" } else { "" }.to_owned() + &told.story().join("\n"));
    }
    Ok(())
}

fn undelivered(bucket: &BucketArguments, id: EventId) -> Result<Option<AuditRecord>, Failure> {
    let mut found = None;
    trail::read(&bucket.data, |record| {
        if is_of(record, id) {
            found = Some(record.clone());
        }
    })?;
    Ok(found)
}

/// Where to look: an event's id tells its time.
fn within(bucket: &BucketArguments, id: EventId) -> BucketArguments {
    let mut bucket = bucket.clone();
    if let Some(time) = id.time() {
        let text = |millis| Some(time_text(time.plus_millis(millis)));
        bucket.from = bucket.from.or_else(|| text(-AROUND));
        bucket.to = bucket.to.or_else(|| text(AROUND));
    }
    bucket
}

/// What of an event is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    event_time: String,
    event_source: String,
    event_name: String,
    aws_region: String,
    recipient_account_id: String,
    user_agent: Option<String>,
    #[serde(rename = "sourceIPAddress")]
    source: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    user_identity: Option<Who>,
    #[serde(default)]
    resources: Option<Vec<On>>,
    additional_event_data: Option<Additional>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Who {
    arn: Option<String>,
    principal_id: Option<String>,
    access_key_id: Option<String>,
    invoked_by: Option<String>,
}

#[derive(Deserialize)]
struct On {
    #[serde(rename = "ARN")]
    arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Additional {
    #[serde(default)]
    decided_by: Vec<String>,
}

impl Told {
    fn story(&self) -> Vec<String> {
        let mut lines = vec![format!("time      {}", self.event_time)];
        lines.push(self.who());
        let service = self.event_source.trim_end_matches(".amazonaws.com");
        let Self { event_name, aws_region, recipient_account_id: account, .. } = self;
        lines.push(format!("what      {service}:{event_name} in {aws_region}, account {account}"));
        let resources = self.resources.iter().flatten().filter_map(|on| on.arn.as_ref());
        lines.extend(resources.map(|arn| format!("on        {arn}")));
        lines.push(match (&self.error_code, &self.error_message) {
            (None, _) => "outcome   served".to_owned(),
            (Some(code), None) => format!("outcome   {code}"),
            (Some(code), Some(message)) => format!("outcome   {code}: {message}"),
        });
        let decided = self.additional_event_data.iter().flat_map(|more| &more.decided_by);
        let before = lines.len();
        lines.extend(decided.map(|why| format!("because   {why}")));
        if lines.len() == before {
            lines.push("because   no policy of this account was asked".to_owned());
        }
        lines.iter().map(|line| plain(line)).collect()
    }

    fn who(&self) -> String {
        let Some(who) = &self.user_identity else { return "who       unknown".to_owned() };
        let name = [&who.arn, &who.invoked_by, &who.principal_id].into_iter().flatten().next();
        let name = name.map_or("unknown", String::as_str);
        let key = who.access_key_id.as_ref().map(|key| format!(", access key {key}"));
        let from = match (&self.source, &self.user_agent) {
            (Some(source), Some(agent)) if who.invoked_by.is_none() => {
                format!(", from {source} ({agent})")
            }
            _ => String::new(),
        };
        format!("who       {name}{}{from}", key.unwrap_or_default())
    }
}

/// Whether the record is that of the request `id`, or of the event `id` that some account is told.
fn is_of(record: &AuditRecord, id: EventId) -> bool {
    let (time, request) = (record.time, record.request);
    let is_event = || {
        let told = accounts(record);
        let own = told.iter().any(|account| EventId::of(time, request, *account) == id);
        own || EventId::shared(time, request) == id
    };
    request == id.bytes() || (id.time() == Some(time) && is_event())
}

/// Who asked for what, how it ended, and why.
fn story(record: &AuditRecord) -> Vec<String> {
    let AuditRecord { service, operation, region, account, .. } = record;
    let mut lines = vec![format!("time      {}", record.time.civil())];
    lines.push(match (&record.identity, &record.arrival) {
        (Some(who), Some(from)) if who.arn.is_empty() => format!(
            "who       unknown, access key {}, from {} ({})",
            who.access_key, from.source, from.user_agent
        ),
        (Some(who), Some(from)) => format!(
            "who       {}, access key {}, from {} ({})",
            who.arn, who.access_key, from.source, from.user_agent
        ),
        (Some(who), None) => format!("who       {}", who.arn),
        (None, _) => "who       the service itself".to_owned(),
    });
    lines.push(format!("what      {service}:{operation} in {region}, account {account}"));
    lines.extend(record.resources.iter().map(|arn| format!("on        {arn}")));
    lines.push(match (&record.error_code, &record.error_message) {
        (None, _) => "outcome   served".to_owned(),
        (Some(code), None) => format!("outcome   {code}"),
        (Some(code), Some(message)) => format!("outcome   {code}: {message}"),
    });
    lines.extend(record.reasons.iter().map(|why| format!("because   {why}")));
    if record.reasons.is_empty() {
        lines.push("because   no policy was asked".to_owned());
    }
    lines.iter().map(|line| plain(line)).collect()
}

/// The text without characters that a terminal would obey: callers choose much of what a record
/// says.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_found_by_its_request_and_by_each_of_its_events() {
        let key = "arn:aws:kms:eu-west-2:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let record = AuditRecord {
            request: [0x4a; 16],
            time: strongroom_types::Timestamp::from_millis(1_795_329_425_123),
            resources: vec![key.to_owned()],
            ..sample()
        };
        let of = |account: &str| EventId::of(record.time, record.request, account.parse().unwrap());
        let request = strongroom_engine::call::RequestId(record.request).to_string();
        assert!(is_of(&record, request.parse().unwrap()));
        assert!(is_of(&record, of("111122223333")));
        assert!(is_of(&record, of("444455556666")));
        assert!(is_of(&record, EventId::shared(record.time, record.request)));
        assert!(!is_of(&record, of("777788889999")));
        assert!(!is_of(&AuditRecord { request: [0; 16], ..record.clone() }, of("111122223333")));
    }

    fn sample() -> AuditRecord {
        AuditRecord {
            request: [0; 16],
            time: strongroom_types::Timestamp::from_millis(0),
            service: "kms".to_owned(),
            operation: "Encrypt".to_owned(),
            region: "eu-west-2".parse().unwrap(),
            account: strongroom_types::AccountId::INITIAL,
            identity: None,
            arrival: None,
            parameters: Vec::new(),
            response: Vec::new(),
            resources: Vec::new(),
            error_code: None,
            error_message: None,
            read_only: true,
            material: Vec::new(),
            reasons: Vec::new(),
            recipient: None,
            store: None,
            grant: None,
            decided: Vec::new(),
            suppressed: None,
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(plain("User: ann's \"key\" ä…"), "User: ann's \"key\" ä…");
        let hostile = "a\u{1b}[2Jb\r\nbecause   allowed\u{202e}\u{9b}31m\u{7}";
        let shown = plain(hostile);
        assert!(shown.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{shown}");
        assert!(shown.starts_with("a\\u{1b}[2Jb\\r\\nbecause"), "{shown}");
    }
}
