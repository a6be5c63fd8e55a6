//! Tokens of a provider made for the test, and each way in which one is not good.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use strongroom_federation::{
    Fault, IdToken, KeysError, Provider, Providers, SessionClaims, Source,
};

const NOW: i64 = 1_795_329_425;

fn encode(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

struct Issuer(EcdsaKeyPair);

impl Issuer {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn set(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
        json!({"keys": [
            {"kty": "oct", "k": "c2VjcmV0"},
            {"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": x, "y": y},
        ]})
    }

    fn provider(&self) -> Provider {
        Provider::parse(self.set().to_string().as_bytes()).unwrap()
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| encode(part.to_string().as_bytes()));
        let signed = format!("{header}.{claims}");
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one", "typ": "JWT"})
}

fn claims() -> Value {
    json!({"iss": "https://id.example.com/", "sub": "ann", "aud": ["app", "other"], "azp": "party",
           "iat": NOW - 10, "exp": NOW + 10})
}

#[test]
fn a_good_token_says_who_it_is() {
    let issuer = Issuer::new();
    let text = issuer.token(&header(), &claims());
    let token = IdToken::parse(&text).unwrap();
    assert_eq!((token.issuer(), token.subject()), (Some("id.example.com"), Some("ann")));
    assert_eq!(token.audiences(), ["party", "app", "other"]);
    assert_eq!(token.verify(&issuer.provider(), NOW), Ok(()));
    let without_kid = issuer.token(&json!({"alg": "ES256"}), &claims());
    assert_eq!(IdToken::parse(&without_kid).unwrap().verify(&issuer.provider(), NOW), Ok(()));
}

#[test]
fn what_was_not_signed_is_not_believed() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let provider = issuer.provider();
    let fault = |text: &str| IdToken::parse(text).and_then(|token| token.verify(&provider, NOW));
    assert_eq!(fault(&other.token(&header(), &claims())), Err(Fault::Signature));
    for (name, value, why) in [
        ("alg", json!("none"), Fault::Signature),
        ("alg", json!("HS256"), Fault::Signature),
        ("alg", json!("RS256"), Fault::Key),
        ("kid", json!("two"), Fault::Key),
    ] {
        let mut header = header();
        header[name] = value;
        assert_eq!(fault(&issuer.token(&header, &claims())), Err(why));
    }
    let text = issuer.token(&header(), &claims());
    let (head, rest) = text.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let mut forged = claims();
    forged["sub"] = json!("root");
    let forged = encode(forged.to_string().as_bytes());
    assert_eq!(fault(&format!("{head}.{forged}.{signature}")), Err(Fault::Signature));
    let unsigned = format!("{}.{}.", encode(br#"{"alg":"none"}"#), encode(b"{}"));
    assert_eq!(fault(&unsigned), Err(Fault::Form));
}

/// What costs much is not done before what costs little, nor more than a few times.
#[test]
fn a_signature_is_tried_by_few_keys() {
    let issuers: Vec<Issuer> = (0..5).map(|_| Issuer::new()).collect();
    let rsa = json!({"kty": "RSA", "n": encode(&[0xff; 256]), "e": "AQAB"});
    let provider = |count: usize| {
        let mut keys = vec![rsa.clone(); 100];
        for (at, issuer) in issuers.iter().take(count).enumerate() {
            let mut key = issuer.set()["keys"][1].clone();
            key["kid"] = json!(at.to_string());
            keys.push(key);
        }
        Provider::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    };
    let without_kid = json!({"alg": "ES256"});
    let verify = |issuer: &Issuer, header: &Value, count| {
        let text = issuer.token(header, &claims());
        IdToken::parse(&text).unwrap().verify(&provider(count), NOW)
    };
    assert_eq!(verify(&issuers[3], &without_kid, 4), Ok(()));
    assert_eq!(verify(&issuers[3], &without_kid, 5), Err(Fault::Signature));
    assert_eq!(verify(&issuers[3], &json!({"alg": "ES256", "kid": "3"}), 5), Ok(()));
    let forged = Issuer::new().token(&header(), &claims());
    let forged = IdToken::parse(&forged).unwrap();
    assert_eq!(forged.verify(&issuers[0].provider(), NOW + 10), Err(Fault::Time));
}

#[test]
fn keys_are_renewed() {
    let (one, two) = (Issuer::new(), Issuer::new());
    let missed = Arc::new(AtomicUsize::new(0));
    let count = missed.clone();
    let note = Source::Renewed(Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
    }));
    let fixed = Source::Fixed(one.provider());
    let providers = Providers::new([("one".to_owned(), fixed), ("two".to_owned(), note)].into());
    assert!(providers.get("one").is_some() && providers.get("two").is_none());
    for url in ["one", "two", "three"] {
        providers.miss(url);
    }
    assert_eq!(missed.load(Ordering::Relaxed), 1);
    let text = two.token(&header(), &claims());
    let token = IdToken::parse(&text).unwrap();
    for (issuer, says) in [(&one, Err(Fault::Signature)), (&two, Ok(()))] {
        providers.renew("two", issuer.provider());
        assert_eq!(token.verify(&providers.get("two").unwrap(), NOW), says);
    }
}

/// Source: IAM User Guide, "Passing session tags using AssumeRoleWithWebIdentity".
#[test]
fn a_token_says_what_the_session_has() {
    let issuer = Issuer::new();
    let session = |more: &Value| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        IdToken::parse(&issuer.token(&header(), &claims)).unwrap().session()
    };
    let expected = SessionClaims {
        tags: vec![("Project".to_owned(), "a".to_owned()), ("Team".to_owned(), "b".to_owned())],
        transitive: vec!["Project".to_owned()],
        source_identity: Some("Admin".to_owned()),
    };
    let nested = json!({
        "https://aws.amazon.com/tags": {
            "principal_tags": {"Project": ["a"], "Team": "b"}, "transitive_tag_keys": ["Project"],
        },
        "https://aws.amazon.com/source_identity": "Admin",
    });
    assert_eq!(session(&nested), Ok(expected.clone()));
    let flat = json!({
        "https://aws.amazon.com/tags/principal_tags/Project": "a",
        "https://aws.amazon.com/tags/principal_tags/Team": ["b"],
        "https://aws.amazon.com/tags/transitive_tag_keys": ["Project"],
        "https://aws.amazon.com/source_identity": "Admin",
    });
    assert_eq!(session(&flat), Ok(expected));
    assert_eq!(session(&json!({})), Ok(SessionClaims::default()));
    for wrong in [
        json!({"https://aws.amazon.com/tags": ["a"]}),
        json!({"https://aws.amazon.com/tags": {"principal_tags": ["a"]}}),
        json!({"https://aws.amazon.com/tags": {"principal_tags": {"a": ["b", "c"]}}}),
        json!({"https://aws.amazon.com/tags": {"principal_tags": {"a": []}}}),
        json!({"https://aws.amazon.com/tags": {"transitive_tag_keys": [1]}}),
        json!({"https://aws.amazon.com/tags/principal_tags/a": 1}),
        json!({"https://aws.amazon.com/source_identity": ["a"]}),
    ] {
        assert_eq!(session(&wrong), Err(Fault::Session), "{wrong}");
    }
}

#[test]
fn a_token_has_its_time() {
    let issuer = Issuer::new();
    let text = issuer.token(&header(), &claims());
    let token = IdToken::parse(&text).unwrap();
    assert_eq!(token.verify(&issuer.provider(), NOW + 10), Err(Fault::Time));
    assert_eq!(token.verify(&issuer.provider(), NOW - 400), Err(Fault::Time));
    assert_eq!(token.verify(&issuer.provider(), NOW - 300), Ok(()));
    let mut early = claims();
    early["nbf"] = json!(NOW + 301);
    let text = issuer.token(&header(), &early);
    assert_eq!(IdToken::parse(&text).unwrap().verify(&issuer.provider(), NOW), Err(Fault::Time));
}

#[test]
fn nonsense_is_refused() {
    let issuer = Issuer::new();
    let text = issuer.token(&header(), &claims());
    let deep = format!("{}.{}.", encode(&[b'['; 10_000]), encode(b"{}"));
    for wrong in ["", ".", "..", "a.b.c", "a.b.c.d", &text[1..], &deep, &"a".repeat(20_001)] {
        assert_eq!(IdToken::parse(wrong).err(), Some(Fault::Form), "{wrong:.40}");
    }
    for missing in ["iss", "sub", "aud", "exp", "iat"] {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(missing);
        claims.as_object_mut().unwrap().remove("azp");
        let text = issuer.token(&header(), &claims);
        assert_eq!(IdToken::parse(&text).err(), Some(Fault::Form), "{missing}");
    }
    let critical = issuer.token(&json!({"alg": "ES256", "crit": ["b64"]}), &claims());
    assert_eq!(IdToken::parse(&critical).err(), Some(Fault::Form));
    let mut plain = claims();
    plain["iss"] = json!("http://id.example.com");
    assert_eq!(IdToken::parse(&issuer.token(&header(), &plain)).err(), Some(Fault::Form));
    for (set, error) in [
        ("", KeysError::Form),
        ("{}", KeysError::Form),
        (r#"{"keys":[]}"#, KeysError::NoKey),
        (r#"{"keys":[{"kty":"RSA","use":"enc","n":"AQ","e":"AQ"}]}"#, KeysError::NoKey),
    ] {
        assert_eq!(Provider::parse(set.as_bytes()).err(), Some(error));
    }
}
