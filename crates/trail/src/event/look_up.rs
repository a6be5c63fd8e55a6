//! What events are looked up by, read from their JSON: for indexes that are made anew from log
//! files, and for what LookupEvents answers.

use super::Attributes;
use super::resources::{access_key_attributes, attributes as resource_attributes};
use serde_json::Value;
use strongroom_engine::ports::archive::EventAttribute as A;

/// The attributes of `record`, a record of CloudTrail: those of [`super::Event::attributes`]. Each
/// [`A::ResourceType`] is followed by the [`A::ResourceName`] that belongs to it.
#[must_use]
pub fn attributes(record: &Value) -> Attributes {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    let mut all = Attributes::default();
    let mut push = |attribute, value: Option<&str>| {
        all.extend(value.map(|value| (attribute, value)));
    };
    push(A::EventId, text("/eventID"));
    push(A::EventName, text("/eventName"));
    let read_only = record.get("readOnly").and_then(Value::as_bool);
    push(A::ReadOnly, read_only.map(|truth| if truth { "true" } else { "false" }));
    push(A::EventSource, text("/eventSource"));
    push(A::AccessKeyId, text("/userIdentity/accessKeyId"));
    push(A::Username, user_name(record));
    let resources = record.get("resources").and_then(Value::as_array);
    for arn in resources.into_iter().flatten().filter_map(|one| one.get("ARN")?.as_str()) {
        resource_attributes(arn, &mut all);
    }
    if text("/eventSource").is_some_and(super::is_global) {
        for part in ["requestParameters", "responseElements"] {
            access_keys(record.get(part).unwrap_or(&Value::Null), &mut all);
        }
    }
    all
}

/// The name of the user, or of the role's session; `root` for the root user.
pub(crate) fn user_name(record: &Value) -> Option<&str> {
    let who = record.get("userIdentity")?;
    let text = |name: &str| who.get(name).and_then(Value::as_str);
    match text("type")? {
        "Root" => Some("root"),
        "AssumedRole" | "FederatedUser" => text("principalId")?.split_once(':').map(|(_, n)| n),
        _ => text("userName"),
    }
}

/// The access keys in `value`, wherever they are.
fn access_keys(value: &Value, into: &mut Attributes) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| match member {
            Value::String(id) if name == "accessKeyId" => access_key_attributes(id, into),
            other => access_keys(other, into),
        }),
        Value::Array(members) => members.iter().for_each(|member| access_keys(member, into)),
        _ => {}
    }
}
