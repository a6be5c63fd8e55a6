//! What is read of answers: bounded, and shown only where it is printable.

use crate::{Answer, Fault};
use serde::Deserialize;

/// Longest name of an error that is shown, bytes. AWS's are a quarter of it.
const MAX_CODE: usize = 128;
/// Longest message that is shown, characters. Our choice.
const MAX_MESSAGE: usize = 1024;
/// Longest request id that is shown, bytes; AWS's are UUIDs.
const MAX_ID: usize = 64;

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(default, alias = "Message")]
    message: Option<String>,
}

/// What an answer that is no success says. Of a stranger's answer only names and printable text are
/// taken: it goes to a terminal.
pub(crate) fn fault(answer: &Answer) -> Fault {
    let refusal = serde_json::from_slice::<Refusal>(&answer.body).ok();
    let refusal = refusal.unwrap_or(Refusal { kind: String::new(), message: None });
    // `com.amazonaws.kms#NotFoundException` is how some servers write `NotFoundException`.
    let kind = refusal.kind.rsplit('#').next().unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_".contains(&byte);
    let code = Some(kind).filter(|kind| kind.len() <= MAX_CODE && kind.bytes().all(is_name));
    let message = refusal.message.unwrap_or_default();
    let message = message.chars().filter(|c| !c.is_control()).take(MAX_MESSAGE).collect();
    let id = answer.headers.get("x-amzn-requestid").and_then(|id| id.to_str().ok());
    let is_id = |id: &&str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=MAX_ID).contains(&id.len()) && id.bytes().all(good)
    };
    Fault {
        status: answer.status.as_u16(),
        code: code.unwrap_or_default().to_owned(),
        message,
        request_id: id.filter(is_id).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::{HeaderMap, StatusCode};

    fn of(body: &str) -> Fault {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-requestid", "0f-1".parse().unwrap());
        let body = Bytes::copy_from_slice(body.as_bytes());
        fault(&Answer { status: StatusCode::BAD_REQUEST, headers, body })
    }

    #[test]
    fn a_fault_has_aws_s_words() {
        let fault = of(r#"{"__type":"com.amazonaws.kms#NotFoundException","message":"no key"}"#);
        assert_eq!(fault.to_string(), "NotFoundException: no key (request 0f-1)");
        assert!(!fault.may_pass());
        let fault = of(r#"{"__type":"ThrottlingException","Message":"Rate exceeded"}"#);
        assert!(fault.is_throttling() && fault.may_pass());
        assert_eq!(fault.message, "Rate exceeded");
    }

    #[test]
    fn nothing_of_a_stranger_s_answer_moves_the_cursor() {
        let fault = of("{\"__type\":\"\\u001b[2J\",\"message\":\"a\\u001b[2Jb\\u0007\\n\"}");
        assert_eq!(fault.code, "");
        assert_eq!(fault.message, "a[2Jb");
        let long =
            format!(r#"{{"__type":"{}","message":"{}"}}"#, "a".repeat(129), "b".repeat(5000));
        let fault = of(&long);
        assert_eq!((fault.code.len(), fault.message.len()), (0, MAX_MESSAGE));
        for none in ["", "[]", "<html>", r#"{"__type":1}"#] {
            assert_eq!(of(none).to_string(), "status 400 (request 0f-1)", "{none}");
        }
    }
}
