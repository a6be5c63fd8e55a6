//! Answers in JSON. The length is known before the first byte is written, so that no reallocation
//! leaves a copy of a plaintext behind.

use base64_simd::{Out as To, STANDARD};
use std::io::Write as _;
use strongroom_engine::reply::{Out, Reply};

/// The members of `reply` as an object.
pub(super) fn reply(reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(object_len(reply));
    object(reply, &mut out);
    out
}

/// An error's object; the message goes under `member`.
pub(super) fn error(code: &str, member: &str, message: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + message.map_or(0, str::len));
    out.extend_from_slice(b"{\"__type\":");
    text(code, &mut out);
    if let Some(message) = message {
        out.push(b',');
        text(member, &mut out);
        out.push(b':');
        text(message, &mut out);
    }
    out.push(b'}');
    out
}

fn object(reply: &Reply, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (name, value)) in reply.members().iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        text(name, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

// Writing to a `Vec` cannot fail; results are dropped for that reason.
fn write(value: &Out, out: &mut Vec<u8>) {
    match value {
        Out::Text(value) => text(value, out),
        Out::Blob(bytes) => base64(bytes, out),
        Out::Secret(secret) => base64(secret.expose(), out),
        Out::SecretText(secret) => text(&String::from_utf8_lossy(secret.expose()), out),
        Out::Integer(number) => drop(write!(out, "{number}")),
        Out::Boolean(truth) => drop(write!(out, "{truth}")),
        Out::Time(time) => {
            let millis = time.millis().rem_euclid(1000);
            drop(write!(out, "{}.{millis:03}", time.seconds()));
        }
        Out::List(members) => {
            out.push(b'[');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(member, out);
            }
            out.push(b']');
        }
        Out::Map(pairs) => {
            out.push(b'{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                text(key, out);
                out.push(b':');
                text(value, out);
            }
            out.push(b'}');
        }
        Out::Structure(members) => object(members, out),
    }
}

fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + STANDARD.encoded_length(bytes.len()), 0);
    if let Some(room) = out.get_mut(start..) {
        let _ = STANDARD.encode(bytes, To::from_slice(room));
    }
    out.push(b'"');
}

/// Escapes as RFC 8259 §7 demands.
fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    if is_plain(rest) {
        out.extend_from_slice(rest);
        out.push(b'"');
        return;
    }
    while let Some(at) = rest.iter().position(|byte| needs_escape(*byte)) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        if let Some((byte, behind)) = tail.split_first() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
                b'\n' => out.extend_from_slice(b"\\n"),
                other => drop(write!(out, "\\u{other:04x}")),
            }
            rest = behind;
        }
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Whether nothing in it needs an escape, as in nearly every text: the compiler looks at many bytes at a
/// time.
fn is_plain(text: &[u8]) -> bool {
    !text.iter().fold(false, |found, byte| found | needs_escape(*byte))
}

const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn object_len(reply: &Reply) -> usize {
    let members = reply.members().iter();
    2 + members.map(|(name, value)| name.len() + 4 + value_len(value)).sum::<usize>()
}

/// At least the bytes that `value` takes.
fn value_len(value: &Out) -> usize {
    match value {
        Out::Text(text) => text_len(text),
        Out::Blob(bytes) => 2 + STANDARD.encoded_length(bytes.len()),
        Out::Secret(secret) => 2 + STANDARD.encoded_length(secret.len()),
        Out::SecretText(secret) => 2 + 6 * secret.len(),
        Out::Integer(_) | Out::Time(_) => 25,
        Out::Boolean(_) => 5,
        Out::List(members) => 2 + members.iter().map(|member| 1 + value_len(member)).sum::<usize>(),
        Out::Map(pairs) => {
            2 + pairs.iter().map(|(key, value)| 2 + text_len(key) + text_len(value)).sum::<usize>()
        }
        Out::Structure(members) => object_len(members),
    }
}

fn text_len(text: &str) -> usize {
    if is_plain(text.as_bytes()) {
        return 2 + text.len();
    }
    2 + text.len() + 5 * text.bytes().filter(|byte| needs_escape(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_crypto::SecretBytes;
    use strongroom_types::Timestamp;

    #[test]
    fn every_kind_of_value_is_written_within_the_length_foreseen() {
        let list = Out::List(vec!["a".into(), "b".into()]);
        let pairs = [("k\"".to_owned(), "v".to_owned()), ("l".to_owned(), String::new())];
        let answer = Reply::empty()
            .with("Text", "quote \" slash \\ line \n bell \u{7} ä".to_owned())
            .with("Map", Out::Map(pairs.into()))
            .with("Blob", vec![0_u8, 1, 2, 3])
            .with("Secret", SecretBytes::new(b"hi".to_vec()))
            .with("Number", i64::MIN)
            .with("Truth", false)
            .with("Time", Timestamp::from_millis(1_795_329_425_007))
            .with("List", list)
            .with("Inner", Reply::empty().with("A", 1_i64));
        let foreseen = object_len(&answer);
        let written = reply(&answer);
        assert_eq!(
            String::from_utf8(written.clone()).unwrap(),
            "{\"Text\":\"quote \\\" slash \\\\ line \\n bell \\u0007 ä\",\
             \"Map\":{\"k\\\"\":\"v\",\"l\":\"\"},\"Blob\":\"AAECAw==\",\
             \"Secret\":\"aGk=\",\"Number\":-9223372036854775808,\"Truth\":false,\
             \"Time\":1795329425.007,\"List\":[\"a\",\"b\"],\"Inner\":{\"A\":1}}"
        );
        assert!(written.len() <= foreseen);
        serde_json::from_slice::<serde_json::Value>(&written).unwrap();
    }

    #[test]
    fn an_error_without_message_has_none() {
        assert_eq!(error("X", "message", None), b"{\"__type\":\"X\"}");
        assert_eq!(error("X", "Message", Some("m")), b"{\"__type\":\"X\",\"Message\":\"m\"}");
    }
}
