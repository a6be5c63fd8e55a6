//! Signatures of S3: the examples of its documentation.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header:
//! Transferring Payload in a Single Chunk" and "Authenticating Requests: Using Query Parameters".
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{AuthError, Request, Rules, Signer, SigningKey, claim};
use strongroom_types::Timestamp;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST: (&str, &[u8]) = ("host", b"examplebucket.s3.amazonaws.com");

fn now() -> Timestamp {
    Timestamp::parse_basic("20130524T000000Z").unwrap()
}

fn key() -> SigningKey {
    let secret = SecretBytes::new(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_vec());
    SigningKey::derive(&secret, "20130524", "us-east-1", "s3")
}

fn signer() -> Signer {
    Signer::new("AKIAIOSFODNN7EXAMPLE", None, key(), Rules::s3())
}

fn verified(request: &Request<'_>) -> Result<(), AuthError> {
    claim(request, Rules::s3(), now())?.verify(&key()).map(drop)
}

/// The signature of the request, which is good.
fn signature(path: &str, query: &str, headers: &[(&str, &[u8])]) -> String {
    let request = Request::new("GET", path, query, headers, b"").unwrap();
    let added = signer().headers(&request, now()).unwrap();
    let mut all = headers.to_vec();
    all.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    verified(&Request::new("GET", path, query, &all, b"").unwrap()).unwrap();
    added.last().unwrap().1.rsplit('=').next().unwrap().to_owned()
}

#[test]
fn the_documented_requests_have_the_documented_signatures() {
    let hash: (&str, &[u8]) = ("x-amz-content-sha256", EMPTY.as_bytes());
    assert_eq!(
        signature("/test.txt", "", &[HOST, ("range", b"bytes=0-9"), hash]),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    assert_eq!(
        signature("/", "max-keys=2&prefix=J", &[HOST, hash]),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

#[test]
fn the_documented_presigned_request_has_the_documented_signature() {
    let headers = [HOST];
    let unsigned = Request::new("GET", "/test.txt", "", &headers, b"").unwrap();
    let query = signer().presigned_query(&unsigned, now(), 86_400).unwrap();
    let expected = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    assert_eq!(query.rsplit('=').next(), Some(expected));
    verified(&Request::new("GET", "/test.txt", &query, &headers, b"").unwrap()).unwrap();
}

#[test]
fn a_path_is_signed_as_what_it_stands_for() {
    let unsigned: (&str, &[u8]) = ("x-amz-content-sha256", b"UNSIGNED-PAYLOAD");
    let one = signature("/b/a%20b+c//../d", "", &[HOST, unsigned]);
    assert_eq!(signature("/b/a b%2bc//../d", "", &[HOST, unsigned]), one);
    assert_ne!(signature("/b/d", "", &[HOST, unsigned]), one);
}

#[test]
fn a_stated_hash_must_be_the_bodys() {
    let wrong: (&str, &[u8]) = ("x-amz-content-sha256", &[b'0'; 64]);
    let headers = [HOST, wrong];
    let request = Request::new("GET", "/b", "", &headers, b"").unwrap();
    assert!(matches!(signer().headers(&request, now()), Err(AuthError::SignatureMismatch)));
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    let headers = [HOST];
    let request = Request::new("GET", "/b", "", &headers, b"").unwrap();
    let added = signer().headers(&request, now()).unwrap();
    let mut all = vec![HOST];
    all.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let request = Request::new("GET", "/b", "", &all, b"").unwrap();
    for (minutes, good) in [(-15, true), (15, true), (16, false), (-16, false)] {
        let at = now().plus_millis(minutes * Timestamp::MINUTE);
        assert_eq!(claim(&request, Rules::s3(), at).is_ok(), good, "{minutes}");
    }
}
