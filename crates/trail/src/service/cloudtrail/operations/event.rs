//! Past events as LookupEvents shows them.
//!
//! Source: AWS CloudTrail API Reference, Event, Resource.

use serde_json::Value;
use strongroom_engine::reply::{Out, Reply};
use strongroom_types::Timestamp;

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
        .with_some("EventTime", record.get("eventTime").and_then(Value::as_str).and_then(time))
        .with_some("EventSource", text("/eventSource"))
        .with_some("Username", username(&record))
        .with("Resources", resources(&record));
    Some(reply.with("CloudTrailEvent", json))
}

/// `YYYY-MM-DDTHH:MM:SSZ`.
fn time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_basic(&text.replace(['-', ':'], ""))
}

/// The name of the user, or of the role's session; `root` for the root user.
fn username(record: &Value) -> Option<String> {
    let identity = record.get("userIdentity")?;
    let text = |name: &str| identity.get(name).and_then(Value::as_str);
    let session = || text("principalId").and_then(|id| id.split_once(':')).map(|(_, name)| name);
    let name = match text("type")? {
        "Root" => Some("root"),
        "AssumedRole" | "FederatedUser" => session(),
        _ => text("userName"),
    };
    name.map(str::to_owned)
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

    #[test]
    fn times_are_read() {
        assert_eq!(time("2026-11-22T06:37:05Z"), Some(Timestamp::from_millis(1_795_329_425_000)));
        assert_eq!(time("yesterday"), None);
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
            assert_eq!(username(&json!({ "userIdentity": identity })).as_deref(), name);
        }
    }

    #[test]
    fn what_is_no_record_is_no_event() {
        assert!(event("[".to_owned()).is_none());
        let members = event("{}".to_owned()).map(|reply| reply.members().len());
        assert_eq!(members, Some(2));
    }
}
