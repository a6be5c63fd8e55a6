//! Requests as they stand on the wire: made of choices, signed, and tampered with.

use super::choices::Choices;
use super::stage::{May, Person, Scene};
use super::values;
use crate::Kit;
use serde_json::Value;
use strongroom_crypto::SecretBytes;
use strongroom_engine::demands::Demands;
use strongroom_iam::{IamOperation, StsOperation, iam_demands, sts_demands};
use strongroom_kms::OperationName;
use strongroom_protocol::route::{FORM_CONTENT_TYPE, JSON_CONTENT_TYPE};
use strongroom_sigv4::{Request, Rules, Signer, SigningKey};
use strongroom_trail::service::cloudtrail::{CloudTrailOperation, cloudtrail_demands};
use strongroom_trail::service::s3::{self, S3Operation};
use strongroom_types::{AccountId, Region};

/// A service, by its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// KMS and CloudTrail.
    Json(&'static str),
    /// IAM and STS.
    Query(&'static str),
    /// S3.
    S3,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Method.
    pub method: String,
    /// Path and query string.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// The service that it was made for.
    pub service: Service,
    /// The row of the operation that it was made for.
    pub demands: &'static Demands,
    /// Whose credentials signed it.
    pub account: AccountId,
    /// Whether it is as it was signed, and asks for what it was made for.
    pub(super) is_genuine: bool,
    pub(super) may: May,
}

impl std::fmt::Display for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{} {} {}", self.demands.name, self.method, self.target)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "{}", String::from_utf8_lossy(&self.body))
    }
}

/// Every operation of every service.
fn operations() -> Vec<(Service, &'static Demands)> {
    let kms = OperationName::ALL.iter().map(|name| strongroom_kms::demands(*name));
    let trail = CloudTrailOperation::ALL.iter().map(|name| cloudtrail_demands(*name));
    let iam = IamOperation::ALL.iter().map(|name| iam_demands(*name));
    let sts = StsOperation::ALL.iter().map(|name| sts_demands(*name));
    let s3 = S3Operation::ALL.iter().map(|name| s3::demands(*name));
    kms.map(|row| (Service::Json("TrentService."), row))
        .chain(trail.map(|row| (Service::Json("CloudTrail_20131101."), row)))
        .chain(iam.map(|row| (Service::Query("2010-05-08"), row)))
        .chain(sts.map(|row| (Service::Query("2011-06-15"), row)))
        .chain(s3.map(|row| (Service::S3, row)))
        .collect()
}

/// What is done to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tampering {
    Nothing,
    /// The body is any bytes, and signed.
    AnyBody,
    /// The body is deep, and signed.
    DeepBody,
    /// The signature is in the query string.
    Presigned,
    /// Something is added to the body.
    Body,
    /// A header is removed, or has another value.
    Header,
    /// Another method.
    Method,
    /// Another path and query string.
    Target,
}

/// The next request.
pub(super) fn next(choices: &mut Choices<'_>, scene: &Scene, kit: &Kit) -> Wire {
    use Tampering as T;
    let all = operations();
    let (service, demands) = *choices.one(&all);
    let person = choices.one(&scene.people);
    let tampering = match choices.byte() {
        0..=199 => T::Nothing,
        200..=207 => T::AnyBody,
        208..=211 => T::DeepBody,
        212..=219 => T::Presigned,
        220..=227 => T::Body,
        228..=239 => T::Header,
        240..=246 => T::Method,
        _ => T::Target,
    };
    let mut wire = plain(choices, scene, (service, demands), person);
    match tampering {
        T::AnyBody => wire.body = choices.bytes().to_vec(),
        T::DeepBody => wire.body = deep(choices),
        _ => {}
    }
    // Such a body may say anything, also what another operation is asked for.
    let is_as_made = match tampering {
        T::Nothing => true,
        T::AnyBody => matches!(service, Service::Json(_)),
        _ => false,
    };
    wire.is_genuine &= is_as_made;
    sign(&mut wire, person, region(choices), kit, tampering == T::Presigned);
    tamper(choices, &mut wire, tampering);
    wire
}

fn region(choices: &mut Choices<'_>) -> Region {
    match choices.byte() {
        0..=219 => crate::region(),
        220..=239 => "us-east-1".parse().expect("a Region"),
        _ => "cn-north-1".parse().expect("a Region"),
    }
}

fn plain(
    choices: &mut Choices<'_>,
    scene: &Scene,
    (service, demands): (Service, &'static Demands),
    person: &Person,
) -> Wire {
    let input = values::members(choices, scene, demands.fields, 0);
    let host = format!("{}.strongroom.test", demands.service);
    let mut headers =
        vec![("host".to_owned(), host), ("user-agent".to_owned(), "traffic".to_owned())];
    let mut header = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    let (mut method, mut target, mut body) = ("POST", "/".to_owned(), Vec::new());
    let mut is_genuine = true;
    match service {
        Service::Json(prefix) => {
            header("content-type", JSON_CONTENT_TYPE);
            header("x-amz-target", &format!("{prefix}{}", demands.name));
            body = input.to_string().into_bytes();
        }
        Service::Query(version) => {
            let mut form = format!("Action={}&Version={version}", demands.name);
            flatten("", &input, &mut form);
            if choices.once_in(40) {
                (method, target) = ("GET", format!("/?{form}"));
            } else {
                header("content-type", FORM_CONTENT_TYPE);
                body = form.into_bytes();
            }
        }
        Service::S3 => {
            let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
            method = if demands.name.starts_with("Head") { "HEAD" } else { "GET" };
            target = s3_target(demands.name, &input);
            is_genuine = !text("Bucket").is_empty();
            header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
            for (name, member) in
                [("range", "Range"), ("if-match", "IfMatch"), ("if-none-match", "IfNoneMatch")]
            {
                if !text(member).is_empty() {
                    header(
                        name,
                        if name == "range" && choices.once_in(128) {
                            "bytes=1-3"
                        } else {
                            text(member)
                        },
                    );
                }
            }
        }
    }
    Wire {
        method: method.to_owned(),
        target,
        headers,
        body,
        service,
        demands,
        account: person.account,
        is_genuine,
        may: person.may,
    }
}

fn s3_target(operation: &str, input: &Value) -> String {
    let mut target = String::from("/");
    let mut query = match operation {
        "GetBucketLocation" => "location=".to_owned(),
        "ListObjectsV2" => "list-type=2".to_owned(),
        _ => String::new(),
    };
    for (name, value) in input.as_object().into_iter().flatten() {
        let value = encode(value.as_str().unwrap_or_default(), name == "Key");
        match name.as_str() {
            "Bucket" => target = format!("/{value}"),
            "Key" => target = format!("{target}/{value}"),
            "Range" | "IfMatch" | "IfNoneMatch" => {}
            _ => {
                let dashed = |c: char| {
                    if c.is_ascii_uppercase() {
                        format!("-{}", c.to_ascii_lowercase())
                    } else {
                        c.to_string()
                    }
                };
                let name: String = name.chars().map(dashed).collect();
                query = format!("{query}&{}={value}", name.trim_start_matches('-'));
            }
        }
    }
    match query.trim_start_matches('&') {
        "" => target,
        query => format!("{target}?{query}"),
    }
}

/// The parameters of a form that `value` is.
fn flatten(name: &str, value: &Value, form: &mut String) {
    let below =
        |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(members) => {
            for (part, member) in members {
                flatten(&below(&encode(part, false)), member, form);
            }
        }
        Value::Array(list) => {
            for (number, member) in list.iter().enumerate() {
                flatten(&below(&format!("member.{}", number + 1)), member, form);
            }
        }
        Value::String(text) => form.push_str(&format!("&{name}={}", encode(text, false))),
        Value::Null => form.push_str(&format!("&{name}")),
        other => form.push_str(&format!("&{name}={other}")),
    }
}

fn encode(text: &str, slashes: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (slashes && byte == b'/') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn deep(choices: &mut Choices<'_>) -> Vec<u8> {
    let depth = 8 << choices.below(12);
    let open: &[u8] = if choices.once_in(128) { b"[" } else { b"{\"a\":" };
    open.repeat(depth)
}

/// Signs it; what cannot be signed, a target beyond the limits, goes as it is.
fn sign(wire: &mut Wire, person: &Person, region: Region, kit: &Kit, presigned: bool) {
    let service = wire.demands.service;
    let now = kit.engine().now();
    let secret = SecretBytes::new(person.secret.clone().into_bytes());
    let key = SigningKey::derive(&secret, &now.civil().basic_date(), region.as_str(), service);
    let rules = if service == "s3" { Rules::s3() } else { Rules::new(service) };
    let signer = Signer::new(&person.access_key, person.token.as_deref(), key, rules);
    let headers: Vec<(&str, &[u8])> =
        wire.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let (path, query) = wire.target.split_once('?').unwrap_or((&wire.target, ""));
    let request = Request::new(&wire.method, path, query, &headers, &wire.body);
    let Ok(request) = request else {
        wire.is_genuine = false;
        return;
    };
    if presigned {
        if let Ok(query) = signer.presigned_query(&request, now, 300) {
            wire.target = format!("{path}?{query}");
        }
        return;
    }
    match signer.headers(&request, now) {
        Ok(added) => {
            wire.headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        Err(_) => wire.is_genuine = false,
    }
}

fn tamper(choices: &mut Choices<'_>, wire: &mut Wire, tampering: Tampering) {
    use Tampering as T;
    match tampering {
        T::Nothing | T::AnyBody | T::DeepBody | T::Presigned => {}
        T::Body => wire.body.extend_from_slice(choices.bytes()),
        T::Header => {
            let at = choices.below(wire.headers.len());
            if choices.once_in(90) {
                let _ = wire.headers.remove(at);
            } else if let Some((_, value)) = wire.headers.get_mut(at) {
                let text = choices.text();
                if choices.once_in(128) { *value = text } else { value.push_str(&text) }
            }
        }
        T::Method => {
            wire.method = (*choices.one(&["GET", "HEAD", "PUT", "POST", "DELETE", "X"])).to_owned()
        }
        T::Target => wire.target = format!("/{}", encode(&choices.text(), true)),
    }
}
