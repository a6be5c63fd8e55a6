//! Nothing that opens anything is at rest in the clear: not the root key, not a domain key, not a
//! backing key.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use strongroom_crypto::SecretKey;
use strongroom_keys::{DomainKey, DomainName, KeyRecord, LocalRootKey, RootKey, codec, open};
use strongroom_testkit::{Kit, base64, contains};

#[test]
fn keys_are_at_rest_only_wrapped() {
    let kit = Kit::new();
    let key = kit.create_key();
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")});
    let _ = kit.call("Encrypt", &input).ok();
    let world = kit.stop();

    let root = LocalRootKey::new(SecretKey::from_slice(&world.root).unwrap()).unwrap();
    let region = DomainName::region(key.region);
    let wrapped = world.stored(format!("d/{region}/0000000001").as_bytes()).unwrap().value;
    let domain = root.unwrap(region, 1, &wrapped).unwrap();
    let place = format!("k/{}/{}/{}", key.account, key.region, key.key).into_bytes();
    let stored = world.stored(&place).unwrap();
    let record = open(&domain, &place, stored.version, &stored.value).unwrap();
    let record: KeyRecord = codec::decode(record.expose()).unwrap();
    let material = [b"backing key ", key.to_string().as_bytes()].concat();
    let backing_key = open(&domain, &material, 0, &record.material[0].wrapped).unwrap();
    assert_eq!(backing_key.len(), 32);

    // The domain key does not show its bytes; wrapped under a key of ours, it does.
    let mine = DomainKey::new(DomainName::global(), 0, SecretKey::from_slice(&[7; 32]).unwrap());
    let ours = LocalRootKey::new(SecretKey::from_slice(&[7; 32]).unwrap()).unwrap();
    let rewrapped = ours.wrap(&domain, &strongroom_crypto::SystemEntropy).unwrap();
    let place = format!("domain key {region}").into_bytes();
    let domain_key = open(&mine, &place, 1, &rewrapped).unwrap();
    assert_eq!(domain_key.len(), 32);

    let bytes = world.bytes_at_rest();
    for secret in [backing_key.expose(), domain_key.expose(), &world.root[..]] {
        assert!(!contains(&bytes, secret));
    }
    // The search finds what is there.
    assert!(contains(&bytes, &wrapped));
}
