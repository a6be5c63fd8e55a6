//! What must hold of every answer, and of the world at the end.

use super::stage::{May, Stage};
use super::wire::{Service, Wire};
use super::{Reply, xml};
use crate::Kit;
use serde_json::Value;
use std::collections::HashMap;
use strongroom_engine::demands::Effect;
use strongroom_keys::codec;
use strongroom_types::KeyId;

/// Errors that any operation may answer; they are not in its row.
/// Source: AWS KMS API Reference and IAM API Reference, "Common Errors".
const GENERAL: [&str; 8] = [
    "AccessDeniedException",
    "ValidationException",
    "SerializationException",
    "AccessDenied",
    "ValidationError",
    "MalformedQueryString",
    // Of S3.
    "InvalidArgument",
    "NotModified",
];

/// What is answered to who could not be identified.
const UNIDENTIFIED: [&str; 17] = [
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "MissingAuthenticationToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "ExpiredToken",
    "MalformedQueryString",
    "RequestTimeTooSkewed",
    "InvalidAccessKeyId",
    "InvalidRequest",
    "AuthorizationQueryParametersError",
    "AuthorizationHeaderMalformed",
    "AccessDenied",
];

/// What is answered to what no operation is asked for; nothing is recorded then.
const UNROUTED: [&str; 7] = [
    "UnknownOperationException",
    "MissingAction",
    "InvalidAction",
    "InvalidURI",
    "MethodNotAllowed",
    "NotImplemented",
    "MalformedQueryString",
];

/// Operations that take no permission.
const FREE: [&str; 3] = ["GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"];

/// How many audit records a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Records {
    None,
    One,
    /// One at most.
    Perhaps,
}

/// What was seen so far.
pub(super) struct Verdict<'s> {
    stage: &'s Stage,
    /// Whether somebody has changed something: permissions are then what they are.
    is_changed: bool,
    served: usize,
    expected: HashMap<[u8; 16], (Records, String)>,
}

impl<'s> Verdict<'s> {
    pub(super) fn new(stage: &'s Stage) -> Self {
        Self { stage, is_changed: false, served: 0, expected: HashMap::new() }
    }

    /// Looks at an answer.
    pub(super) fn of_answer(&mut self, wire: &Wire, reply: &Reply) {
        let shown =
            || format!("\n{wire}\n{} {}", reply.status, String::from_utf8_lossy(&reply.body));
        let is_served = matches!(reply.status, 200 | 206);
        self.served += usize::from(is_served);
        let code = code(reply);
        for secret in &self.stage.secrets {
            assert!(!secret.is_in(&reply.body), "a secret is told: {}", shown());
        }
        assert!(reply.status < 500 || reply.status == 501, "a failure: {}", shown());
        if is_served && wire.is_genuine {
            self.may(wire, reply, &shown);
        }
        form(wire, reply, &shown);
        if wire.is_genuine && !is_served && wire.method != "HEAD" && reply.status != 304 {
            let declared = wire.demands.errors.iter().any(|error| error.name() == code);
            let known = declared
                || is_of_a_member(wire, &code)
                || GENERAL.contains(&code.as_str())
                || UNIDENTIFIED.contains(&code.as_str())
                || UNROUTED.contains(&code.as_str());
            assert!(known, "{} does not declare {code}: {}", wire.demands.name, shown());
        }
        let records = match code.as_str() {
            code if UNROUTED.contains(&code) => Records::None,
            code if wire.is_genuine && !UNIDENTIFIED.contains(&code) && code != "-" => Records::One,
            _ if is_served => Records::One,
            _ => Records::Perhaps,
        };
        let of_web = wire.demands.name == "AssumeRoleWithWebIdentity";
        let records = if of_web && !is_served { Records::Perhaps } else { records };
        let id: KeyId = reply.request.parse().expect("a request has an id");
        let before = self.expected.insert(*id.parts().1, (records, shown()));
        assert!(before.is_none(), "an id is given twice: {}", shown());
        self.is_changed |= is_served && (wire.demands.effect == Effect::Change || !wire.is_genuine);
    }

    /// Who may nothing is not served, and who may see no plaintext sees none.
    fn may(&self, wire: &Wire, reply: &Reply, shown: &dyn Fn() -> String) {
        if self.is_changed {
            return;
        }
        if wire.may == May::Nothing {
            assert!(FREE.contains(&wire.demands.name), "served without permission: {}", shown());
        }
        if wire.may != May::Anything {
            let marked = &self.stage.marked;
            assert!(!marked.is_in(&reply.body), "a plaintext without permission: {}", shown());
        }
    }

    /// Looks at what was recorded and told to the operator. Returns how many requests were served.
    pub(super) fn at_the_end(mut self, kit: &Kit) -> usize {
        let records = kit.world.trail();
        let new = records.iter().skip(self.stage.records);
        let mut counts: HashMap<[u8; 16], usize> = HashMap::new();
        let mut bytes = Vec::new();
        for record in records.iter() {
            *counts.entry(record.request).or_default() += 1;
        }
        for record in new {
            bytes.extend(codec::encode(record));
        }
        for (id, (expected, shown)) in self.expected.drain() {
            let count = counts.get(&id).copied().unwrap_or_default();
            let right = match expected {
                Records::None => count == 0,
                Records::One => count == 1,
                Records::Perhaps => count <= 1,
            };
            assert!(right, "{count} records, and not {expected:?}: {shown}");
        }
        for secret in self.stage.secrets.iter().chain([&self.stage.marked]) {
            assert!(!secret.is_in(&bytes), "a secret is recorded");
        }
        let told = kit.world.incidents.all();
        assert!(told.is_empty(), "{told:?}");
        self.served
    }
}

/// Whether the code is that of a member which several operations have, and some declare no error for.
fn is_of_a_member(wire: &Wire, code: &str) -> bool {
    let members: &[&str] = match code {
        "InvalidGrantTokenException" => &["GrantTokens"],
        "InvalidTokenException" => &["NextToken"],
        "InvalidMarkerException" => &["Marker"],
        "NoSuchEntity" => &["AccessKeyId"],
        // STS refuses tags in the words of IAM.
        "InvalidInput" => &["Tags"],
        _ => &[],
    };
    wire.demands.fields.iter().any(|field| members.contains(&field.name))
}

/// The code of an error; `-` where none can be told.
fn code(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    if let Ok(Value::Object(answer)) = serde_json::from_slice(&reply.body) {
        return answer.get("__type").and_then(Value::as_str).unwrap_or_default().to_owned();
    }
    let inner = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match inner {
        Some((code, _)) => code.to_owned(),
        None if reply.status >= 400 => "-".to_owned(),
        None => String::new(),
    }
}

/// An answer is of the form that its protocol has.
fn form(wire: &Wire, reply: &Reply, shown: &dyn Fn() -> String) {
    let is_object = wire.demands.name == "GetObject" && reply.status < 300;
    if reply.body.is_empty() || is_object || wire.method == "HEAD" {
        return;
    }
    let text = std::str::from_utf8(&reply.body);
    let text = text.unwrap_or_else(|_| panic!("no text: {}", shown()));
    if text.starts_with('<') {
        let defect = xml::defect(text);
        assert_eq!(defect, None, "{}", shown());
    } else {
        let is_json = serde_json::from_str::<Value>(text).is_ok_and(|json| json.is_object());
        assert!(is_json, "neither JSON nor XML: {}", shown());
        let is_of_json = !wire.is_genuine || matches!(wire.service, Service::Json(_));
        assert!(is_of_json, "JSON from {:?}: {}", wire.service, shown());
    }
}
