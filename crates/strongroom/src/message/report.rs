//! What a command tells of what it has done.

use super::input::Place;
use crate::terminal;
use serde_json::{Value, json};
use strongroom_envelope::{Content, EncryptedDataKey, Header, Totals};

/// Tells of one message that was made or opened.
pub(super) fn done(is_json: bool, from: &Place, to: &Place, header: &Header, totals: Totals) {
    let Place::File(to) = to else { return };
    if is_json {
        let mut told = described(header);
        if let Value::Object(members) = &mut told {
            members.insert("input".to_owned(), json!(from.told()));
            members.insert("output".to_owned(), json!(to.display().to_string()));
            members.insert("plaintextBytes".to_owned(), json!(totals.plaintext));
            members.insert("messageBytes".to_owned(), json!(totals.message));
            members.insert("frames".to_owned(), json!(totals.frames));
        }
        terminal::line(told);
    } else {
        terminal::line(format_args!(
            "{} -> {}",
            shown(&from.told()),
            shown(&to.display().to_string())
        ));
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

/// Text from a message or a file name, as a terminal may show it.
pub(super) fn shown(text: &str) -> String {
    let one = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn no_name_moves_the_cursor() {
        assert_eq!(shown("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(shown("grün.txt"), "grün.txt");
    }
}
