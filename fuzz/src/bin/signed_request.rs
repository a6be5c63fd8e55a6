//! A request as it comes off the wire: its claim to be signed is refused, or good for one key only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_crypto::SecretBytes;
use strongroom_sigv4::{Request, Rules, SigningKey, claim};
use strongroom_types::Timestamp;

fuzz_target!(|input: (&str, &str, &str, &str, &str, &[u8])| {
    let (path, query, authorization, date, other, body) = input;
    let headers: Vec<(&str, &[u8])> = vec![
        ("host", b"localhost:4599"),
        ("authorization", authorization.as_bytes()),
        ("x-amz-date", date.as_bytes()),
        ("x-amz-target", other.as_bytes()),
    ];
    let Ok(request) = Request::new("POST", path, query, &headers, body) else { return };
    let now = Timestamp::parse_basic(date).unwrap_or(Timestamp::from_millis(0));
    for (service, rules) in [("kms", Rules::new("kms")), ("s3", Rules::s3())] {
        let Ok(claim) = claim(&request, rules, now) else { continue };
        let secret = SecretBytes::new(b"a secret nobody signs with".to_vec());
        let (day, region) = (claim.date().to_owned(), claim.region());
        let key = SigningKey::derive(&secret, &day, region.as_str(), service);
        assert!(claim.verify(&key).is_err());
    }
});
