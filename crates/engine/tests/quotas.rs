//! Quotas: what an account asks for beyond its own is refused before anything is done, told within a
//! bound, and none of another account's business; and no account has more than it may.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::ports::Clock as _;
use strongroom_engine::quotas::{Quotas, Rate, ResourceQuotas, Rule, Shared, Subject};
use strongroom_testkit::{Answer, Kit, Port, World, base64};
use strongroom_types::{AccountId, KeyArn, Region};

const SYMMETRIC: Subject = Subject::Shared(Shared::Symmetric);

/// A server with these quotas, so many requests a second each.
fn kit(rules: &[(Subject, u32)]) -> Kit {
    let rule = |(of, requests): &(Subject, u32)| Rule {
        of: *of,
        account: None,
        region: None,
        rate: Some(Rate::per_second(*requests)),
    };
    with(Quotas { requests: [rules.iter().map(rule).collect(), Vec::new()], ..Quotas::default() })
}

fn with(quotas: Quotas) -> Kit {
    World { quotas, ..World::default() }.open().unwrap()
}

fn keys(most: u64) -> Kit {
    let mut quotas = Quotas::default();
    quotas.resources.others.keys = Some(most);
    with(quotas)
}

fn pass(kit: &Kit, millis: i64) {
    kit.world.clock.set(kit.world.clock.now().plus_millis(millis));
}

fn id(key: &KeyArn) -> Value {
    json!({ "KeyId": key.to_string() })
}

fn encrypt(key: &KeyArn) -> Value {
    json!({"KeyId": key.to_string(), "Plaintext": base64(b"secret")})
}

#[track_caller]
fn throttled(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (400, "ThrottlingException"));
    let told = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your \
                calls.";
    assert_eq!(answer.json()["message"], told);
}

#[test]
fn an_operation_has_a_quota_in_each_account_and_region() {
    let kit = kit(&[(Subject::Operation("ListKeys"), 2)]);
    let ask = || kit.call("ListKeys", &json!({}));
    let _ = (ask().ok(), ask().ok());
    throttled(&ask());
    // Another operation, another account and another Region have quotas of their own.
    let _ = kit.call("ListAliases", &json!({})).ok();
    let _ = kit.block_on(kit.stranger().call("ListKeys", &json!({}))).ok();
    let mut elsewhere = kit.owner();
    elsewhere.region = "ap-south-1".parse().unwrap();
    let _ = kit.block_on(elsewhere.call("ListKeys", &json!({}))).ok();
    pass(&kit, 499);
    throttled(&ask());
    pass(&kit, 1);
    let _ = ask().ok();
    throttled(&ask());
}

#[test]
fn what_is_refused_for_another_reason_counts_too() {
    let kit = kit(&[(Subject::Operation("DescribeKey"), 1), (SYMMETRIC, 2)]);
    let unknown = json!({"KeyId": "alias/none"});
    assert_eq!(kit.call("DescribeKey", &unknown).code(), "NotFoundException");
    throttled(&kit.call("DescribeKey", &unknown));
    // What is no request, and what names no key, counts as the use of a symmetric key.
    assert_eq!(kit.call("Encrypt", &json!({"KeyId": 7})).code(), "SerializationException");
    let unknown = json!({"KeyId": "alias/none", "Plaintext": "AAAA"});
    assert_eq!(kit.call("Encrypt", &unknown).code(), "NotFoundException");
    throttled(&kit.call("Encrypt", &unknown));
}

#[test]
fn cryptographic_operations_share_a_quota_with_keys_of_one_kind() {
    let kit = kit(&[(SYMMETRIC, 4), (Subject::Shared(Shared::Ecc), 1)]);
    let key = kit.create_key();
    let curve = kit.create_key_of(&json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}));
    let sign = json!({"KeyId": curve.to_string(), "Message": base64(b"message"),
                      "SigningAlgorithm": "ECDSA_SHA_256"});
    let blob = kit.call("Encrypt", &encrypt(&key)).ok().string("CiphertextBlob");
    let _ = kit.call("GenerateRandom", &json!({"NumberOfBytes": 8})).ok();
    // A use of each of its two keys.
    let again = json!({"CiphertextBlob": blob, "DestinationKeyId": key.to_string()});
    let _ = kit.call("ReEncrypt", &again).ok();
    throttled(&kit.call("Decrypt", &json!({ "CiphertextBlob": blob })));
    throttled(&kit.call("GenerateRandom", &json!({"NumberOfBytes": 8})));
    let _ = kit.call("Sign", &sign).ok();
    throttled(&kit.call("Sign", &sign));
    // What only reads a key is not a use of it.
    let _ = kit.call("DescribeKey", &id(&key)).ok();
}

#[test]
fn data_key_pairs_have_a_quota_for_each_spec() {
    let of = |spec| Subject::Shared(Shared::Pairs(spec));
    let p256 = strongroom_types::DataKeyPairSpec::EccNistP256;
    let kit = kit(&[(of(p256), 1), (SYMMETRIC, 1)]);
    let key = kit.create_key();
    let pair = |spec: &str| json!({"KeyId": key.to_string(), "KeyPairSpec": spec});
    let _ = kit.call("GenerateDataKeyPair", &pair("ECC_NIST_P256")).ok();
    throttled(&kit.call("GenerateDataKeyPairWithoutPlaintext", &pair("ECC_NIST_P256")));
    let _ = kit.call("GenerateDataKeyPair", &pair("ECC_NIST_P384")).ok();
    // The key that encrypts them is not counted beside.
    let _ = kit.call("Encrypt", &encrypt(&key)).ok();
}

#[test]
fn a_replica_counts_as_two_keys_made_where_it_is() {
    let kit = kit(&[(Subject::Operation("CreateKey"), 2)]);
    let key = kit.create_key_of(&json!({"MultiRegion": true}));
    let replica = json!({"KeyId": key.to_string(), "ReplicaRegion": "ap-south-1"});
    let _ = kit.call("ReplicateKey", &replica).ok();
    let mut elsewhere = kit.owner();
    elsewhere.region = "ap-south-1".parse::<Region>().unwrap();
    throttled(&kit.block_on(elsewhere.call("CreateKey", &json!({}))));
    let _ = kit.call("CreateKey", &json!({})).ok();
}

/// The account that asks pays, not the one whose key it is; and who may not use a key is not told by
/// what the refusal costs which kind it is of, or that it is there.
#[test]
fn who_asks_pays_and_learns_nothing_of_the_keys_of_others() {
    let kit = kit(&[(SYMMETRIC, 1), (Subject::Shared(Shared::Rsa), 1)]);
    let (key, rsa) = (kit.create_key(), {
        kit.create_key_of(&json!({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}))
    });
    let shared = json!({"KeyId": key.to_string(), "Operations": ["Encrypt"],
                        "GranteePrincipal": format!("arn:aws:iam::{}:root", kit.stranger().account)});
    let _ = kit.call("CreateGrant", &shared).ok();
    let stranger = |input: Value| kit.block_on(kit.stranger().call("Encrypt", &input));
    let _ = stranger(encrypt(&key)).ok();
    throttled(&stranger(encrypt(&key)));
    let _ = kit.call("Encrypt", &encrypt(&key)).ok();
    // The quota of symmetric keys is used up: whatever is there, the answer is the same.
    let missing = KeyArn { key: "1234abcd-12ab-34cd-56ef-1234567890ab".parse().unwrap(), ..rsa };
    let asymmetric = |key: &KeyArn| {
        json!({"KeyId": key.to_string(), "Plaintext": "AAAA",
               "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"})
    };
    for key in [rsa, missing, key] {
        throttled(&stranger(asymmetric(&key)));
    }
    pass(&kit, 1000);
    assert_eq!(stranger(asymmetric(&rsa)).code(), "AccessDeniedException");
    throttled(&stranger(asymmetric(&missing)));
}

#[test]
fn all_of_an_account_has_a_quota_over_all_regions() {
    let kit = kit(&[(Subject::Shared(Shared::Account), 3)]);
    for (number, region) in ["us-east-1", "eu-west-1", "aa-aa-1", "aa-aa-2"].iter().enumerate() {
        let mut client = kit.owner();
        client.region = region.parse().unwrap();
        let answer = kit.block_on(client.call("ListKeys", &json!({})));
        if number < 3 { drop(answer.ok()) } else { throttled(&answer) }
    }
    let _ = kit.block_on(kit.stranger().call("ListKeys", &json!({}))).ok();
}

/// A request that finds a quota used up has cost nothing of any other.
#[test]
fn what_is_beyond_a_quota_costs_nothing_of_the_others() {
    let all = Subject::Shared(Shared::Account);
    let kit = kit(&[(Subject::Operation("ListKeys"), 1), (all, 4)]);
    let _ = kit.call("ListKeys", &json!({})).ok();
    for _ in 0..9 {
        throttled(&kit.call("ListKeys", &json!({})));
    }
    for _ in 0..3 {
        let _ = kit.call("ListAliases", &json!({})).ok();
    }
    throttled(&kit.call("ListAliases", &json!({})));
}

/// Nor if that quota is found only later, by the kind of the key.
#[test]
fn what_is_beyond_the_quota_of_its_key_costs_nothing_of_the_others() {
    let kit = kit(&[(SYMMETRIC, 1), (Subject::Shared(Shared::Account), 5)]);
    let key = kit.create_key();
    let _ = kit.call("Encrypt", &encrypt(&key)).ok();
    for _ in 0..9 {
        throttled(&kit.call("Encrypt", &encrypt(&key)));
    }
    for _ in 0..3 {
        let _ = kit.call("ListAliases", &json!({})).ok();
    }
    throttled(&kit.call("ListAliases", &json!({})));
}

/// Those that count twice are served at any rate, and take both or none.
#[test]
fn what_counts_twice_is_served_and_takes_both_or_none() {
    let rate = Rate::of(0.5, std::num::NonZeroU32::new(2));
    let rule = |of| Rule { of, account: None, region: None, rate };
    let rules = vec![rule(SYMMETRIC), rule(Subject::Operation("CreateKey"))];
    let kit = with(Quotas { requests: [rules, Vec::new()], ..Quotas::default() });
    let key = kit.create_key_of(&json!({"MultiRegion": true}));
    let blob = kit.call("Encrypt", &encrypt(&key)).ok().string("CiphertextBlob");
    let again = json!({"CiphertextBlob": blob, "DestinationKeyId": key.to_string()});
    throttled(&kit.call("ReEncrypt", &again));
    // The one that is left was not taken.
    let _ = kit.call("Decrypt", &json!({ "CiphertextBlob": blob })).ok();
    pass(&kit, 4000);
    let _ = kit.call("ReEncrypt", &again).ok();
    throttled(&kit.call("ReEncrypt", &again));
    let replica = json!({"KeyId": key.to_string(), "ReplicaRegion": "ap-south-1"});
    let _ = kit.call("ReplicateKey", &replica).ok();
}

/// Whoever may not use a custom key store cannot use up its quota.
#[test]
fn random_bytes_count_against_a_key_store_only_for_who_may_ask_for_them() {
    let kit = kit(&[(Subject::Shared(Shared::KeyStore), 1)]);
    let ask = json!({"NumberOfBytes": 8, "CustomKeyStoreId": "cks-1234567890abcdef0"});
    let nothing =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let nobody = kit.user_of(&kit.owner(), "nobody", nothing);
    for _ in 0..3 {
        assert_eq!(
            kit.block_on(nobody.call("GenerateRandom", &ask)).code(),
            "AccessDeniedException"
        );
    }
    assert_eq!(kit.call("GenerateRandom", &ask).code(), "CustomKeyStoreNotFoundException");
    throttled(&kit.call("GenerateRandom", &ask));
}

#[test]
fn cloudtrail_says_it_in_its_own_words() {
    let kit = kit(&[(Subject::Operation("ListTrails"), 1)]);
    let _ = kit.block_on(kit.owner().cloudtrail("ListTrails", &json!({}))).ok();
    let answer = kit.block_on(kit.owner().cloudtrail("ListTrails", &json!({})));
    assert_eq!((answer.status, answer.code().as_str()), (400, "ThrottlingException"));
    assert!(answer.text().contains("Rate exceeded"), "{}", answer.text());
}

/// A flood fills no disk: 60 records of an account in a minute, and the next says how many there
/// were not.
#[test]
fn what_is_refused_is_told_within_a_bound() {
    let kit = kit(&[(Subject::Operation("ListKeys"), 1)]);
    let _ = kit.call("ListKeys", &json!({})).ok();
    let answers: Vec<Answer> = (0..100).map(|_| kit.call("ListKeys", &json!({}))).collect();
    answers.iter().for_each(throttled);
    let told = |answers: &[Answer]| -> Vec<_> {
        // Whoever is not refused waits for what was put on its way to the journal before.
        let _ = kit.call("ListAliases", &json!({})).ok();
        answers.iter().flat_map(|answer| kit.records_of(answer)).collect()
    };
    let records = told(&answers);
    assert_eq!(records.len(), 60);
    for record in &records {
        assert_eq!(record.error_code.as_deref(), Some("ThrottlingException"));
        assert_eq!((record.account, record.suppressed), (AccountId::INITIAL, None));
        assert!(record.identity.as_ref().unwrap().arn.ends_with(":root"));
    }
    // Of another account, and in the next minute, there are records again.
    pass(&kit, 60_000);
    let again = [kit.call("ListKeys", &json!({})), kit.call("ListKeys", &json!({}))];
    throttled(&again[1]);
    let records = told(&again[1..]);
    assert_eq!((records.len(), records[0].suppressed), (1, Some(40)));
}

/// A request that lost a race is tried again, and counts once.
#[test]
fn a_request_counts_once_however_often_it_is_tried() {
    let world = World {
        quotas: Quotas {
            requests: [
                vec![Rule {
                    of: Subject::Operation("TagResource"),
                    account: None,
                    region: None,
                    rate: Some(Rate::per_second(8)),
                }],
                Vec::new(),
            ],
            ..Quotas::default()
        },
        ..World::default()
    };
    let kit = world.open_with_threads(2).unwrap();
    let key = kit.create_key();
    let tasks: Vec<_> = (0..8)
        .map(|number| {
            let tags = json!([{"TagKey": format!("tag {number}"), "TagValue": "x"}]);
            let (client, input) = (kit.owner(), json!({"KeyId": key.to_string(), "Tags": tags}));
            kit.spawn(async move { client.call("TagResource", &input).await })
        })
        .collect();
    for task in tasks {
        let _ = kit.block_on(task).unwrap().ok();
    }
    throttled(&kit.call("TagResource", &json!({"KeyId": key.to_string(), "Tags": []})));
}

#[test]
fn requests_of_one_account_are_served_so_many_at_once() {
    let quotas = Quotas { in_flight: Some(1), ..Quotas::default() };
    let kit = World { quotas, ..World::default() }.open_with_threads(2).unwrap();
    let key = kit.create_key();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (client, input) = (kit.owner(), encrypt(&key));
            kit.spawn(async move { client.call("Encrypt", &input).await })
        })
        .collect();
    for task in tasks {
        let _ = kit.block_on(task).unwrap().ok();
    }
}

#[track_caller]
fn no_more_keys(answer: &Answer, most: u64) {
    assert_eq!((answer.status, answer.code().as_str()), (400, "LimitExceededException"));
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("{most} keys")), "{message}");
}

#[test]
fn an_account_has_so_many_keys_in_a_region() {
    let kit = keys(2);
    let (first, _) = (kit.create_key(), kit.create_key());
    let create = |kit: &Kit| kit.call("CreateKey", &json!({}));
    no_more_keys(&create(&kit), 2);
    // Another account and another Region have quotas of their own.
    let _ = kit.block_on(kit.stranger().call("CreateKey", &json!({}))).ok();
    let mut elsewhere = kit.owner();
    elsewhere.region = "ap-south-1".parse().unwrap();
    let _ = kit.block_on(elsewhere.call("CreateKey", &json!({}))).ok();
    drop(elsewhere);
    // A key that waits for its deletion counts; one that is gone does not.
    let _ = kit.call("ScheduleKeyDeletion", &id(&first)).ok();
    no_more_keys(&create(&kit), 2);
    kit.world.clock.advance_days(31);
    let done = kit.block_on(kit.engine().run_due_tasks(strongroom_engine::Due::Everything));
    assert_eq!(done, Ok(1));
    let _ = create(&kit).ok();
    no_more_keys(&create(&kit), 2);
    // A server that starts counts what is there.
    let kit = kit.restart();
    no_more_keys(&create(&kit), 2);
}

#[test]
fn a_replica_is_one_of_the_keys_of_its_region() {
    let kit = keys(1);
    let key = kit.create_key_of(&json!({"MultiRegion": true}));
    let replica = json!({"KeyId": key.to_string(), "ReplicaRegion": "ap-south-1"});
    let mut elsewhere = kit.owner();
    elsewhere.region = "ap-south-1".parse().unwrap();
    let _ = kit.block_on(elsewhere.call("CreateKey", &json!({}))).ok();
    no_more_keys(&kit.call("ReplicateKey", &replica), 1);
}

/// A key that could not be made is not counted.
#[test]
fn what_is_not_made_is_given_back() {
    let kit = keys(2);
    let _ = kit.create_key();
    for step in 1..12 {
        kit.world.faults.nth(&[Port::Entropy], step);
        let failed = kit.call("CreateKey", &json!({}));
        kit.world.faults.heal();
        if failed.is_ok() {
            // It takes less entropy than that, and was made.
            assert!(step > 3, "something failed before: {step}");
            return no_more_keys(&kit.call("CreateKey", &json!({})), 2);
        }
    }
    panic!("a key takes no end of entropy");
}

#[test]
fn the_quota_of_keys_is_not_overrun() {
    let mut quotas = Quotas::default();
    quotas.resources.others.keys = Some(5);
    let kit = World { quotas, ..World::default() }.open_with_threads(2).unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let client = kit.owner();
            kit.spawn(async move { client.call("CreateKey", &json!({})).await })
        })
        .collect();
    let answers: Vec<Answer> = tasks.into_iter().map(|task| kit.block_on(task).unwrap()).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    for answer in answers.iter().filter(|answer| !answer.is_ok()) {
        no_more_keys(answer, 5);
    }
}

#[test]
fn one_account_may_have_more_than_the_others() {
    let mut quotas = Quotas::default();
    let most = ResourceQuotas { aliases_per_key: 3, grants_per_key: 1, ..Default::default() };
    quotas.resources.others = ResourceQuotas { aliases_per_key: 1, ..most };
    quotas.resources.accounts.insert(AccountId::INITIAL, most);
    let kit = with(quotas);
    let key = kit.create_key();
    let alias =
        |n: usize| json!({"AliasName": format!("alias/{n}"), "TargetKeyId": key.key.to_string()});
    for number in 0..3 {
        let _ = kit.call("CreateAlias", &alias(number)).ok();
    }
    let refused = kit.call("CreateAlias", &alias(3));
    assert_eq!(refused.code(), "LimitExceededException");
    assert!(refused.text().contains("3 aliases"), "{}", refused.text());
    let made = kit.block_on(kit.stranger().call("CreateKey", &json!({}))).ok().json();
    let theirs = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let alias = |n: usize| json!({"AliasName": format!("alias/{n}"), "TargetKeyId": theirs});
    let _ = kit.block_on(kit.stranger().call("CreateAlias", &alias(0))).ok();
    let refused = kit.block_on(kit.stranger().call("CreateAlias", &alias(1)));
    assert!(refused.text().contains("1 aliases"), "{}", refused.text());
    let grant = json!({"KeyId": key.to_string(), "Operations": ["Encrypt"],
                       "GranteePrincipal": "arn:aws:iam::111122223333:root"});
    let _ = kit.call("CreateGrant", &grant).ok();
    assert_eq!(kit.call("CreateGrant", &grant).code(), "LimitExceededException");
}
