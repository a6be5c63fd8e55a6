//! Our records beside AWS's documented samples: real requests, whose events must have the members
//! and the values that the samples have, but for identifiers, times and addresses, of which the
//! samples say only what they look like. `docs/trail-records.md` lists the differences.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use strongroom_engine::Due;
use strongroom_engine::audit::AuditRecord;
use strongroom_testkit::{Answer, Client, Kit, base64};
use strongroom_trail::event::{self, events};

const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const CONTEXT: &str = r#"{"Department":"Engineering","Project":"Alpha"}"#;

/// A server, Alice, and the samples that were compared.
struct Scene {
    kit: Kit,
    alice: Client,
    seen: BTreeSet<String>,
}

impl Scene {
    fn new() -> Self {
        let kit = Kit::new();
        let alice = kit.user_of(&kit.owner(), "Alice", ALL);
        Self { kit, alice, seen: BTreeSet::new() }
    }

    #[track_caller]
    fn asks(&self, operation: &str, input: &Value) -> Answer {
        self.kit.block_on(self.alice.call(operation, input))
    }

    #[track_caller]
    fn key(&self, input: &Value) -> Value {
        self.asks("CreateKey", input).ok().json()["KeyMetadata"].clone()
    }

    /// The event of the request that was answered must be as the sample.
    #[track_caller]
    fn is_as(&mut self, sample: &str, answer: &Answer) {
        let records = self.kit.records_of(answer);
        assert_eq!(records.len(), 1);
        self.compare(&[sample], &records[0]);
    }

    /// Alice calls, is served, and the event is as the sample.
    #[track_caller]
    fn does(&mut self, sample: &str, operation: &str, input: &Value) -> Answer {
        let answer = self.asks(operation, input).ok();
        self.is_as(sample, &answer);
        answer
    }

    /// The event of what the service did by itself.
    #[track_caller]
    fn service_did(&mut self, sample: &str, event: &str) {
        let _ = self.kit.block_on(self.kit.engine().run_due_tasks(Due::Everything)).unwrap();
        let mut records = self.kit.world.trail();
        records.retain(|record| record.identity.is_none() && record.operation == event);
        self.compare(&[sample], records.last().expect("the service did it"));
    }

    #[track_caller]
    fn compare(&mut self, samples: &[&str], record: &AuditRecord) {
        let told = events(record, "aws");
        assert_eq!(told.len(), samples.len(), "{}", record.operation);
        for (sample, event) in samples.iter().zip(&told) {
            let path = format!("{}/tests/samples/{sample}.json", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).expect("the sample is there");
            let expected: Value = serde_json::from_str(&text).expect("it is JSON");
            let full: Value = serde_json::from_str(&event.json).expect("an event is JSON");
            let found = event::attributes(&full);
            let found: BTreeSet<_> = found.iter().collect();
            assert_eq!(found, event.attributes.iter().collect(), "{sample}");
            let mut actual = full.clone();
            without_ours(&mut actual);
            let mut different = Vec::new();
            differences(&expected, &actual, "", &mut different);
            assert!(different.is_empty(), "{sample}: {different:#?}\n{full:#}");
            self.seen.insert((*sample).to_owned());
        }
    }
}

/// Takes away what CloudTrail does not have.
fn without_ours(event: &mut Value) {
    let is_of_iam = event["eventSource"] == "iam.amazonaws.com";
    let members = event.as_object_mut().unwrap();
    if is_of_iam {
        members.remove("resources");
    }
    if let Some(additional) = members.get_mut("additionalEventData") {
        let additional = additional.as_object_mut().unwrap();
        additional.remove("decidedBy");
        if additional.is_empty() {
            members.remove("additionalEventData");
        }
    }
}

fn differences(expected: &Value, actual: &Value, path: &str, into: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(found)) => {
            let names: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
            for name in names {
                let path = format!("{path}/{name}");
                match (wanted.get(name), found.get(name)) {
                    (Some(wanted), Some(found)) => differences(wanted, found, &path, into),
                    (Some(_), None) => into.push(format!("{path} is missing")),
                    (None, _) => into.push(format!("{path} is too much")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (at, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                differences(wanted, found, &format!("{path}/{at}"), into);
            }
        }
        (Value::String(pattern), found) if pattern.starts_with('$') => {
            if !looks_like(pattern, found) {
                into.push(format!("{path}: {found} is no {pattern}"));
            }
        }
        (wanted, found) if wanted == found => {}
        (wanted, found) => into.push(format!("{path}: {found}, not {wanted}")),
    }
}

fn looks_like(pattern: &str, found: &Value) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let uuid = |text: &str| text.len() == 36 && hex(&text.replace('-', "").replace("mrk", ""));
    if pattern == "$aliasAndKey" {
        let arns: BTreeSet<&str> =
            found.as_array().unwrap().iter().map(|one| one["ARN"].as_str().unwrap()).collect();
        let alias = "arn:aws:kms:eu-west-2:111122223333:alias/ExampleAlias";
        return arns.contains(alias) && arns.iter().any(|arn| arn.contains(":key/"));
    }
    let Some(text) = found.as_str() else { return false };
    match pattern {
        "$any" => !text.is_empty(),
        "$uuid" | "$keyId" => uuid(text),
        "$hex64" => text.len() == 64 && hex(text),
        "$key" => text.strip_prefix("arn:aws:kms:eu-west-2:111122223333:key/").is_some_and(uuid),
        "$time" => text.len() == 20 && text.ends_with('Z') && text.contains('T'),
        "$date" => {
            let (day, rest) = text.split_once(", ").unwrap_or_default();
            day.len() >= 5 && rest.len() >= 16 && (rest.ends_with("AM") || rest.ends_with("PM"))
        }
        _ => panic!("no such pattern: {pattern}"),
    }
}

fn context() -> Value {
    serde_json::from_str(CONTEXT).unwrap()
}

#[test]
fn records_are_as_awss_samples() {
    let mut scene = Scene::new();
    cryptography(&mut scene);
    keys(&mut scene);
    aliases(&mut scene);
    grants(&mut scene);
    key_stores(&mut scene);
    imports(&mut scene);
    by_itself(&mut scene);
    identities(&mut scene);
    let folder = format!("{}/tests/samples", env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = files.map(|name| name.to_string_lossy().trim_end_matches(".json").to_owned());
    assert_eq!(scene.seen, names.collect(), "every sample was compared");
}

fn cryptography(scene: &mut Scene) {
    let key = scene.key(&json!({}));
    let other = scene.key(&json!({}));
    let mut input = json!({"KeyId": key["Arn"], "Plaintext": base64(b"secret"),
                           "EncryptionContext": {"Department": "Engineering"}});
    let _ = scene.does("encrypt", "Encrypt", &input);
    input["EncryptionContext"] = context();
    let blob = scene.asks("Encrypt", &input).ok().string("CiphertextBlob");
    let decrypt = json!({"CiphertextBlob": blob, "EncryptionContext": context()});
    let _ = scene.does("decrypt", "Decrypt", &decrypt);
    let mut wrong = decrypt.clone();
    wrong["KeyId"] = other["Arn"].clone();
    let answer = scene.asks("Decrypt", &wrong);
    scene.is_as("decrypt-incorrect-key", &answer);
    let input = json!({"CiphertextBlob": blob, "SourceEncryptionContext": context(),
        "DestinationKeyId": other["KeyId"], "DestinationEncryptionContext": {"Level": "3A"}});
    let _ = scene.does("re-encrypt", "ReEncrypt", &input);
    let input =
        json!({"KeyId": key["KeyId"], "KeySpec": "AES_256", "EncryptionContext": context()});
    let _ = scene.does("generate-data-key", "GenerateDataKey", &input);
}

fn keys(scene: &mut Scene) {
    let created = scene.does("create-key", "CreateKey", &json!({"Origin": "EXTERNAL"}));
    drop(created);
    let key = scene.key(&json!({}));
    let (id, arn) = (key["KeyId"].clone(), key["Arn"].clone());
    let named = json!({"KeyId": id});
    let _ = scene.does("disable-key", "DisableKey", &named);
    let _ = scene.does("enable-key", "EnableKey", &named);
    let rotation = json!({"KeyId": id, "RotationPeriodInDays": 180});
    let _ = scene.does("enable-key-rotation", "EnableKeyRotation", &rotation);
    let description = json!({"KeyId": id, "Description": "New key description"});
    let _ = scene.does("update-key-description", "UpdateKeyDescription", &description);
    let policy = scene.asks("GetKeyPolicy", &named).ok().string("Policy");
    let input = json!({"KeyId": id, "PolicyName": "default", "Policy": policy});
    let _ = scene.does("put-key-policy", "PutKeyPolicy", &input);
    let input = json!({"KeyId": id, "PolicyName": "default"});
    let _ = scene.does("get-key-policy", "GetKeyPolicy", &input);
    let tags = json!({"KeyId": arn, "Tags": [{"TagKey": "Department", "TagValue": "IT"}]});
    let _ = scene.does("tag-resource", "TagResource", &tags);
    let tags = json!({"KeyId": arn, "TagKeys": ["Department"]});
    let _ = scene.does("untag-resource", "UntagResource", &tags);
    let deletion = json!({"KeyId": id, "PendingWindowInDays": 20});
    let _ = scene.does("schedule-key-deletion", "ScheduleKeyDeletion", &deletion);
    let _ = scene.does("cancel-key-deletion", "CancelKeyDeletion", &named);
}

fn aliases(scene: &mut Scene) {
    let (key, other) = (scene.key(&json!({})), scene.key(&json!({})));
    let alias = json!({"AliasName": "alias/ExampleAlias", "TargetKeyId": key["KeyId"]});
    let _ = scene.does("create-alias", "CreateAlias", &alias);
    let _ = scene.does("describe-key", "DescribeKey", &json!({"KeyId": "alias/ExampleAlias"}));
    let alias = json!({"AliasName": "alias/ExampleAlias", "TargetKeyId": other["KeyId"]});
    let _ = scene.does("update-alias", "UpdateAlias", &alias);
    let _ = scene.does("list-aliases", "ListAliases", &json!({"Limit": 5}));
    let _ = scene.does("delete-alias", "DeleteAlias", &json!({"AliasName": "alias/ExampleAlias"}));
}

fn grants(scene: &mut Scene) {
    let key = scene.key(&json!({}));
    let terms = json!({"KeyId": key["Arn"], "Operations": ["Encrypt", "RetireGrant"],
        "Constraints": {"EncryptionContextSubset": {"ContextKey1": "Value1"}},
        "GranteePrincipal": "arn:aws:iam::111122223333:user/Alice"});
    let grant = scene.does("create-grant", "CreateGrant", &terms);
    let token = json!({"GrantToken": grant.string("GrantToken")});
    let _ = scene.does("retire-grant", "RetireGrant", &token);
    let id = scene.asks("CreateGrant", &terms).ok().string("GrantId");
    let named = json!({"KeyId": key["KeyId"], "GrantId": id});
    let _ = scene.does("revoke-grant", "RevokeGrant", &named);
}

fn key_stores(scene: &mut Scene) {
    let hsm = json!({"CustomKeyStoreName": "ExampleKeyStore",
        "CloudHsmClusterId": "cluster-abcdefghijk", "KeyStorePassword": "kmsPswd1",
        "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----"});
    let store = scene.does("create-custom-key-store", "CreateCustomKeyStore", &hsm);
    let named = json!({"CustomKeyStoreId": store.string("CustomKeyStoreId")});
    let _ = scene.does("connect-custom-key-store", "ConnectCustomKeyStore", &named);
    let proxy = json!({"CustomKeyStoreName": "outside", "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        "XksProxyUriEndpoint": "https://xks.example.com", "XksProxyUriPath": "/kms/xks/v1",
        "XksProxyConnectivity": "PUBLIC_ENDPOINT",
        "XksProxyAuthenticationCredential": {"AccessKeyId": "ABCDEFGHIJKLMNEXAMPLE",
            "RawSecretAccessKey": "DXjSUawnel2fr6SKC7G25CNxTyWKE5PF9XX6H/u9pSo="}});
    let store = scene.asks("CreateCustomKeyStore", &proxy).ok().string("CustomKeyStoreId");
    let _ = scene.asks("ConnectCustomKeyStore", &json!({"CustomKeyStoreId": store})).ok();
    scene.kit.world.key_stores.add("abc01234567890fe");
    let key = scene.key(&json!({"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": store,
                                "XksKeyId": "abc01234567890fe"}));
    let pairs = json!({"Department": "Engineering", "Purpose": "Test"});
    let input = json!({"KeyId": key["Arn"], "Plaintext": base64(b"x"), "EncryptionContext": pairs});
    let blob = scene.asks("Encrypt", &input).ok().string("CiphertextBlob");
    let input = json!({"CiphertextBlob": blob, "EncryptionContext": pairs});
    let _ = scene.does("decrypt-external-key-store", "Decrypt", &input);
}

fn imports(scene: &mut Scene) {
    let key = scene.key(&json!({"Origin": "EXTERNAL"}));
    let arn = key["KeyId"].as_str().unwrap().parse().unwrap();
    let arn = strongroom_types::KeyArn {
        region: strongroom_testkit::region(),
        account: strongroom_types::AccountId::INITIAL,
        key: arn,
    };
    let mut input = scene.kit.wrapped(&arn, &[7; 32]);
    let soon = scene.kit.engine().now().seconds() + 86_400;
    input["ValidTo"] = json!(soon);
    input["ExpirationModel"] = json!("KEY_MATERIAL_EXPIRES");
    let _ = scene.does("import-key-material", "ImportKeyMaterial", &input);
    scene.kit.world.clock.advance_days(2);
    scene.service_did("delete-expired-key-material", "DeleteExpiredKeyMaterial");
}

fn by_itself(scene: &mut Scene) {
    let key = scene.key(&json!({}));
    let rotation = json!({"KeyId": key["KeyId"], "RotationPeriodInDays": 90});
    let _ = scene.asks("EnableKeyRotation", &rotation).ok();
    scene.kit.world.clock.advance_days(90);
    scene.service_did("rotate-key", "RotateKey");
    let deletion = json!({"KeyId": key["KeyId"], "PendingWindowInDays": 7});
    let _ = scene.asks("ScheduleKeyDeletion", &deletion).ok();
    scene.kit.world.clock.advance_days(7);
    scene.service_did("delete-key", "DeleteKey");
}

fn identities(scene: &mut Scene) {
    let kit = &scene.kit;
    let made = kit.block_on(scene.alice.iam("CreateUser", &[("UserName", "Bob")])).ok();
    let own = [("UserName", "Alice"), ("PolicyName", "own")];
    let read = kit.block_on(scene.alice.iam("GetUserPolicy", &own)).ok();
    kit.create_principal("arn:aws:iam::111122223333:role/Worker");
    let policy = [("RoleName", "Worker"), ("PolicyName", "own"), ("PolicyDocument", ALL)];
    let _ = kit.block_on(kit.owner().iam("PutRolePolicy", &policy)).ok();
    let worker = kit.session_of(&scene.alice, "Worker");
    let trust = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#;
    let role = [("RoleName", "EC2-dev"), ("AssumeRolePolicyDocument", trust)];
    let _ = kit.block_on(kit.stranger().iam("CreateRole", &role)).ok();
    let parameters = [
        ("RoleArn", "arn:aws:iam::444455556666:role/EC2-dev"),
        ("RoleSessionName", "JohnDoe-EC2-dev"),
        ("DurationSeconds", "3600"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let assumed = kit.block_on(scene.alice.query("sts", "AssumeRole", &parameters)).ok();
    let guest = [("Name".to_owned(), "guest".to_owned())];
    let made_for = kit.block_on(scene.alice.query("sts", "GetFederationToken", &guest)).ok();
    let mut guest = scene.alice.clone();
    guest.access_key = made_for.element("AccessKeyId");
    guest.secret = made_for.element("SecretAccessKey");
    guest.token = Some(made_for.element("SessionToken"));
    let random = json!({"NumberOfBytes": 32});
    let by_guest = kit.block_on(guest.call("GenerateRandom", &random));
    let by_root = kit.call("GenerateRandom", &random).ok();
    let key = scene.key(&json!({}));
    let input = json!({"KeyId": key["Arn"], "Plaintext": base64(b"secret")});
    let by_worker = scene.kit.block_on(worker.call("Encrypt", &input)).ok();
    let both = scene.kit.records_of(&assumed);
    scene.compare(&["sts-assume-role-caller", "sts-assume-role-owner"], &both[0]);
    scene.is_as("iam-create-user", &made);
    scene.is_as("iam-get-user-policy", &read);
    scene.is_as("generate-random-by-a-federated-user", &by_guest);
    scene.is_as("generate-random-by-root", &by_root);
    scene.is_as("encrypt-by-a-role-session", &by_worker);
}
