//! What each released version has left on a disk opens, and everything in it is as it was.
//!
//! A directory of `released/` holds what a server of that version had at its end, `root.key`,
//! `store.db` and `journal/`, and `answers.json`: requests that change nothing, and what that server
//! answered. The answers of a later version may have more members, and no others. CONTRIBUTING.md
//! says when a directory is added, and how; none is ever edited.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use strongroom_engine::Due;
use strongroom_testkit::{Answer, Client, Kit, World, base64, disk, unbase64};

/// Where the directories are.
fn released() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released")
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if path.is_dir() {
            fs::create_dir(to.join(&name)).unwrap();
            copy(&path, &to.join(&name));
        } else {
            fs::copy(&path, to.join(&name)).unwrap();
        }
    }
}

#[test]
fn what_every_released_version_wrote_opens_and_is_whole() {
    let mut versions = 0;
    for entry in fs::read_dir(released()).unwrap() {
        let path = entry.unwrap().path();
        let found = disk::scratch();
        copy(&path, found.path());
        let told: Value =
            serde_json::from_slice(&fs::read(found.path().join("answers.json")).unwrap()).unwrap();
        check(found.path(), &told, &path);
        versions += 1;
    }
    assert!(versions > 0);
}

fn check(directory: &Path, told: &Value, name: &Path) {
    let key = fs::read_to_string(directory.join("root.key")).unwrap();
    let root = unbase64(key.lines().nth(1).unwrap()).try_into().unwrap();
    let trail = World { root, ..World::default() }.trail_in(directory).unwrap();
    let requests: Vec<String> = trail.iter().map(|record| hex(&record.request)).collect();
    let expected: Vec<&str> = array(&told["trail"]).map(|id| id.as_str().unwrap()).collect();
    assert_eq!(requests, expected, "{}", name.display());
    // Twice: a start writes, too.
    for seed in [1_000, 2_000] {
        let kit = World { root, ..world(seed) }.open_in(directory).unwrap();
        for asked in array(&told["answers"]) {
            let (found, wanted) = (ask(&kit, asked), &asked["answer"]);
            assert!(has(&found, wanted), "{}: {asked}\nnot {found}", name.display());
        }
        let key = kit.create_key();
        let _ = kit.call("DescribeKey", &json!({ "KeyId": key.to_string() })).ok();
        drop(kit.stop());
    }
}

/// Whether `found` has everything that `wanted` has.
fn has(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| found.get(name).is_some_and(|found| has(found, wanted))),
        // Keys that the second start finds were made by the first.
        (Value::Array(found), Value::Array(wanted)) => {
            wanted.iter().all(|wanted| found.iter().any(|found| has(found, wanted)))
        }
        (found, wanted) => found == wanted,
    }
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A world whose entropy is that of `seed`.
fn world(seed: u64) -> World {
    let world = World::default();
    let entropy = strongroom_testkit::CountedEntropy::new(seed, world.faults.clone());
    World { entropy, ..world }
}

/// Sends the request that `asked` describes, and gives its answer: of KMS and CloudTrail the body,
/// of IAM the text in the elements of the result.
fn ask(kit: &Kit, asked: &Value) -> Value {
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let mut client = kit.owner();
    if asked.get("access_key").is_some() {
        (client.access_key, client.secret) = (text("access_key"), text("secret"));
    }
    if asked.get("region").is_some() {
        client.region = text("region").parse().unwrap();
    }
    let answer =
        kit.block_on(sent(&client, &asked["service"], &text("operation"), &asked["input"]));
    let body = match asked["service"].as_str() {
        Some("iam") => {
            let whole = answer.text();
            let (result, _) = whole.split_once("<ResponseMetadata>").expect("a reply of IAM");
            Value::String(result.to_owned())
        }
        _ => answer.json(),
    };
    json!({"status": answer.status, "body": body})
}

async fn sent(client: &Client, service: &Value, operation: &str, input: &Value) -> Answer {
    match service.as_str() {
        Some("iam") => {
            let parameters = input.as_object().unwrap().iter();
            let parameters: Vec<_> =
                parameters.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
            client.iam(operation, &parameters).await
        }
        Some("cloudtrail") => client.cloudtrail(operation, input).await,
        _ => client.call(operation, input).await,
    }
}

/// Makes the directory of the version that this is.
#[test]
#[ignore = "run once for each release: see CONTRIBUTING.md"]
fn write() {
    let directory = released().join(env!("CARGO_PKG_VERSION"));
    assert!(!directory.exists(), "{} is there, and is not edited", directory.display());
    fs::create_dir_all(&directory).unwrap();
    let kit = world(1).open_in(&directory).unwrap();
    let first = uses(&kit, &keys(&kit));
    drop(kit.stop());
    // A second server, so that there are two segments of the journal.
    let kit = world(2).open_in(&directory).unwrap();
    let mut questions = first;
    questions.extend(identities(&kit));
    for asked in &mut questions {
        let answer = ask(&kit, asked);
        assert_eq!(answer["status"], asked["expected"].as_u64().unwrap_or(200), "{asked} {answer}");
        asked["answer"] = answer;
    }
    let world = kit.stop();
    let root = format!("strongroom root key v1\n{}\n", base64(&world.root));
    fs::write(directory.join("root.key"), root).unwrap();
    let trail = world.trail_in(&directory).unwrap();
    let trail: Vec<String> = trail.iter().map(|record| hex(&record.request)).collect();
    let told = json!({"answers": questions, "trail": trail});
    let text = serde_json::to_string_pretty(&told).unwrap();
    fs::write(directory.join("answers.json"), text + "\n").unwrap();
}

/// A key, by what it is for.
struct Keys {
    symmetric: String,
    imported: String,
    disabled: String,
    deleted: String,
    primary: String,
    mac: String,
    signing: Vec<(String, &'static str)>,
    rsa: String,
}

fn keys(kit: &Kit) -> Keys {
    let make = |input: Value| kit.create_key_of(&input).to_string();
    let of = |spec: &str, usage: &str| make(json!({"KeySpec": spec, "KeyUsage": usage}));
    let symmetric = make(json!({
        "Description": "a key with everything",
        "Tags": [{"TagKey": "one", "TagValue": "1"}, {"TagKey": "two", "TagValue": ""}],
    }));
    let imported = kit.create_key_of(&json!({"Origin": "EXTERNAL"}));
    kit.import(&imported, &[0x61; 32]);
    let disabled = make(json!({}));
    let _ = kit.call("DisableKey", &json!({ "KeyId": disabled })).ok();
    let deleted = make(json!({}));
    let _ = kit.call("ScheduleKeyDeletion", &json!({"KeyId": deleted})).ok();
    let primary = make(json!({"MultiRegion": true}));
    let replicate = json!({"KeyId": primary, "ReplicaRegion": "eu-central-1"});
    let _ = kit.call("ReplicateKey", &replicate).ok();
    kit.world.clock.advance_days(1);
    assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
    let signing = [
        ("ECC_NIST_P256", "ECDSA_SHA_256"),
        ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
        ("ML_DSA_44", "ML_DSA_SHAKE_256"),
    ];
    let signing =
        signing.map(|(spec, algorithm)| (of(spec, "SIGN_VERIFY"), algorithm)).into_iter().collect();
    let (mac, rsa) = (of("HMAC_256", "GENERATE_VERIFY_MAC"), of("RSA_2048", "ENCRYPT_DECRYPT"));
    Keys {
        symmetric,
        imported: imported.to_string(),
        disabled,
        deleted,
        primary,
        mac,
        signing,
        rsa,
    }
}

/// Uses of the keys, and what can be asked about them from now on.
fn uses(kit: &Kit, keys: &Keys) -> Vec<Value> {
    let ask = |operation: &str, input: Value| kit.call(operation, &input).ok();
    let kms = |operation: &str, input: Value| json!({"operation": operation, "input": input});
    let plain = base64(b"what was encrypted by a former version");
    let mut questions = Vec::new();
    let context = json!({"since": env!("CARGO_PKG_VERSION")});
    let encrypt = |key: &String| {
        let input = json!({"KeyId": key, "Plaintext": plain, "EncryptionContext": context});
        let blob = ask("Encrypt", input).string("CiphertextBlob");
        kms("Decrypt", json!({"CiphertextBlob": blob, "EncryptionContext": context}))
    };
    questions.push(encrypt(&keys.symmetric));
    ask("RotateKeyOnDemand", json!({"KeyId": keys.symmetric}));
    questions.push(encrypt(&keys.symmetric));
    ask("EnableKeyRotation", json!({"KeyId": keys.symmetric, "RotationPeriodInDays": 100}));
    questions.extend([encrypt(&keys.imported), encrypt(&keys.primary)]);
    let mut elsewhere = questions.last().unwrap().clone();
    elsewhere["region"] = json!("eu-central-1");
    questions.push(elsewhere);
    let oaep = json!({"KeyId": keys.rsa, "Plaintext": plain,
                      "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"});
    let blob = ask("Encrypt", oaep).string("CiphertextBlob");
    questions.push(kms(
        "Decrypt",
        json!({"KeyId": keys.rsa, "CiphertextBlob": blob,
                                         "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}),
    ));
    for (key, algorithm) in &keys.signing {
        let sign = json!({"KeyId": key, "Message": plain, "SigningAlgorithm": algorithm});
        let mut verify = sign.clone();
        verify["Signature"] = json!(ask("Sign", sign).string("Signature"));
        questions.push(kms("Verify", verify));
        questions.push(kms("GetPublicKey", json!({ "KeyId": key })));
    }
    let mac = json!({"KeyId": keys.mac, "Message": plain, "MacAlgorithm": "HMAC_SHA_256"});
    questions.push(kms("GenerateMac", mac));
    ask("CreateAlias", json!({"AliasName": "alias/one", "TargetKeyId": keys.symmetric}));
    for key in [&keys.symmetric, &keys.imported, &keys.disabled, &keys.deleted, &keys.primary] {
        questions.push(kms("DescribeKey", json!({ "KeyId": key })));
    }
    let mut disabled =
        kms("GenerateDataKey", json!({"KeyId": keys.disabled, "KeySpec": "AES_256"}));
    disabled["expected"] = json!(400);
    questions.push(disabled);
    questions.push(kms("DescribeKey", json!({"KeyId": "alias/one"})));
    questions.push(kms("ListAliases", json!({})));
    questions.push(kms("ListKeys", json!({})));
    for operation in
        ["ListResourceTags", "ListKeyRotations", "GetKeyRotationStatus", "GetKeyPolicy"]
    {
        questions.push(kms(operation, json!({"KeyId": keys.symmetric})));
    }
    questions
}

/// Users and roles with permissions, a trail and a grant, and what can be asked about them.
fn identities(kit: &Kit) -> Vec<Value> {
    let owner = kit.owner();
    let iam = |action: &str, parameters: &[(&str, &str)]| {
        kit.block_on(owner.iam(action, parameters)).ok()
    };
    let allow = |action: &str| {
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#)
    };
    let user = kit.user_of(&owner, "Alice", &allow("kms:Describe*"));
    kit.create_principal("arn:aws:iam::111122223333:role/ops/Courier");
    let listing = allow("kms:List*");
    iam("CreatePolicy", &[("PolicyName", "Listing"), ("PolicyDocument", &listing)]);
    iam("CreateGroup", &[("GroupName", "Readers")]);
    let arn = "arn:aws:iam::111122223333:policy/Listing";
    iam("AttachGroupPolicy", &[("GroupName", "Readers"), ("PolicyArn", arn)]);
    iam("AddUserToGroup", &[("GroupName", "Readers"), ("UserName", "Alice")]);
    iam("CreateAccountAlias", &[("AccountAlias", "former")]);
    let key = kit.call("DescribeKey", &json!({"KeyId": "alias/one"})).ok().json();
    let key = key["KeyMetadata"]["Arn"].clone();
    let grantee = "arn:aws:iam::111122223333:user/Alice";
    let grant = json!({"KeyId": key, "GranteePrincipal": grantee, "Name": "former",
                       "Operations": ["Encrypt", "GenerateDataKey"],
                       "Constraints": {"EncryptionContextSubset": {"since": "then"}}});
    let _ = kit.call("CreateGrant", &grant).ok();
    let credentials = json!({"access_key": user.access_key, "secret": user.secret});
    let by_user = |operation: &str, input: Value, expected: u16| {
        let mut asked = json!({"operation": operation, "input": input, "expected": expected});
        asked.as_object_mut().unwrap().extend(credentials.as_object().unwrap().clone());
        asked
    };
    let by_iam =
        |action: &str, input: Value| json!({"service": "iam", "operation": action, "input": input});
    vec![
        json!({"operation": "ListGrants", "input": {"KeyId": key}}),
        // By its own policy, by its group's, and by none.
        by_user("DescribeKey", json!({"KeyId": key}), 200),
        by_user("ListAliases", json!({}), 200),
        by_user("GetKeyPolicy", json!({"KeyId": key}), 400),
        by_iam("GetUserPolicy", json!({"UserName": "Alice", "PolicyName": "own"})),
        by_iam("ListGroupsForUser", json!({"UserName": "Alice"})),
        by_iam("ListAttachedGroupPolicies", json!({"GroupName": "Readers"})),
        by_iam("GetPolicyVersion", json!({"PolicyArn": arn, "VersionId": "v1"})),
        by_iam("ListAccountAliases", json!({})),
        json!({"service": "cloudtrail", "operation": "DescribeTrails", "input": {}}),
    ]
}
