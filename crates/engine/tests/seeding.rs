//! Keys that the operator makes of given key material: the same again is no change, anything else
//! is refused, and each is recorded.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::json;
use strongroom_crypto::SecretBytes;
use strongroom_engine::seeding::{Seed, SeedError, Seeded};
use strongroom_testkit::{Kit, base64, region};
use strongroom_types::{AccountId, AliasName, KeyArn, KeyId, KeySpec, KeyUsage};

fn arn() -> KeyArn {
    let key = "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap();
    KeyArn { region: region(), account: AccountId::INITIAL, key }
}

fn seed() -> Seed {
    Seed {
        key: arn(),
        spec: KeySpec::SymmetricDefault,
        usage: KeyUsage::EncryptDecrypt,
        material: SecretBytes::new(vec![7; 32]),
        alias: Some(AliasName::parse("alias/seeded").unwrap()),
    }
}

fn plant(kit: &Kit, seed: Seed) -> Result<Seeded, SeedError> {
    kit.block_on(kit.engine().seed_key(seed))
}

#[test]
fn the_same_seed_is_the_same_key_everywhere() {
    let (kit, elsewhere) = (Kit::new(), Kit::new());
    for kit in [&kit, &elsewhere] {
        assert_eq!(plant(kit, seed()), Ok(Seeded::New));
    }
    let blob = kit
        .call("Encrypt", &json!({"KeyId": "alias/seeded", "Plaintext": base64(b"secret")}))
        .ok()
        .string("CiphertextBlob");
    let plain = elsewhere.call("Decrypt", &json!({ "CiphertextBlob": blob })).ok();
    assert_eq!(plain.bytes("Plaintext"), b"secret");
    let input = json!({"KeyId": arn().to_string()});
    let metadata = kit.call("DescribeKey", &input).ok().json()["KeyMetadata"].clone();
    assert_eq!(
        (&metadata["Origin"], &metadata["ExpirationModel"], &metadata["KeyState"]),
        (&json!("EXTERNAL"), &json!("KEY_MATERIAL_DOES_NOT_EXPIRE"), &json!("Enabled"))
    );
    let trail = kit.world.trail();
    let event = trail.iter().find(|record| record.operation == "SeedKey").unwrap();
    assert_eq!(event.resources, [arn().to_string()]);
    assert_eq!(
        (event.reasons.as_slice(), &event.identity),
        (&["operator of the server".to_owned()][..], &None)
    );
}

#[test]
fn the_same_again_changes_nothing() {
    let kit = Kit::new();
    assert_eq!(plant(&kit, Seed { alias: None, ..seed() }), Ok(Seeded::New));
    assert_eq!(plant(&kit, seed()), Ok(Seeded::New), "the alias is new");
    let kit = kit.restart();
    let before = kit.world.store.entries();
    assert_eq!(plant(&kit, seed()), Ok(Seeded::AsBefore));
    assert_eq!(kit.world.store.entries(), before);
}

#[test]
fn anything_else_is_refused_and_changes_nothing() {
    let kit = Kit::new();
    assert_eq!(plant(&kit, seed()), Ok(Seeded::New));
    let generated = kit.create_key();
    let _ = kit
        .call(
            "CreateAlias",
            &json!({"AliasName": "alias/taken", "TargetKeyId": generated.to_string()}),
        )
        .ok();
    let before = kit.world.store.entries();
    let other = KeyArn { key: KeyId::from_random([9; 16]), ..arn() };
    let bytes = |length| SecretBytes::new(vec![8; length]);
    let alias = |name| Some(AliasName::parse(name).unwrap());
    let (spec, usage) = (KeySpec::Hmac256, KeyUsage::GenerateVerifyMac);
    let stranger = AccountId::from_number(999_999_999_999).unwrap();
    let other_key = SeedError::OtherKey;
    for (seed, refusal) in [
        (Seed { material: bytes(32), ..seed() }, other_key(arn())),
        (Seed { spec, usage, material: bytes(32), ..seed() }, other_key(arn())),
        (Seed { key: generated, alias: None, ..seed() }, other_key(generated)),
        (Seed { material: bytes(31), ..seed() }, SeedError::Material(KeySpec::SymmetricDefault)),
        (Seed { usage, ..seed() }, SeedError::Usage(usage, KeySpec::SymmetricDefault)),
        (Seed { spec: KeySpec::MlDsa44, ..seed() }, SeedError::Spec(KeySpec::MlDsa44)),
        (Seed { spec: KeySpec::Sm2, ..seed() }, SeedError::Spec(KeySpec::Sm2)),
        (Seed { key: KeyArn { account: stranger, ..other }, ..seed() }, SeedError::NoAccount),
        (
            Seed { key: other, ..seed() },
            SeedError::Alias(AliasName::parse("alias/seeded").unwrap()),
        ),
        (
            Seed { alias: alias("alias/taken"), ..seed() },
            SeedError::Alias(AliasName::parse("alias/taken").unwrap()),
        ),
        (
            Seed { key: other, alias: alias("alias/aws/ebs"), ..seed() },
            SeedError::Alias(AliasName::parse("alias/aws/ebs").unwrap()),
        ),
    ] {
        assert_eq!(plant(&kit, seed), Err(refusal));
    }
    assert_eq!(kit.world.store.entries(), before);
}

#[test]
fn a_multi_region_id_makes_a_primary_key() {
    let kit = Kit::new();
    let key = KeyArn { key: KeyId::multi_region_from_random([3; 16]), ..arn() };
    assert_eq!(plant(&kit, Seed { key, ..seed() }), Ok(Seeded::New));
    let described = kit.call("DescribeKey", &json!({"KeyId": key.to_string()})).ok().json();
    let family = &described["KeyMetadata"]["MultiRegionConfiguration"];
    assert_eq!(family["MultiRegionKeyType"], "PRIMARY");
}

#[test]
fn a_key_that_lost_its_material_is_not_mended() {
    let kit = Kit::new();
    assert_eq!(plant(&kit, seed()), Ok(Seeded::New));
    let _ = kit.call("DeleteImportedKeyMaterial", &json!({"KeyId": arn().to_string()})).ok();
    assert_eq!(plant(&kit, seed()), Err(SeedError::Incomplete(arn())));
    kit.import(&arn(), &[7; 32]);
    assert_eq!(plant(&kit, seed()), Ok(Seeded::AsBefore));
}
