//! What a command tells of what it has done.

use super::input::Place;
use crate::terminal::shown;
use serde_json::{Value, json};
use strongroom_envelope::{Content, EncryptedDataKey, Header, Totals};

/// What is told of one message that was made or opened; where it went to standard output, nothing.
pub(super) fn done(
    is_json: bool,
    from: &Place,
    to: &Place,
    header: &Header,
    totals: Totals,
) -> Option<String> {
    let to = to.path()?;
    if is_json {
        let mut told = described(header);
        if let Value::Object(members) = &mut told {
            members.insert("input".to_owned(), json!(from.told()));
            members.insert("output".to_owned(), json!(to.display().to_string()));
            members.insert("plaintextBytes".to_owned(), json!(totals.plaintext));
            members.insert("messageBytes".to_owned(), json!(totals.message));
            members.insert("frames".to_owned(), json!(totals.frames));
        }
        Some(told.to_string())
    } else {
        Some(format!("{} -> {}", shown(&from.told()), shown(&to.display().to_string())))
    }
}

/// A header as JSON.
pub(super) fn described(header: &Header) -> Value {
    let suite = header.suite();
    let context: serde_json::Map<String, Value> =
        header.context().pairs().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let keys: Vec<Value> = header.encrypted_data_keys().iter().map(key).collect();
    let frame_length = match header.content() {
        Content::Framed { frame_len } => json!(frame_len),
        Content::NonFramed => Value::Null,
    };
    json!({
        "version": version(header),
        "algorithmSuite": format!("0x{:04X}", suite.id()),
        "signed": suite.is_signed(),
        "commitsToKey": suite.is_committing(),
        "messageId": strongroom_crypto::hash::hex(header.message_id()),
        "encryptionContext": context,
        "wrappingKeys": keys,
        "frameLength": frame_length,
    })
}

/// The version of the message format, its first byte.
pub(super) fn version(header: &Header) -> u8 {
    header.as_bytes().first().copied().unwrap_or_default()
}

fn key(of: &EncryptedDataKey) -> Value {
    let whole = of.wrapping_key();
    let name = whole.strip_prefix(&of.provider_id).and_then(|rest| rest.strip_prefix('/'));
    json!({ "provider": of.provider_id, "key": name.unwrap_or(&whole) })
}
