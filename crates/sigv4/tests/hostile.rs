//! Whatever is sent, the answer is an error and not a panic; and what this crate's signer, or
//! AWS's own, signs verifies.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where something is not as expected"
)]

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use proptest::collection::vec;
use proptest::prelude::*;
use std::time::{Duration, SystemTime};
use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{AuthError, Request, Rules, Signer, SigningKey, Verified, claim};
use strongroom_types::Timestamp;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TIME: &str = "20261122T063700Z";

fn now() -> Timestamp {
    Timestamp::parse_basic(TIME).unwrap()
}

fn key() -> SigningKey {
    SigningKey::derive(
        &SecretBytes::new(SECRET.as_bytes().to_vec()),
        "20261122",
        "us-east-1",
        "kms",
    )
}

type Headers = Vec<(String, Vec<u8>)>;

fn verify(
    method: &str,
    path: &str,
    query: &str,
    headers: &Headers,
    body: &[u8],
) -> Result<Verified, AuthError> {
    let headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let request = Request::new(method, path, query, &headers, body)?;
    claim(&request, Rules::new("kms"), now())?.verify(&key())
}

/// Text made of the pieces that the parsers look for, and of noise.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "AWS4-HMAC-SHA256",
            " ",
            ",",
            ", ",
            "=",
            ";",
            "/",
            "&",
            "%",
            "+",
            "%2F",
            "host",
            "Credential=",
            "SignedHeaders=",
            "Signature=",
            "X-Amz-Algorithm=",
            "X-Amz-Credential=",
            "X-Amz-Date=",
            "X-Amz-Expires=",
            "X-Amz-SignedHeaders=",
            "X-Amz-Signature=",
            "X-Amz-Security-Token=",
            "/20261122/us-east-1/kms/aws4_request",
            ID,
            TIME,
            "..",
            ".",
            "3600",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
        any::<String>().prop_map(|text| text.chars().take(4).collect()),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn headers() -> impl Strategy<Value = Headers> {
    let name = prop::sample::select(vec![
        "authorization",
        "host",
        "date",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
        "x-amz-target",
        "",
    ]);
    let value = prop_oneof![
        text().prop_map(String::into_bytes),
        Just(TIME.as_bytes().to_vec()),
        vec(any::<u8>(), 0..32)
    ];
    vec((name.prop_map(str::to_owned), value), 0..8)
}

/// A request that has all parts and the right time, so that noise reaches the later checks.
fn plausible(credential: &str, signed_headers: &str, signature: &str) -> Headers {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"
    );
    [("host", "h"), ("x-amz-date", TIME), ("authorization", &authorization)]
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn noise_is_refused(path in text(), query in text(), headers in headers(), body in vec(any::<u8>(), 0..64)) {
        prop_assert!(verify("POST", &path, &query, &headers, &body).is_err());
    }

    #[test]
    fn plausible_noise_is_refused(
        path in text(), query in text(), more in headers(), signed in text(), signature in text(), list in any::<bool>()
    ) {
        let list = if list { "host;x-amz-date".to_owned() } else { format!("host;x-amz-date;{signed}") };
        let mut headers = plausible(&format!("{ID}/20261122/us-east-1/kms/aws4_request"), &list, &signature);
        headers.extend(more.into_iter().filter(|(name, _)| !name.starts_with('a') && !name.starts_with("x-")));
        prop_assert!(verify("POST", &path, &query, &headers, b"").is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn what_is_signed_verifies(
        path in "(/[\\PC--[?#/]]{0,6}){0,4}/?",
        query in "([a-c]{0,2}(=[\\x20-\\x7e--[&%]]{0,4})?&){0,4}",
        value in "[ -~]{0,24}",
        token in prop::option::of("[!-~]{1,40}"),
        body in vec(any::<u8>(), 0..64),
        presign in any::<bool>(),
    ) {
        let mut headers: Headers = vec![("host".into(), b"h".into()), ("z".into(), value.into_bytes())];
        let signer = Signer::new(ID, token.as_deref(), key(), Rules::new("kms"));
        let borrowed: Vec<(&str, &[u8])> = headers.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        let request = Request::new("POST", &path, &query, &borrowed, &body).unwrap();
        let (mut signed_query, mut added) = (query.clone(), Vec::new());
        if presign {
            signed_query = signer.presigned_query(&request, now(), 60).unwrap();
        } else {
            added = signer.headers(&request, now()).unwrap();
        }
        headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())));
        let verified = verify("POST", &path, &signed_query, &headers, &body).unwrap();
        prop_assert_eq!(verified.session_token(), token.as_deref());
        let mut other = body.clone();
        other.push(0);
        prop_assert!(verify("POST", &path, &signed_query, &headers, &other).is_err());
    }

    /// The signer of AWS's own SDK for Rust.
    #[test]
    fn what_aws_signs_verifies(
        path in "(/[a-zA-Z0-9._~%20@:-]{0,6}){1,4}",
        query in "([a-c]{1,2}=[a-zA-Z0-9._~-]{0,4}&){0,4}[a-c]=",
        value in "[ -~]{0,24}",
        token in prop::option::of("[a-zA-Z0-9+/=]{1,40}"),
        body in vec(any::<u8>(), 0..64),
        presign in any::<bool>(),
    ) {
        let path = path.replace('%', "");
        let identity = aws_credential_types::Credentials::new(ID, SECRET, token.clone(), None, "test").into();
        let mut settings = SigningSettings::default();
        if presign {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(60));
        }
        let millis = u64::try_from(now().millis()).unwrap();
        let params = SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("kms")
            .time(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("http://h.example{path}?{query}");
        let signable = SignableRequest::new(
            "POST", &uri, [("host", "h.example"), ("z", value.as_str())].into_iter(), SignableBody::Bytes(&body),
        ).unwrap();
        let instructions = sign(signable, &params).unwrap().into_parts().0;
        let mut headers: Headers = vec![("host".into(), b"h.example".into()), ("z".into(), value.clone().into_bytes())];
        headers.extend(instructions.headers().map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes().to_vec())));
        let mut signed_query = query.clone();
        for (name, value) in instructions.params() {
            signed_query.push_str(&format!("&{name}={}", escaped(value)));
        }
        let verified = verify("POST", &path, &signed_query, &headers, &body).unwrap();
        prop_assert_eq!(verified.session_token(), token.as_deref());
        prop_assert_eq!(verified.access_key_id(), ID);
    }
}

fn escaped(value: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    };
    value.bytes().map(escape).collect()
}
