//! Past events as LookupEvents shows them.
//!
//! Source: AWS CloudTrail API Reference, Event, Resource.

use crate::digest::parse_time;
use crate::event::user_name;
use serde_json::Value;
use strongroom_engine::reply::{Out, Reply};

/// The event whose record is `json`; `None` when that is none.
pub(super) fn event(json: String) -> Option<Reply> {
    let record: Value = serde_json::from_str(&json).ok()?;
    let text = |pointer: &str| {
        record.pointer(pointer).and_then(Value::as_str).map(|text| Out::from(text.to_owned()))
    };
    let read_only = record.get("readOnly").and_then(Value::as_bool);
    let reply = Reply::empty()
        .with_some("EventId", text("/eventID"))
        .with_some("EventName", text("/eventName"))
        .with_some("ReadOnly", read_only.map(|truth| truth.to_string()))
        .with_some("AccessKeyId", text("/userIdentity/accessKeyId"))
        .with_some(
            "EventTime",
            record.get("eventTime").and_then(Value::as_str).and_then(parse_time),
        )
        .with_some("EventSource", text("/eventSource"))
        .with_some("Username", user_name(&record).map(str::to_owned))
        .with("Resources", resources(&record));
    Some(reply.with("CloudTrailEvent", json))
}

fn resources(record: &Value) -> Out {
    let listed = record.get("resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let one = |resource: &Value| {
        let text = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
        let (kind, name) = (text("type"), text("ARN"));
        Out::from(Reply::empty().with_some("ResourceType", kind).with_some("ResourceName", name))
    };
    listed.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use strongroom_types::Timestamp;

    #[test]
    fn times_are_read() {
        assert_eq!(
            parse_time("2026-11-22T06:37:05Z"),
            Some(Timestamp::from_millis(1_795_329_425_000))
        );
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn everybody_has_a_name() {
        for (identity, name) in [
            (json!({"type": "Root", "principalId": "111122223333"}), Some("root")),
            (json!({"type": "IAMUser", "userName": "ann"}), Some("ann")),
            (json!({"type": "AssumedRole", "principalId": "AROA1:night"}), Some("night")),
            (json!({"type": "AWSAccount", "principalId": "AIDA1"}), None),
            (json!({}), None),
        ] {
            assert_eq!(user_name(&json!({ "userIdentity": identity })), name);
        }
    }

    #[test]
    fn what_is_no_record_is_no_event() {
        assert!(event("[".to_owned()).is_none());
        let members = event("{}".to_owned()).map(|reply| reply.members().len());
        assert_eq!(members, Some(2));
    }
}
