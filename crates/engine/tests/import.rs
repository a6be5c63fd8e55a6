//! Imported key material: what it does to a key, for how long, and what is refused.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_crypto::SystemEntropy;
use strongroom_crypto::key_wrap::{Wrapping, wrap};
use strongroom_engine::Due;
use strongroom_engine::ports::Clock as _;
use strongroom_testkit::{Answer, Kit, base64, contains, unbase64};
use strongroom_types::{KeyArn, KeyMaterialState, Timestamp};

const ONE: [u8; 32] = [1; 32];
const TWO: [u8; 32] = [2; 32];

fn external(kit: &Kit) -> KeyArn {
    kit.create_key_of(&json!({"Origin": "EXTERNAL"}))
}

fn id(key: &KeyArn) -> Value {
    json!({ "KeyId": key.to_string() })
}

fn with(mut input: Value, name: &str, value: impl Into<Value>) -> Value {
    input[name] = value.into();
    input
}

/// A request to import `material` until `expires`.
fn expiring(kit: &Kit, key: &KeyArn, material: &[u8], expires: Timestamp) -> Value {
    let input = with(kit.wrapped(key, material), "ExpirationModel", "KEY_MATERIAL_EXPIRES");
    with(input, "ValidTo", expires.millis() as f64 / 1000.0)
}

fn metadata(kit: &Kit, key: &KeyArn) -> Value {
    kit.call("DescribeKey", &id(key)).ok().json()["KeyMetadata"].clone()
}

fn state(kit: &Kit, key: &KeyArn) -> String {
    metadata(kit, key)["KeyState"].as_str().unwrap().to_owned()
}

fn encrypt(kit: &Kit, key: &KeyArn) -> Answer {
    kit.call("Encrypt", &with(id(key), "Plaintext", base64(b"secret")))
}

fn decrypt(kit: &Kit, blob: &str) -> Answer {
    kit.call("Decrypt", &json!({ "CiphertextBlob": blob }))
}

fn run(kit: &Kit, due: Due) -> usize {
    kit.block_on(kit.engine().run_due_tasks(due)).unwrap()
}

#[track_caller]
fn refused(answer: &Answer, code: &str, message: &str) {
    assert_eq!((answer.code().as_str(), answer.message().as_str()), (code, message));
}

#[test]
fn what_is_imported_is_the_key() {
    let kit = Kit::new();
    let hmac = json!({"Origin": "EXTERNAL", "KeySpec": "HMAC_256",
                      "KeyUsage": "GENERATE_VERIFY_MAC"});
    let key = kit.create_key_of(&hmac);
    assert_eq!(state(&kit, &key), "PendingImport");
    let answer = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &[0x0b; 40])).ok().json();
    assert_eq!(answer, json!({"KeyId": key.to_string()}));
    let kit = kit.restart();
    let input = json!({"KeyId": key.to_string(), "Message": base64(b"Hi There"),
                       "MacAlgorithm": "HMAC_SHA_256"});
    let mac = kit.call("GenerateMac", &input).ok().bytes("Mac");
    let expected = strongroom_crypto::mac::authenticate(
        strongroom_types::MacAlgorithm::HmacSha256,
        &[0x0b; 40],
        b"Hi There",
    );
    assert_eq!(mac, expected);
}

#[test]
fn metadata_tells_of_the_import() {
    let kit = Kit::new();
    let key = external(&kit);
    let before = metadata(&kit, &key);
    for absent in ["ExpirationModel", "ValidTo", "CurrentKeyMaterialId"] {
        assert!(before.get(absent).is_none(), "{absent}");
    }
    assert_eq!((&before["Enabled"], &before["Origin"]), (&json!(false), &json!("EXTERNAL")));

    let answer = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &ONE)).ok().json();
    let after = metadata(&kit, &key);
    assert_eq!(answer["KeyMaterialId"], after["CurrentKeyMaterialId"]);
    assert_eq!(answer["KeyId"], key.to_string());
    assert_eq!(after["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
    assert_eq!((&after["Enabled"], &after["KeyState"]), (&json!(true), &json!("Enabled")));

    // To set another expiry the same material is imported again.
    let expires = Timestamp::from_millis(1_800_000_000_250);
    let _ = kit.call("ImportKeyMaterial", &expiring(&kit, &key, &ONE, expires)).ok();
    let after = metadata(&kit, &key);
    assert_eq!(after["ExpirationModel"], "KEY_MATERIAL_EXPIRES");
    assert_eq!(after["ValidTo"], json!(1_800_000_000.25));

    let deleted = kit.call("DeleteImportedKeyMaterial", &id(&key)).ok().json();
    assert_eq!(deleted, answer);
    let gone = metadata(&kit, &key);
    assert_eq!((&gone["Enabled"], &gone["KeyState"]), (&json!(false), &json!("PendingImport")));
    assert_eq!(gone["CurrentKeyMaterialId"], answer["KeyMaterialId"]);
    assert!(gone.get("ExpirationModel").is_none() && gone.get("ValidTo").is_none());
}

#[test]
fn what_has_expired_is_gone_before_and_after_it_is_wiped() {
    let kit = Kit::new();
    let key = external(&kit);
    let expires = kit.world.clock.now().plus_days(10);
    let _ = kit.call("ImportKeyMaterial", &expiring(&kit, &key, &ONE, expires)).ok();
    let blob = encrypt(&kit, &key).ok().string("CiphertextBlob");
    kit.world.clock.set(expires.plus_millis(-1));
    assert_eq!(run(&kit, Due::Everything), 0);
    let _ = decrypt(&kit, &blob).ok();

    // The clock alone makes it unusable, and wipes nothing: it may be wrong.
    kit.world.clock.set(expires);
    let pending = format!("{key} is pending import.");
    refused(&decrypt(&kit, &blob), "KMSInvalidStateException", &pending);
    assert_eq!(run(&kit, Due::Reversible), 0);
    let kit = kit.restart();
    refused(&encrypt(&kit, &key), "KMSInvalidStateException", &pending);
    assert_eq!(state(&kit, &key), "PendingImport");
    kit.world.clock.set(expires.plus_millis(-1));
    let _ = decrypt(&kit, &blob).ok();

    kit.world.clock.set(expires.plus_days(1));
    assert_eq!(run(&kit, Due::Everything), 1);
    assert_eq!(run(&kit, Due::Everything), 0);
    let trail = kit.world.trail();
    let event = trail.iter().find(|record| record.operation == "DeleteExpiredKeyMaterial").unwrap();
    assert_eq!((event.resources.clone(), event.identity.clone()), (vec![key.to_string()], None));

    let kit = kit.restart();
    kit.world.clock.set(expires.plus_millis(-1));
    refused(&decrypt(&kit, &blob), "KMSInvalidStateException", &pending);
    let other = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &TWO));
    assert_eq!(other.code(), "IncorrectKeyMaterialException");
    kit.import(&key, &ONE);
    assert_eq!(decrypt(&kit, &blob).ok().bytes("Plaintext"), b"secret");
    assert_eq!(metadata(&kit, &key)["ExpirationModel"], "KEY_MATERIAL_DOES_NOT_EXPIRE");
}

#[test]
fn each_material_expires_by_itself() {
    let kit = Kit::new();
    let key = external(&kit);
    let start = kit.world.clock.now();
    let _ = kit.call("ImportKeyMaterial", &expiring(&kit, &key, &ONE, start.plus_days(1))).ok();
    // As after a rotation on demand: the second material is current, the first one only decrypts.
    let input = expiring(&kit, &key, &TWO, start.plus_days(2));
    let _ = kit.call("ImportKeyMaterial", &with(input, "ImportType", "NEW_KEY_MATERIAL")).ok();
    let kit = kit.with_key_edited(&key, |record| record.material[1].waiting = None);
    let current = metadata(&kit, &key)["CurrentKeyMaterialId"].clone();
    assert_eq!(metadata(&kit, &key)["ValidTo"], json!(start.plus_days(1).millis() as f64 / 1000.0));

    for (days, reimported) in [(1, ONE), (2, TWO)] {
        kit.world.clock.set(start.plus_days(days));
        assert_eq!(state(&kit, &key), "PendingImport");
        assert_eq!(run(&kit, Due::Everything), 1);
        assert_eq!(state(&kit, &key), "PendingImport");
        kit.import(&key, &reimported);
        assert_eq!(state(&kit, &key), "Enabled");
    }
    assert_eq!(metadata(&kit, &key)["CurrentKeyMaterialId"], current);
    kit.world.clock.advance_days(400);
    assert_eq!((run(&kit, Due::Everything), state(&kit, &key)), (0, "Enabled".to_owned()));
}

#[test]
fn what_expires_while_the_key_is_to_be_deleted_is_wiped_too() {
    let kit = Kit::new();
    let key = external(&kit);
    let expires = kit.world.clock.now().plus_days(1);
    let _ = kit.call("ImportKeyMaterial", &expiring(&kit, &key, &ONE, expires)).ok();
    let _ = kit.call("ScheduleKeyDeletion", &id(&key)).ok();
    kit.world.clock.set(expires);
    assert_eq!((state(&kit, &key), run(&kit, Due::Everything)), ("PendingDeletion".to_owned(), 1));
    assert_eq!(state(&kit, &key), "PendingDeletion");
    let _ = kit.call("CancelKeyDeletion", &id(&key)).ok();
    assert_eq!(state(&kit, &key), "PendingImport");
    kit.import(&key, &ONE);
    assert_eq!(state(&kit, &key), "Enabled");
}

#[test]
fn a_key_without_material_waits_for_it_whatever_is_done() {
    let kit = Kit::new();
    let key = external(&kit);
    let _ = kit.call("ScheduleKeyDeletion", &id(&key)).ok();
    let deleted = kit.call("DeleteImportedKeyMaterial", &id(&key)).ok().json();
    assert_eq!(deleted, id(&key));
    let _ = kit.call("CancelKeyDeletion", &id(&key)).ok();
    let pending = format!("{key} is pending import.");
    for operation in ["EnableKey", "DisableKey"] {
        refused(&kit.call(operation, &id(&key)), "KMSInvalidStateException", &pending);
    }
    refused(&encrypt(&kit, &key), "KMSInvalidStateException", &pending);
}

#[test]
fn a_token_is_good_for_its_key_for_a_day_as_often_as_one_likes() {
    let kit = Kit::new();
    let (key, other) = (external(&kit), external(&kit));
    let input = kit.wrapped(&key, &ONE);
    let start = kit.world.clock.now();
    for _ in 0..2 {
        let _ = kit.call("ImportKeyMaterial", &input).ok();
        let _ = kit.call("DeleteImportedKeyMaterial", &id(&key)).ok();
    }
    let invalid = |answer: &Answer| {
        let text = "The import token is invalid or belongs to a different KMS key.";
        refused(answer, "InvalidImportTokenException", text);
    };
    let of_other = with(input.clone(), "KeyId", other.to_string());
    invalid(&kit.call("ImportKeyMaterial", &of_other));
    let token = unbase64(input["ImportToken"].as_str().unwrap());
    for at in [0, 1, 4, 5, 30, token.len() - 1] {
        let mut altered = token.clone();
        altered[at] ^= 1;
        invalid(
            &kit.call("ImportKeyMaterial", &with(input.clone(), "ImportToken", base64(&altered))),
        );
    }
    for garbage in [&b"x"[..], &token[1..], &token[..token.len() - 1], &[1; 6144]] {
        invalid(
            &kit.call("ImportKeyMaterial", &with(input.clone(), "ImportToken", base64(garbage))),
        );
    }

    let kit = kit.restart();
    kit.world.clock.set(start.plus_days(1).plus_millis(-1));
    let _ = kit.call("ImportKeyMaterial", &input).ok();
    kit.world.clock.set(start.plus_days(1));
    let expired = kit.call("ImportKeyMaterial", &input);
    refused(&expired, "ExpiredImportTokenException", "The import token has expired.");
}

/// A multi-Region key with material, and its replicas in two other Regions, without.
fn family() -> (Kit, KeyArn, [KeyArn; 2]) {
    let kit = Kit::new();
    let key = kit.create_key_of(&json!({"Origin": "EXTERNAL", "MultiRegion": true}));
    kit.import(&key, &ONE);
    let replicas =
        ["us-east-1", "us-west-2"].map(|region| KeyArn { region: region.parse().unwrap(), ..key });
    for replica in &replicas {
        let _ = kit
            .call("ReplicateKey", &with(id(&key), "ReplicaRegion", replica.region.as_str()))
            .ok();
        // It is being created for a moment.
        kit.world.clock.advance_days(1);
    }
    (kit, key, replicas)
}

/// Imports `material` in the Region of `key`.
fn import_there(kit: &Kit, key: &KeyArn, material: &[u8]) -> Answer {
    there(kit, key, "ImportKeyMaterial", &wrapped_there(kit, key, material))
}

/// What the last material of each of the keys waits for.
fn waiting(kit: Kit, keys: &[KeyArn]) -> (Kit, Vec<Option<KeyMaterialState>>) {
    let world = kit.stop();
    let last = |key| world.key(key).material.last().and_then(|own| own.waiting);
    let waiting = keys.iter().map(last).collect();
    (world.open().unwrap(), waiting)
}

/// Calls in the Region of `key`.
fn there(kit: &Kit, key: &KeyArn, operation: &str, input: &Value) -> Answer {
    let mut client = kit.owner();
    client.region = key.region;
    kit.block_on(client.call(operation, input))
}

/// An ImportKeyMaterial request in the Region of `key`.
fn wrapped_there(kit: &Kit, key: &KeyArn, material: &[u8]) -> Value {
    let input = with(id(key), "WrappingAlgorithm", "RSAES_OAEP_SHA_256");
    let input = with(input, "WrappingKeySpec", "RSA_2048");
    let parameters = there(kit, key, "GetParametersForImport", &input).ok();
    let (public, wrapping) = (parameters.bytes("PublicKey"), Wrapping::OaepSha256);
    let wrapped = wrap(&SystemEntropy, &public, wrapping, material).unwrap();
    json!({"KeyId": key.to_string(), "ImportToken": parameters.string("ImportToken"),
           "EncryptedKeyMaterial": base64(&wrapped),
           "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"})
}

/// One multi-Region key has one id in every Region, and a token is good in its own.
#[test]
fn a_token_is_not_good_in_another_region() {
    let (kit, key, [replica, _]) = family();
    let input = with(kit.wrapped(&key, &ONE), "KeyId", key.key.to_string());
    let elsewhere = there(&kit, &replica, "ImportKeyMaterial", &input);
    assert_eq!(elsewhere.code(), "InvalidImportTokenException");
    let _ = kit.call("ImportKeyMaterial", &input).ok();
}

#[test]
fn a_replica_takes_what_its_primary_has() {
    let (kit, key, [replica, _]) = family();
    assert_eq!(import_there(&kit, &replica, &TWO).code(), "IncorrectKeyMaterialException");
    let new = with(wrapped_there(&kit, &replica, &TWO), "ImportType", "NEW_KEY_MATERIAL");
    let new = there(&kit, &replica, "ImportKeyMaterial", &new);
    assert_eq!(new.code(), "UnsupportedOperationException");
    let first = import_there(&kit, &replica, &ONE).ok().string("KeyMaterialId");
    assert_eq!(metadata(&kit, &key)["CurrentKeyMaterialId"], first);

    // What one encrypts the other decrypts, and neither needs the other for it.
    let blob = encrypt(&kit, &key).ok().string("CiphertextBlob");
    let _ = kit.call("DeleteImportedKeyMaterial", &id(&key)).ok();
    let input = json!({ "CiphertextBlob": blob });
    let plain = there(&kit, &replica, "Decrypt", &input).ok().bytes("Plaintext");
    assert_eq!((plain.as_slice(), state(&kit, &key)), (&b"secret"[..], "PendingImport".to_owned()));
}

#[test]
fn new_material_waits_for_all_replicas_and_then_for_the_rotation() {
    let (kit, key, [first, second]) = family();
    for replica in [&first, &second] {
        let _ = import_there(&kit, replica, &ONE).ok();
    }
    let new = with(kit.wrapped(&key, &TWO), "ImportType", "NEW_KEY_MATERIAL");
    let new = kit.call("ImportKeyMaterial", &new).ok().string("KeyMaterialId");
    let (imports, rotation) = (
        Some(KeyMaterialState::PendingMultiRegionImportAndRotation),
        Some(KeyMaterialState::PendingRotation),
    );
    let keys = [key, first, second];
    let (kit, states) = waiting(kit, &keys);
    assert_eq!(states, [imports, None, None]);
    let rotate = |kit: &Kit| kit.call("RotateKeyOnDemand", &id(&key));
    assert_eq!(rotate(&kit).code(), "KMSInvalidStateException");

    let _ = import_there(&kit, &first, &TWO).ok();
    let (kit, states) = waiting(kit, &keys);
    assert_eq!(states, [imports, imports, None]);
    assert_eq!(rotate(&kit).code(), "KMSInvalidStateException");
    let _ = import_there(&kit, &second, &TWO).ok();
    let (kit, states) = waiting(kit, &keys);
    assert_eq!(states, [rotation; 3]);

    // A replica that deletes it leaves the others as they are, and lacks it after the rotation.
    let input = with(id(&second), "KeyMaterialId", new.clone());
    let _ = there(&kit, &second, "DeleteImportedKeyMaterial", &input).ok();
    let _ = rotate(&kit).ok();
    assert_eq!(metadata(&kit, &key)["CurrentKeyMaterialId"], new);
    let of = |kit: &Kit, key| {
        let answer = there(kit, key, "DescribeKey", &id(key)).ok().json();
        answer["KeyMetadata"]["KeyState"].as_str().unwrap().to_owned()
    };
    assert_eq!((of(&kit, &first), of(&kit, &second)), ("Enabled".into(), "PendingImport".into()));
    let _ = import_there(&kit, &second, &TWO).ok();
    assert_eq!(of(&kit, &second), "Enabled");
    let blob = encrypt(&kit, &key).ok().string("CiphertextBlob");
    let plain = there(&kit, &second, "Decrypt", &json!({ "CiphertextBlob": blob })).ok();
    assert_eq!(plain.bytes("Plaintext"), b"secret");
}

/// Of two imports at once the one that comes last knows it.
#[test]
fn the_last_two_replicas_may_import_at_once() {
    let (kit, key, [first, second]) = family();
    for replica in [&first, &second] {
        let _ = import_there(&kit, replica, &ONE).ok();
    }
    let new = with(kit.wrapped(&key, &TWO), "ImportType", "NEW_KEY_MATERIAL");
    let _ = kit.call("ImportKeyMaterial", &new).ok();
    let inputs = [first, second].map(|replica| (replica, wrapped_there(&kit, &replica, &TWO)));
    let world = kit.stop();
    for _ in 0..10 {
        let kit = world.snapshot().open_with_threads(4).unwrap();
        let imports = inputs.clone().map(|(replica, input)| {
            let mut client = kit.owner();
            client.region = replica.region;
            kit.spawn(async move { client.call("ImportKeyMaterial", &input).await })
        });
        for import in imports {
            let _ = kit.block_on(import).unwrap().ok();
        }
        let (_, states) = waiting(kit, &[key, first, second]);
        assert_eq!(states, [Some(KeyMaterialState::PendingRotation); 3]);
    }
}

#[test]
fn what_the_primary_deletes_while_it_waits_is_forgotten_everywhere() {
    let (kit, key, [first, second]) = family();
    for replica in [&first, &second] {
        let _ = import_there(&kit, replica, &ONE).ok();
    }
    let new = |kit: &Kit, material| {
        let input = with(kit.wrapped(&key, material), "ImportType", "NEW_KEY_MATERIAL");
        kit.call("ImportKeyMaterial", &input).ok().string("KeyMaterialId")
    };
    let two = new(&kit, &TWO);
    let _ = import_there(&kit, &first, &TWO).ok();
    let input = with(id(&key), "KeyMaterialId", two);
    let _ = kit.call("DeleteImportedKeyMaterial", &input).ok();
    let (kit, states) = waiting(kit, &[key, first, second]);
    assert_eq!(states, [None; 3]);
    assert_eq!(import_there(&kit, &first, &TWO).code(), "IncorrectKeyMaterialException");

    let _ = new(&kit, &[3; 32]);
    for replica in [&first, &second] {
        let _ = import_there(&kit, replica, &[3; 32]).ok();
    }
    let _ = kit.call("RotateKeyOnDemand", &id(&key)).ok();
}

#[test]
fn what_does_not_unwrap_is_no_ciphertext() {
    let kit = Kit::new();
    let key = external(&kit);
    let input = kit.wrapped(&key, &ONE);
    let other = kit.wrapped(&key, &ONE);
    let good = unbase64(input["EncryptedKeyMaterial"].as_str().unwrap());
    let mut altered = good.clone();
    altered[100] ^= 1;
    for wrong in [
        &altered[..],
        &good[1..],
        b"x",
        &unbase64(other["EncryptedKeyMaterial"].as_str().unwrap()),
        &[0; 6144],
    ] {
        let input = with(input.clone(), "EncryptedKeyMaterial", base64(wrong));
        refused(&kit.call("ImportKeyMaterial", &input), "InvalidCiphertextException", "");
    }
    let _ = kit.call("ImportKeyMaterial", &input).ok();
}

#[test]
fn material_of_another_form_is_refused() {
    let kit = Kit::new();
    for (spec, usage, lengths) in [
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", &[1, 16, 31, 33, 64][..]),
        ("HMAC_224", "GENERATE_VERIFY_MAC", &[1, 27, 129]),
        ("HMAC_512", "GENERATE_VERIFY_MAC", &[32, 63, 129]),
        ("ECC_NIST_P256", "SIGN_VERIFY", &[32, 138]),
    ] {
        let input = json!({"Origin": "EXTERNAL", "KeySpec": spec, "KeyUsage": usage});
        let key = kit.create_key_of(&input);
        for length in lengths {
            let answer = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &vec![7; *length]));
            let text = format!("The key material is not valid for key spec {spec}.");
            refused(&answer, "IncorrectKeyMaterialException", &text);
        }
        assert_eq!(state(&kit, &key), "PendingImport");
    }
}

#[test]
fn new_material_waits_for_a_rotation_alone() {
    let kit = Kit::new();
    let key = external(&kit);
    let new = |material: &[u8]| {
        let input = with(kit.wrapped(&key, material), "ImportType", "NEW_KEY_MATERIAL");
        kit.call("ImportKeyMaterial", &input)
    };
    let first = new(&ONE).ok().string("KeyMaterialId");
    assert_eq!(new(&ONE).code(), "IncorrectKeyMaterialException");
    let second = new(&TWO).ok().string("KeyMaterialId");
    assert_eq!(metadata(&kit, &key)["CurrentKeyMaterialId"], first);
    let third = new(&[3; 32]);
    let message = third.message();
    let new_id = message.strip_prefix("New key material (id: ").and_then(|rest| rest.get(..64));
    let text = format!(
        "New key material (id: {}) cannot be imported into KMS key {key}, because another key \
         material (id: {second}) is pending rotation.",
        new_id.unwrap_or_default()
    );
    refused(&third, "KMSInvalidStateException", &text);

    // What waits can be imported again, deleted, and is forgotten then.
    kit.import(&key, &TWO);
    let delete = |id: &str| {
        let input = json!({"KeyId": key.to_string(), "KeyMaterialId": id});
        kit.call("DeleteImportedKeyMaterial", &input)
    };
    assert_eq!(delete(&second).ok().string("KeyMaterialId"), second);
    assert_eq!(state(&kit, &key), "Enabled");
    assert_eq!(delete(&second).code(), "NotFoundException");
    let again = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &TWO));
    assert_eq!(again.code(), "IncorrectKeyMaterialException");
    let third = new(&[3; 32]).ok().string("KeyMaterialId");
    assert_eq!(delete(&third).ok().string("KeyMaterialId"), third);
    assert_eq!(delete(&first).ok().string("KeyMaterialId"), first);
    assert_eq!(state(&kit, &key), "PendingImport");
}

/// What expires while it waits holds up nothing.
#[test]
fn what_waited_and_expired_is_forgotten() {
    let kit = Kit::new();
    let key = external(&kit);
    kit.import(&key, &ONE);
    let expires = kit.world.clock.now().plus_days(1);
    let new = |input: Value| with(input, "ImportType", "NEW_KEY_MATERIAL");
    let input = new(expiring(&kit, &key, &TWO, expires));
    let _ = kit.call("ImportKeyMaterial", &input).ok();
    kit.world.clock.set(expires);
    let old = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &TWO));
    assert_eq!(old.code(), "IncorrectKeyMaterialException");
    let _ = kit.call("ImportKeyMaterial", &new(kit.wrapped(&key, &[3; 32]))).ok();
    assert_eq!((run(&kit, Due::Everything), state(&kit, &key)), (0, "Enabled".to_owned()));

    // And what nobody replaced is forgotten by the schedule.
    let key = external(&kit);
    kit.import(&key, &ONE);
    let expires = kit.world.clock.now().plus_days(1);
    let _ = kit.call("ImportKeyMaterial", &new(expiring(&kit, &key, &TWO, expires))).ok();
    kit.world.clock.set(expires);
    assert_eq!((run(&kit, Due::Everything), state(&kit, &key)), (1, "Enabled".to_owned()));
    let _ = kit.call("ImportKeyMaterial", &new(kit.wrapped(&key, &TWO))).ok();
}

#[test]
fn material_can_be_named() {
    let kit = Kit::new();
    let key = external(&kit);
    let id = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &ONE)).ok().string("KeyMaterialId");
    let named = |material: &[u8], id: &str| {
        kit.call("ImportKeyMaterial", &with(kit.wrapped(&key, material), "KeyMaterialId", id))
    };
    let _ = named(&ONE, &id).ok();
    for (material, name) in [(&TWO, id.as_str()), (&ONE, &"0".repeat(64))] {
        assert_eq!(named(material, name).code(), "IncorrectKeyMaterialException");
    }
    let both = with(kit.wrapped(&key, &TWO), "KeyMaterialId", id);
    let both = kit.call("ImportKeyMaterial", &with(both, "ImportType", "NEW_KEY_MATERIAL"));
    assert_eq!(both.code(), "ValidationException");
    let untouched = external(&kit);
    let input = with(kit.wrapped(&untouched, &ONE), "KeyMaterialId", "0".repeat(64));
    assert_eq!(kit.call("ImportKeyMaterial", &input).code(), "ValidationException");
    let input = with(kit.wrapped(&untouched, &ONE), "ImportType", "EXISTING_KEY_MATERIAL");
    assert_eq!(kit.call("ImportKeyMaterial", &input).code(), "IncorrectKeyMaterialException");
}

#[test]
fn other_keys_are_bound_to_their_first_material() {
    let kit = Kit::new();
    let input = json!({"Origin": "EXTERNAL", "KeySpec": "HMAC_256",
                       "KeyUsage": "GENERATE_VERIFY_MAC"});
    let key = kit.create_key_of(&input);
    for (member, value) in [
        ("ImportType", "NEW_KEY_MATERIAL"),
        ("KeyMaterialId", &*"0".repeat(64)),
        ("KeyMaterialDescription", "mine"),
    ] {
        let answer = kit.call("ImportKeyMaterial", &with(kit.wrapped(&key, &ONE), member, value));
        let text = format!("{member} can be specified for symmetric encryption KMS keys only");
        refused(&answer, "ValidationException", &text);
    }
    kit.import(&key, &ONE);
    let _ = kit.call("DeleteImportedKeyMaterial", &id(&key)).ok();
    let other = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &TWO));
    assert_eq!(other.code(), "IncorrectKeyMaterialException");
    kit.import(&key, &ONE);
    assert_eq!(state(&kit, &key), "Enabled");
}

#[test]
fn expiry_has_its_rules() {
    let kit = Kit::new();
    let key = external(&kit);
    let (now, input) = (kit.world.clock.now(), kit.wrapped(&key, &ONE));
    let import = |model: Option<&str>, valid_to: Option<Timestamp>| {
        let mut input = input.clone();
        input["ExpirationModel"] = json!(model);
        input["ValidTo"] = json!(valid_to.map(|time| time.millis() as f64 / 1000.0));
        kit.call("ImportKeyMaterial", &input)
    };
    let (expires, stays) = ("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE");
    let missing = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES";
    refused(&import(None, None), "ValidationException", missing);
    refused(&import(Some(expires), None), "ValidationException", missing);
    let given = "The parameter ValidTo cannot be specified for a key with an expiration model of \
                 KEY_MATERIAL_DOES_NOT_EXPIRE";
    refused(&import(Some(stays), Some(now.plus_days(1))), "ValidationException", given);
    for past in [now, now.plus_days(-1), Timestamp::from_millis(0)] {
        refused(&import(None, Some(past)), "ValidationException", "ValidTo must be in the future");
    }
    let far = now.plus_days(365).plus_millis(1);
    refused(&import(None, Some(far)), "ValidationException", "ValidTo must be within 365 days");
    for good in [now.plus_days(365), now.plus_millis(1)] {
        let _ = import(None, Some(good)).ok();
    }
}

#[test]
fn policies_may_ask_how_material_is_imported() {
    let kit = Kit::new();
    let key = external(&kit);
    let limit = kit.world.clock.now().plus_days(30).seconds();
    let statement = |action: &str, condition: Value| {
        json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": action, "Resource": "*",
               "Condition": condition})
    };
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                       "Action": "kms:*", "Resource": "*"});
    let policy = json!({"Version": "2012-10-17", "Statement": [
        allow,
        statement("kms:GetParametersForImport",
                  json!({"StringEquals": {"kms:WrappingAlgorithm": "RSAES_OAEP_SHA_1"}})),
        statement("kms:GetParametersForImport",
                  json!({"StringEquals": {"kms:WrappingKeySpec": "RSA_3072"}})),
        statement("kms:ImportKeyMaterial",
                  json!({"StringEquals": {"kms:ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}})),
        statement("kms:ImportKeyMaterial",
                  json!({"NumericGreaterThan": {"kms:ValidTo": format!("{limit}.5")}})),
    ]});
    let input = with(id(&key), "Policy", policy.to_string());
    let _ = kit.call("PutKeyPolicy", &input).ok();

    let parameters = |algorithm: &str, spec: &str| {
        let input = with(id(&key), "WrappingAlgorithm", algorithm);
        kit.call("GetParametersForImport", &with(input, "WrappingKeySpec", spec))
    };
    assert_eq!(parameters("RSAES_OAEP_SHA_1", "RSA_2048").code(), "AccessDeniedException");
    assert_eq!(parameters("RSAES_OAEP_SHA_256", "RSA_3072").code(), "AccessDeniedException");
    let forever = kit.call("ImportKeyMaterial", &kit.wrapped(&key, &ONE));
    assert_eq!(forever.code(), "AccessDeniedException");
    let until = |millis| {
        let time = Timestamp::from_millis(limit * 1000 + millis);
        kit.call("ImportKeyMaterial", &expiring(&kit, &key, &ONE, time))
    };
    assert_eq!(until(501).code(), "AccessDeniedException");
    let _ = until(500).ok();
}

#[test]
fn wrapping_keys_suit_what_they_wrap() {
    let kit = Kit::new();
    let rsa = json!({"Origin": "EXTERNAL", "KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"});
    let (symmetric, rsa) = (external(&kit), kit.create_key_of(&rsa));
    let parameters = |key: &KeyArn, algorithm: &str, spec: &str| {
        let input = with(id(key), "WrappingAlgorithm", algorithm);
        kit.call("GetParametersForImport", &with(input, "WrappingKeySpec", spec))
    };
    refused(
        &parameters(&symmetric, "RSA_AES_KEY_WRAP_SHA_256", "RSA_3072"),
        "ValidationException",
        "Wrapping algorithm RSA_AES_KEY_WRAP_SHA_256 and wrapping key spec RSA_3072 cannot be \
         used to import a SYMMETRIC_DEFAULT key.",
    );
    assert_eq!(parameters(&rsa, "RSAES_OAEP_SHA_256", "RSA_4096").code(), "ValidationException");
    let old = parameters(&symmetric, "RSAES_PKCS1_V1_5", "RSA_2048");
    assert_eq!(old.code(), "UnsupportedOperationException");
    let chinese = parameters(&symmetric, "SM2PKE", "SM2");
    assert_eq!(chinese.code(), "UnsupportedOperationException");
    let answer = parameters(&rsa, "RSA_AES_KEY_WRAP_SHA_1", "RSA_2048").ok();
    let valid_to = kit.world.clock.now().plus_days(1).millis() as f64 / 1000.0;
    assert_eq!(answer.json()["ParametersValidTo"], json!(valid_to));
    assert_eq!(answer.json()["KeyId"], rsa.to_string());
}

/// Neither the material nor the wrapping key's private key is kept or told in the clear.
#[test]
fn nothing_of_it_is_at_rest_in_the_clear() {
    let kit = Kit::new();
    let key = external(&kit);
    let material: Vec<u8> = (100..132).collect();
    kit.import(&key, &material);
    let kept = [kit.trail_bytes(), kit.world.bytes_at_rest()].concat();
    // What each PKCS #8 private key of RSA begins with, after its length.
    let rsa = b"\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82";
    for secret in [&material[..], rsa] {
        assert!(!contains(&kept, secret));
    }
}
