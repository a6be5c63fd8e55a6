//! Each way in which a request is refused, with AWS's text, and tampering with good requests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as expected"
)]

use strongroom_crypto::SecretBytes;
use strongroom_crypto::hash::{hex, sha256};
use strongroom_sigv4::{
    AuthError, Form, Payload, Request, Rules, Signer, SigningKey, Verified, claim,
};
use strongroom_types::Timestamp;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

fn now() -> Timestamp {
    Timestamp::parse_basic("20261122T063700Z").unwrap()
}

fn key_of(secret: &str) -> SigningKey {
    let secret = SecretBytes::new(secret.as_bytes().to_vec());
    SigningKey::derive(&secret, "20261122", "eu-west-2", "kms")
}

fn key() -> SigningKey {
    key_of("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
}

/// A request that can be changed.
#[derive(Clone)]
struct Draft {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    rules: Rules,
    now: Timestamp,
}

impl Draft {
    fn new() -> Self {
        let headers = [
            ("host", "kms.eu-west-2.example.com"),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "TrentService.Encrypt"),
            ("user-agent", "test"),
        ];
        Self {
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: br#"{"KeyId":"alias/a","Plaintext":"AA=="}"#.to_vec(),
            rules: Rules::new("kms"),
            now: now(),
        }
    }

    fn with<T>(&self, run: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        run(&Request::new(self.method, &self.path, &self.query, &headers, &self.body).unwrap())
    }

    fn signer(&self, token: Option<&str>) -> Signer {
        Signer::new(ID, token, key(), self.rules)
    }

    /// Signed in the header.
    fn signed(mut self) -> Self {
        let signer = self.signer(Some("token+/="));
        for (name, value) in self.with(|request| signer.headers(request, now())).unwrap() {
            self.headers.push((name.to_owned(), value));
        }
        self
    }

    /// Signed in the query string, for ten minutes.
    fn presigned(mut self) -> Self {
        self.method = "GET";
        self.body.clear();
        let signer = self.signer(Some("token+/="));
        self.query = self.with(|request| signer.presigned_query(request, now(), 600)).unwrap();
        self
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self.add(name, value)
    }

    fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self
    }

    fn value(&self, name: &str) -> String {
        self.headers.iter().find(|(given, _)| given == name).unwrap().1.clone()
    }

    /// With text of the `Authorization` header replaced.
    fn authorization(self, from: &str, to: &str) -> Self {
        let value = self.value("authorization");
        assert!(value.contains(from), "{value}");
        self.set("authorization", &value.replacen(from, to, 1))
    }

    /// With text of the query string replaced.
    fn in_query(mut self, from: &str, to: &str) -> Self {
        assert!(self.query.contains(from), "{}", self.query);
        self.query = self.query.replacen(from, to, 1);
        self
    }

    fn at(mut self, now: &str) -> Self {
        self.now = Timestamp::parse_basic(now).unwrap();
        self
    }

    fn verify(&self) -> Result<Verified, AuthError> {
        self.with(|request| claim(request, self.rules, self.now)?.verify(&key()))
    }

    /// The text and JSON code of the refusal.
    fn refusal(&self) -> (String, &'static str) {
        let error = self.verify().unwrap_err();
        (error.message(), error.code_json())
    }
}

fn refused(draft: &Draft, code: &str, message: &str) {
    assert_eq!(draft.refusal(), (message.to_owned(), code));
}

#[test]
fn good_requests_are_proved() {
    let verified = Draft::new().signed().verify().unwrap();
    assert_eq!(verified.access_key_id(), ID);
    assert_eq!(verified.region().as_str(), "eu-west-2");
    assert_eq!(verified.service(), "kms");
    assert_eq!(verified.session_token(), Some("token+/="));
    assert_eq!(verified.signed_at(), now());
    assert_eq!(verified.form(), Form::Header);
    assert!(!format!("{verified:?}").contains("token"));

    let verified = Draft::new().presigned().verify().unwrap();
    assert_eq!(verified.access_key_id(), ID);
    assert_eq!(verified.session_token(), Some("token+/="));
    assert_eq!(verified.form(), Form::Presigned { expires_seconds: Some(600) });
}

#[test]
fn a_claim_says_what_is_needed_to_find_the_key() {
    Draft::new().signed().with(|request| {
        let claim = claim(request, Rules::new("kms"), now()).unwrap();
        assert_eq!((claim.access_key_id(), claim.date()), (ID, "20261122"));
        assert_eq!((claim.region().as_str(), claim.service()), ("eu-west-2", "kms"));
        assert_eq!(claim.session_token(), Some("token+/="));
        assert_eq!(claim.signed_at(), now());
    });
}

#[test]
fn spacing_and_order_of_the_authorization_header_are_free() {
    let draft = Draft::new().signed();
    let value = draft.value("authorization");
    for spelling in
        [value.replace(", ", ","), value.replace(", ", " ,\t  "), format!("  {value} , "), {
            let (algorithm, rest) = value.split_once(' ').unwrap();
            let mut pairs: Vec<&str> = rest.split(", ").collect();
            pairs.reverse();
            format!("{algorithm}   {}", pairs.join(", "))
        }]
    {
        assert!(draft.clone().set("authorization", &spelling).verify().is_ok(), "{spelling}");
    }
}

#[test]
fn unsigned_headers_may_change() {
    assert!(
        Draft::new()
            .signed()
            .set("user-agent", "other")
            .add("x-amzn-trace-id", "1")
            .verify()
            .is_ok()
    );
}

#[test]
fn no_credentials() {
    let message = "Request is missing Authentication Token";
    let code = "MissingAuthenticationTokenException";
    refused(&Draft::new(), code, message);
    for scheme in ["", "Bearer abc", "Basic YTpi", "AWS AKID:sig"] {
        refused(&Draft::new().add("authorization", scheme), code, message);
    }
}

#[test]
fn both_forms() {
    let message =
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
    refused(
        &Draft::new().presigned().add("authorization", "Bearer x"),
        "InvalidSignatureException",
        message,
    );
    let header = Draft::new().signed().value("authorization");
    let mut draft = Draft::new().presigned().add("authorization", &header);
    refused(&draft, "InvalidSignatureException", message);
    draft.query = draft.query.replace("X-Amz-Algorithm", "X-Amz-%41lgorithm");
    refused(&draft, "InvalidSignatureException", message);
}

#[test]
fn missing_parts_of_the_header_are_named() {
    let code = "IncompleteSignatureException";
    let hashed = "(Hashed with SHA-256 and encoded with Base64) Authorization=";
    let draft = Draft::new().add("authorization", "AWS4-HMAC-SHA256");
    // Base64 of SHA-256("AWS4-HMAC-SHA256"), computed with openssl.
    refused(
        &draft,
        code,
        &format!(
            "Authorization header requires 'Credential' parameter. \
         Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. \
         Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. {hashed}YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="
        ),
    );
    let draft = Draft::new().signed();
    for name in ["Credential", "Signature", "SignedHeaders"] {
        let changed = draft.clone().authorization(&format!(" {name}="), " Other=");
        assert!(
            changed.refusal().0.starts_with(&format!(
                "Authorization header requires '{name}' parameter. {hashed}"
            ))
        );
        assert_eq!(changed.refusal().1, code);
    }
    let (message, given) = draft.without("x-amz-date").refusal();
    assert!(message.starts_with(&format!("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. {hashed}")));
    assert_eq!(given, code);
    let empty = Draft::new().signed().authorization("Credential=", "Credential=, C=");
    assert!(
        empty.refusal().0.starts_with("Authorization header requires 'Credential' parameter. ")
    );
}

#[test]
fn pairs_have_an_equal_sign_and_come_once() {
    let code = "IncompleteSignatureException";
    let (message, given) =
        Draft::new().signed().authorization(", Signature=", ", Signature").refusal();
    assert!(message.starts_with("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"), "{message}");
    assert_eq!(given, code);
    let twice = Draft::new().signed().authorization(", Signature=", ", Signature=, Signature=");
    refused(&twice, code, "'Signature' must be given once.");
    for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
        let draft = Draft::new().signed();
        let value = draft.value(name);
        let message = format!("'{name}' must be given once.");
        refused(&draft.add(name, &value), code, &message);
    }
}

#[test]
fn missing_parts_of_the_query_are_named() {
    let mut draft = Draft::new();
    draft.query = "X-Amz-Algorithm".to_owned();
    refused(
        &draft,
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Algorithm'. \
         AWS query-string parameters must include 'X-Amz-Credential'. \
         AWS query-string parameters must include 'X-Amz-Signature'. \
         AWS query-string parameters must include 'X-Amz-SignedHeaders'. \
         AWS query-string parameters must include 'X-Amz-Date'. \
         Re-examine the query-string parameters.",
    );
    let twice = Draft::new().presigned().in_query("X-Amz-Date=", "X-Amz-Date=a&X-Amz-Date=");
    refused(&twice, "IncompleteSignatureException", "'X-Amz-Date' must be given once.");
    let broken = Draft::new().presigned().in_query("X-Amz-Date=", "a=%zz&X-Amz-Date=");
    refused(&broken, "MalformedQueryString", "The query string contains a syntax error.");
}

#[test]
fn the_time_is_checked_before_anything_else_that_is_there() {
    let draft = Draft::new().signed();
    refused(
        &draft.clone().set("x-amz-date", "Sun, 22 Nov 2026 06:37:00 GMT"),
        "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got 'Sun, 22 Nov 2026 06:37:00 GMT'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
    let bad_scope = draft.authorization("/kms/", "/iam/");
    refused(
        &bad_scope.clone().at("20261122T064201Z"),
        "InvalidSignatureException",
        "Signature expired: 20261122T063700Z is now earlier than 20261122T063701Z (20261122T064201Z - 5 min.)",
    );
    refused(
        &bad_scope.at("20261122T063159Z"),
        "InvalidSignatureException",
        "Signature not yet current: 20261122T063700Z is still later than 20261122T063659Z (20261122T063159Z + 5 min.)",
    );
    assert!(Draft::new().signed().at("20261122T064200Z").verify().is_ok());
    assert!(Draft::new().signed().at("20261122T063200Z").verify().is_ok());
}

#[test]
fn a_presigned_request_expires() {
    let draft = Draft::new().presigned();
    assert!(draft.clone().at("20261122T064700Z").verify().is_ok());
    refused(
        &draft.clone().at("20261122T064701Z"),
        "InvalidSignatureException",
        "Signature expired: 20261122T063700Z is now earlier than 20261122T063701Z (20261122T064701Z - 10 min.)",
    );
    for (value, message) in [
        ("0", "X-Amz-Expires must be greater than zero"),
        ("x", "X-Amz-Expires should be a number"),
        (
            "604801",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
        ),
    ] {
        let changed =
            draft.clone().in_query("X-Amz-Expires=600", &format!("X-Amz-Expires={value}"));
        refused(&changed, "IncompleteSignatureException", message);
    }
    // Making it live longer breaks the signature; taking the limit away leaves the skew.
    refused(
        &draft.clone().in_query("X-Amz-Expires=600", "X-Amz-Expires=6000"),
        "InvalidSignatureException",
        MISMATCH,
    );
    let unlimited = draft.in_query("&X-Amz-Expires=600", "").at("20261122T064201Z");
    assert!(unlimited.refusal().0.ends_with("- 5 min.)"));
    let signer = Draft::new().signer(None);
    for seconds in [0, 604_801, u32::MAX] {
        let result = Draft::new().with(|request| signer.presigned_query(request, now(), seconds));
        assert!(matches!(result, Err(AuthError::Expires(_))));
    }
}

#[test]
fn the_date_header_serves_in_place_of_x_amz_date() {
    let signed = Draft::new().signed();
    let draft = signed.clone().without("x-amz-date").add("date", "20261122T063700Z");
    // The list of signed headers still names `x-amz-date`.
    refused(&draft, "InvalidSignatureException", MISMATCH);
    let string_to_sign = |draft: &Draft| {
        draft.with(|request| {
            claim(request, draft.rules, draft.now).unwrap().string_to_sign().unwrap()
        })
    };
    let mut draft =
        draft.authorization("x-amz-date;", "").authorization("content-type;", "content-type;date;");
    let secret = b"AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let hmac = strongroom_crypto::mac::hmac_sha256;
    let key = ["20261122", "eu-west-2", "kms", "aws4_request"]
        .iter()
        .fold(secret.to_vec(), |key, step| hmac(&key, step.as_bytes()).to_vec());
    let signature = hex(&hmac(&key, &string_to_sign(&draft)));
    let (start, _) = draft
        .value("authorization")
        .split_once("Signature=")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    draft = draft.set("authorization", &format!("{start}Signature={signature}"));
    assert_eq!(draft.verify().unwrap().signed_at(), now());
}

#[test]
fn what_must_be_signed() {
    let code = "InvalidSignatureException";
    refused(
        &Draft::new().signed().authorization("host;", ""),
        code,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
    for name in ["x-amz-target", "x-amz-security-token", "x-amz-date"] {
        let draft = Draft::new().signed();
        let list = if name == "x-amz-target" { format!(";{name}") } else { format!("{name};") };
        let message = format!("'{name}' must be a 'SignedHeader' in the AWS Authorization.");
        refused(&draft.authorization(&list, ""), code, &message);
    }
    let added = Draft::new().presigned().add("x-amz-extra", "1");
    refused(&added, code, "'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.");
    let no_host = Draft::new().without("host");
    let error = no_host.with(|request| no_host.signer(None).headers(request, now())).unwrap_err();
    assert!(matches!(error, AuthError::Unsigned { .. }));
}

#[test]
fn algorithm_credential_and_scope() {
    let draft = Draft::new().signed();
    refused(
        &draft.clone().authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ",
    );
    refused(
        &draft.clone().authorization("/eu-west-2/kms/", "/kms/"),
        "IncompleteSignatureException",
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIAIOSFODNN7EXAMPLE/20261122/kms/aws4_request'",
    );
    for (from, to, message) in [
        ("/eu-west-2/", "/moon/", "Credential should be scoped to a valid region. "),
        ("/kms/", "/sts/", "Credential should be scoped to correct service: 'kms'. "),
        (
            "aws4_request",
            "aws4",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. ",
        ),
        (
            "/20261122/",
            "/20261121/",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261121' != '20261122', from '20261122T063700Z'.",
        ),
    ] {
        refused(&draft.clone().authorization(from, to), "InvalidSignatureException", message);
    }
    // Another Region is well formed, but another key.
    refused(
        &draft.clone().authorization("/eu-west-2/", "/eu-west-1/"),
        "InvalidSignatureException",
        MISMATCH,
    );
    refused(
        &draft.authorization(ID, "not-an-id"),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    );
}

#[test]
fn the_wrong_key_does_not_verify() {
    let draft = Draft::new().signed();
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ";
    let other_scopes = [
        ("20261121", "eu-west-2", "kms"),
        ("20261122", "eu-west-1", "kms"),
        ("20261122", "eu-west-2", "sts"),
    ];
    let good = || SecretBytes::new(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_vec());
    let mut keys = vec![key_of(secret), key_of("")];
    keys.extend(
        other_scopes
            .map(|(date, region, service)| SigningKey::derive(&good(), date, region, service)),
    );
    for key in keys {
        let result = draft.with(|request| claim(request, draft.rules, draft.now)?.verify(&key));
        assert_eq!(result.unwrap_err(), AuthError::SignatureMismatch);
    }
}

#[test]
fn every_byte_of_the_signature_counts() {
    for draft in [Draft::new().signed(), Draft::new().presigned()] {
        let text =
            if draft.query.is_empty() { draft.value("authorization") } else { draft.query.clone() };
        let (start, signature) = text.rsplit_once("Signature=").unwrap();
        assert_eq!(signature.len(), 64);
        let mut forgeries =
            vec![signature[..63].to_owned(), format!("{signature}0"), signature.to_uppercase()];
        for at in 0..64 {
            let mut bytes = signature.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            forgeries.push(String::from_utf8(bytes).unwrap());
        }
        for forgery in forgeries {
            let text = format!("{start}Signature={forgery}");
            let mut forged = draft.clone();
            if draft.query.is_empty() {
                forged = forged.set("authorization", &text);
            } else {
                forged.query = text;
            }
            refused(&forged, "InvalidSignatureException", MISMATCH);
        }
    }
}

#[test]
fn every_signed_part_of_the_request_counts() {
    let draft = Draft::new().signed();
    let mut changed = vec![
        draft.clone().set("host", "other.example.com"),
        draft.clone().set("content-type", "application/x-amz-json-1.0"),
        draft.clone().set("x-amz-target", "TrentService.Decrypt"),
        draft.clone().add("x-amz-target", "TrentService.Decrypt"),
        draft.clone().set("x-amz-date", "20261122T063701Z"),
        draft.clone().set("x-amz-security-token", "token"),
        draft.clone().without("content-type"),
        draft.clone().without("x-amz-security-token"),
        draft.clone().authorization(";host", ";extra;host"),
        draft.clone().authorization("content-type;", ""),
        draft.clone().authorization("content-type;host", "host;content-type"),
        draft.clone().authorization("content-type;host", "content-type;content-type;host"),
        draft.clone().authorization(ID, "AKIAIOSFODNN7EXAMPLF"),
    ];
    // The id is in the scope's text, but not in what is signed.
    assert!(changed.pop().unwrap().verify().is_ok());
    for (method, path, query) in [("GET", "/", ""), ("POST", "/a", ""), ("POST", "/", "a=b")] {
        changed.push(Draft {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            ..draft.clone()
        });
    }
    for at in 0..draft.body.len() {
        let mut body = draft.clone();
        body.body[at] ^= 1;
        changed.push(body);
    }
    changed.push(Draft { body: Vec::new(), ..draft });
    for draft in changed {
        refused(&draft, "InvalidSignatureException", MISMATCH);
    }
}

#[test]
fn every_parameter_of_a_presigned_query_counts() {
    let draft = Draft { query: "a=1&b=2".to_owned(), ..Draft::new() }.presigned();
    let good = draft.clone().in_query("a=1&b=2", "b=%32&%61=1");
    assert!(good.verify().is_ok(), "order and spelling are free");
    for (from, to) in [
        ("a=1", "a=2"),
        ("a=1&", ""),
        ("a=1", "a=1&a=1"),
        ("X-Amz-Expires=600", "X-Amz-Expires=601"),
        ("X-Amz-Security-Token=token%2B", "X-Amz-Security-Token=token"),
        ("content-type%3Bhost", "host"),
        ("20261122T063700Z", "20261122T063701Z"),
    ] {
        refused(&draft.clone().in_query(from, to), "InvalidSignatureException", MISMATCH);
    }
    refused(&Draft { body: b"x".to_vec(), ..draft.clone() }, "InvalidSignatureException", MISMATCH);
    refused(&Draft { method: "POST", ..draft }, "InvalidSignatureException", MISMATCH);
}

#[test]
fn a_stated_body_hash_must_be_the_true_one() {
    let body = Draft::new().body;
    let stated = Draft::new().add("x-amz-content-sha256", &hex(&sha256(&body)));
    assert!(stated.clone().signed().verify().is_ok());
    let mut changed = stated.signed();
    changed.body.push(b' ');
    refused(&changed, "InvalidSignatureException", MISMATCH);

    let unsigned = Draft::new().add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    let allowed = Rules { payload: Payload::MayBeUnsigned, ..Rules::new("kms") };
    let mut signed = Draft { rules: allowed, ..unsigned }.signed();
    assert!(signed.verify().is_ok());
    signed.body.push(b' ');
    assert!(signed.verify().is_ok());
    signed.rules = Rules::new("kms");
    refused(&signed, "InvalidSignatureException", MISMATCH);

    for mode in ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""] {
        let draft =
            Draft { rules: allowed, ..Draft::new().signed() }.add("x-amz-content-sha256", mode);
        let draft = draft.authorization("host;", "host;x-amz-content-sha256;");
        refused(&draft, "InvalidSignatureException", MISMATCH);
    }
}

#[test]
fn a_header_cannot_pass_for_two() {
    let draft = Draft::new().signed();
    let joined = format!("{}\nhost:kms.eu-west-2.example.com", draft.value("content-type"));
    let draft = draft
        .set("content-type", &joined)
        .without("host")
        .authorization("content-type;host", "content-type");
    assert!(matches!(draft.verify().unwrap_err(), AuthError::Unsigned { .. }));
    let broken = Draft::new().signed().set("content-type", "a\nb");
    refused(&broken, "InvalidSignatureException", MISMATCH);
}

#[test]
fn a_signer_keeps_to_the_day_of_its_key() {
    let draft = Draft::new();
    let tomorrow = now().plus_days(1);
    let signer = draft.signer(None);
    assert!(matches!(
        draft.with(|request| signer.headers(request, tomorrow)),
        Err(AuthError::Date { .. })
    ));
    assert!(matches!(
        draft.with(|request| signer.presigned_query(request, tomorrow, 1)),
        Err(AuthError::Date { .. })
    ));
}

#[test]
fn texts_of_what_the_look_up_finds() {
    assert_eq!(
        AuthError::UnknownKey.message(),
        "The security token included in the request is invalid."
    );
    assert_eq!(
        AuthError::ExpiredToken.message(),
        "The security token included in the request is expired"
    );
}
