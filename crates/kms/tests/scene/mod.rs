//! A small world with something for every operation to be about, and one sample request or more of
//! each. The samples are inputs and nothing else: what to expect of them stands in the table.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use serde_json::{Value, json};
use strongroom_engine::Due;
use strongroom_engine::demands::{Access, Demands};
use strongroom_keys::admits;
use strongroom_kms::{OperationName, demands};
use strongroom_testkit::{Answer, Client, Kit, World, base64, contains, unbase64};
use strongroom_types::shape::{Kind, Visibility};
use strongroom_types::{KeyArn, KeyState, KeyUsage, Origin};

/// What is encrypted. It must show up nowhere but in the answer that returns it.
pub(crate) const MARKED: &[u8] = b"marked plaintext of the walk, 7c1f0b92";

/// Somebody whom grants name.
const GRANTEE: &str = "arn:aws:iam::111122223333:role/walker";
/// A user of the owner's account who has no part in anything.
pub(crate) const OTHER: &str = "arn:aws:iam::111122223333:user/other";

/// Where the replica is, in scenes that have one.
const ELSEWHERE: &str = "us-east-1";

/// The key that each sample of one operation is about, another one of its kind, and what either
/// made for the operation to take: a ciphertext, a signature, a MAC, a whole request.
pub(crate) struct Scene {
    pub(crate) key: KeyArn,
    pub(crate) other: KeyArn,
    pub(crate) of_key: Vec<u8>,
    pub(crate) of_other: Vec<u8>,
}

/// One request of an operation.
pub(crate) struct Sample {
    pub(crate) input: Value,
    /// Whether the key is named by nothing but a ciphertext.
    pub(crate) by_ciphertext: bool,
}

impl Scene {
    /// A scene for the operation, and the world it is in. Both accounts have an alias of each
    /// name, so that a stranger's request gets as far as the owner's.
    pub(crate) fn of(name: OperationName) -> (Self, World) {
        let kit = Kit::new();
        kit.create_principal(GRANTEE);
        kit.create_principal(OTHER);
        let (key, other) = (kit.create_key_of(&kind(name)), kit.create_key_of(&kind(name)));
        let tag = json!({"KeyId": key.to_string(), "Tags": [{"TagKey": "a", "TagValue": "b"}]});
        let _ = kit.call("TagResource", &tag).ok();
        let own = kit.block_on(kit.stranger().call("CreateKey", &json!({}))).ok();
        let own = own.json()["KeyMetadata"]["KeyId"].clone();
        for (alias, target) in [("alias/walk", key), ("alias/elsewhere", other)] {
            let input = json!({"AliasName": alias, "TargetKeyId": target.to_string()});
            let _ = kit.call("CreateAlias", &input).ok();
            let input = json!({"AliasName": alias, "TargetKeyId": own});
            let _ = kit.block_on(kit.stranger().call("CreateAlias", &input)).ok();
        }
        if demands(name).origins == [Origin::External] {
            kit.import(&key, MARKED);
            kit.import(&other, MARKED);
        }
        if matches!(demands(name).access, Access::Replication { .. }) {
            // The first key of a Region makes the Region's domain key, which stays whatever becomes
            // of the request.
            let mut owner = kit.owner();
            owner.region = "ap-south-1".parse().unwrap();
            let _ = kit.block_on(owner.call("CreateKey", &json!({}))).ok();
        }
        if matches!(demands(name).access, Access::Succession(_)) {
            let input = json!({"KeyId": key.to_string(), "ReplicaRegion": ELSEWHERE});
            let _ = kit.call("ReplicateKey", &input).ok();
            kit.world.clock.advance_days(1);
            assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
        }
        let (of_key, of_other) = (made_by(&kit, name, &key), made_by(&kit, name, &other));
        (Self { key, other, of_key, of_other }, kit.stop())
    }

    /// Requests of the operation, each about [`Scene::key`] if about any key.
    #[expect(clippy::too_many_lines, reason = "a line or two of each operation")]
    pub(crate) fn samples(&self, name: OperationName) -> Vec<Sample> {
        use OperationName as N;
        let (key, other) = (self.key.to_string(), self.other.to_string());
        let context = json!({"walk": "yes"});
        let of_key = base64(&self.of_key);
        let named = |input| vec![Sample { input, by_ciphertext: false }];
        match name {
            N::CancelKeyDeletion
            | N::DeleteImportedKeyMaterial
            | N::DescribeKey
            | N::DisableKey
            | N::EnableKey
            | N::EnableKeyRotation
            | N::DisableKeyRotation
            | N::GetKeyRotationStatus
            | N::ListKeyRotations
            | N::RotateKeyOnDemand
            | N::GetKeyPolicy
            | N::GetPublicKey
            | N::GetKeyLastUsage
            | N::ListKeyPolicies
            | N::ListResourceTags
            | N::ScheduleKeyDeletion => named(json!({"KeyId": key})),
            N::CreateAlias => named(json!({"AliasName": "alias/new", "TargetKeyId": key})),
            N::CreateKey => named(json!({"Description": "another"})),
            N::Decapsulate => named(json!({"KeyId": key, "EncapsulationAlgorithm": "ML_KEM",
                                           "SharedSecretCiphertextBlob": of_key})),
            N::DeriveSharedSecret => named(json!({"KeyId": key, "KeyAgreementAlgorithm": "ECDH",
                             "PublicKey": base64(&self.of_other)})),
            N::Encapsulate => named(json!({"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"})),
            N::GenerateDataKeyPair | N::GenerateDataKeyPairWithoutPlaintext => {
                named(json!({"KeyId": key, "KeyPairSpec": "ECC_NIST_P256",
                             "EncryptionContext": context}))
            }
            N::GenerateMac => named(json!({"KeyId": key, "Message": base64(MARKED),
                                           "MacAlgorithm": "HMAC_SHA_256"})),
            N::Sign => named(json!({"KeyId": key, "Message": base64(MARKED),
                                    "SigningAlgorithm": "ECDSA_SHA_256"})),
            N::Verify => named(json!({"KeyId": key, "Message": base64(MARKED),
                                      "Signature": of_key, "SigningAlgorithm": "ECDSA_SHA_256"})),
            N::VerifyMac => named(json!({"KeyId": key, "Message": base64(MARKED), "Mac": of_key,
                                         "MacAlgorithm": "HMAC_SHA_256"})),
            N::CreateGrant => named(json!({"KeyId": key, "GranteePrincipal": GRANTEE,
                                           "RetiringPrincipal": GRANTEE, "Name": "walk",
                                           "Operations": ["RetireGrant", "DescribeKey"]})),
            N::ListGrants => named(json!({"KeyId": key, "GranteePrincipal": GRANTEE})),
            N::ListRetirableGrants => named(json!({"RetiringPrincipal": GRANTEE})),
            N::RetireGrant | N::RevokeGrant => {
                let grant = String::from_utf8_lossy(&self.of_key).into_owned();
                named(json!({"KeyId": key, "GrantId": grant}))
            }
            N::DeleteAlias => named(json!({"AliasName": "alias/walk"})),
            N::Encrypt => named(json!({"KeyId": key, "Plaintext": base64(MARKED),
                                       "EncryptionContext": context})),
            N::GenerateDataKey | N::GenerateDataKeyWithoutPlaintext => {
                named(json!({"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context}))
            }
            N::GenerateRandom => named(json!({"NumberOfBytes": 32})),
            N::GetParametersForImport => named(json!({"KeyId": key,
                "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"})),
            N::ImportKeyMaterial => named(serde_json::from_slice(&self.of_key).unwrap()),
            N::CreateCustomKeyStore => vec![
                Sample { input: hsm_store("walk"), by_ciphertext: false },
                Sample { input: proxy_store("walk"), by_ciphertext: false },
            ],
            N::ConnectCustomKeyStore | N::DisconnectCustomKeyStore | N::DeleteCustomKeyStore => {
                named(json!({"CustomKeyStoreId": self.store()}))
            }
            N::DescribeCustomKeyStores => {
                vec![
                    Sample { input: json!({}), by_ciphertext: false },
                    Sample {
                        input: json!({"CustomKeyStoreId": self.store()}),
                        by_ciphertext: false,
                    },
                ]
            }
            N::UpdateCustomKeyStore => named(json!({"CustomKeyStoreId": self.store(),
                "NewCustomKeyStoreName": "another", "KeyStorePassword": PASSWORD})),
            N::ListAliases => named(json!({"KeyId": key})),
            N::ListKeys => named(json!({})),
            N::ReplicateKey => named(json!({"KeyId": key, "ReplicaRegion": "ap-south-1"})),
            N::UpdatePrimaryRegion => named(json!({"KeyId": key, "PrimaryRegion": ELSEWHERE})),
            N::PutKeyPolicy => named(json!({"KeyId": key, "Policy": policy(None),
                                            "BypassPolicyLockoutSafetyCheck": true})),
            N::TagResource => {
                named(json!({"KeyId": key, "Tags": [{"TagKey": "c", "TagValue": "d"}]}))
            }
            N::UntagResource => named(json!({"KeyId": key, "TagKeys": ["a"]})),
            N::UpdateAlias => named(json!({"AliasName": "alias/elsewhere", "TargetKeyId": key})),
            N::UpdateKeyDescription => named(json!({"KeyId": key, "Description": "new"})),
            N::Decrypt => vec![
                Sample {
                    input: json!({"CiphertextBlob": of_key, "EncryptionContext": context,
                                  "KeyId": key}),
                    by_ciphertext: false,
                },
                Sample {
                    input: json!({"CiphertextBlob": of_key, "EncryptionContext": context}),
                    by_ciphertext: true,
                },
            ],
            N::ReEncrypt => vec![
                Sample {
                    input: json!({"CiphertextBlob": of_key, "SourceEncryptionContext": context,
                                  "SourceKeyId": key, "DestinationKeyId": other}),
                    by_ciphertext: false,
                },
                Sample {
                    input: json!({"CiphertextBlob": of_key, "SourceEncryptionContext": context,
                                  "DestinationKeyId": other}),
                    by_ciphertext: true,
                },
                Sample {
                    input: json!({"CiphertextBlob": base64(&self.of_other),
                                  "SourceEncryptionContext": context,
                                  "SourceKeyId": other, "DestinationKeyId": key}),
                    by_ciphertext: false,
                },
            ],
        }
    }
}

impl Scene {
    /// The custom key store of the scene.
    fn store(&self) -> String {
        String::from_utf8_lossy(&self.of_key).into_owned()
    }
}

/// What opens the key stores of scenes.
pub(crate) const PASSWORD: &str = "marked password 7c1f0b92";
/// A proxy's secret.
const SECRET: &str = "markedsecret7c1f0b92ofaproxyxxxxxxxxxxxxxxxxxxx";

/// A custom key store in an HSM.
fn hsm_store(name: &str) -> Value {
    json!({"CustomKeyStoreName": name, "CloudHsmClusterId": "cluster-abcdefghijk",
           "TrustAnchorCertificate": "certificate", "KeyStorePassword": PASSWORD})
}

/// A custom key store behind a proxy.
fn proxy_store(name: &str) -> Value {
    json!({"CustomKeyStoreName": name, "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
           "XksProxyUriEndpoint": "https://xks.example.com", "XksProxyUriPath": "/kms/xks/v1",
           "XksProxyConnectivity": "PUBLIC_ENDPOINT",
           "XksProxyAuthenticationCredential":
               {"AccessKeyId": "ABCDEFGHIJKLMNOPQRST", "RawSecretAccessKey": SECRET}})
}

/// What CreateKey is asked for, so that the key suits the operation.
fn kind(name: OperationName) -> Value {
    use OperationName as N;
    if demands(name).origins == [Origin::External] {
        // Of a spec whose material can be what is marked.
        return json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC",
                      "Origin": "EXTERNAL"});
    }
    if matches!(demands(name).access, Access::Replication { .. } | Access::Succession(_)) {
        return json!({"MultiRegion": true});
    }
    match (name, demands(name).usage) {
        (_, Some(KeyUsage::SignVerify)) | (N::GetPublicKey, _) => {
            json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"})
        }
        (_, Some(KeyUsage::GenerateVerifyMac)) => {
            json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"})
        }
        (_, Some(KeyUsage::KeyAgreement)) => {
            json!({"KeySpec": "ECC_NIST_P384", "KeyUsage": "KEY_AGREEMENT"})
        }
        (_, Some(KeyUsage::EncapsulateDecapsulate)) => {
            json!({"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"})
        }
        _ => json!({}),
    }
}

/// What the operation takes that only a key makes; nothing if there is no such thing.
fn made_by(kit: &Kit, name: OperationName, key: &KeyArn) -> Vec<u8> {
    use OperationName as N;
    if name == N::ImportKeyMaterial {
        return kit.wrapped(key, MARKED).to_string().into_bytes();
    }
    if matches!(demands(name).access, Access::KeyStore(_)) || name == N::DescribeCustomKeyStores {
        return key_store(kit, name).into_bytes();
    }
    let (key, marked) = (key.to_string(), base64(MARKED));
    let (maker, input, member) = match name {
        N::Verify => (
            "Sign",
            json!({"KeyId": key, "Message": marked, "SigningAlgorithm": "ECDSA_SHA_256"}),
            "Signature",
        ),
        N::VerifyMac => (
            "GenerateMac",
            json!({"KeyId": key, "Message": marked, "MacAlgorithm": "HMAC_SHA_256"}),
            "Mac",
        ),
        N::Decapsulate => (
            "Encapsulate",
            json!({"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}),
            "SharedSecretCiphertextBlob",
        ),
        N::RetireGrant | N::RevokeGrant | N::ListGrants => {
            let input = json!({"KeyId": key, "GranteePrincipal": GRANTEE, "Name": "of-the-scene",
                               "RetiringPrincipal": GRANTEE, "Operations": ["Encrypt"]});
            let made = kit.call("CreateGrant", &input).ok().json();
            return made["GrantId"].as_str().unwrap().as_bytes().to_vec();
        }
        N::DeriveSharedSecret => ("GetPublicKey", json!({"KeyId": key}), "PublicKey"),
        N::Decrypt | N::ReEncrypt => (
            "Encrypt",
            json!({"KeyId": key, "Plaintext": marked, "EncryptionContext": {"walk": "yes"}}),
            "CiphertextBlob",
        ),
        _ => return Vec::new(),
    };
    kit.call(maker, &input).ok().bytes(member)
}

/// A custom key store in a state in which the operation is served. The scene has one, although its
/// things are made for two keys.
fn key_store(kit: &Kit, name: OperationName) -> String {
    let found = kit.call("DescribeCustomKeyStores", &json!({})).ok().json();
    if let Some(id) = found["CustomKeyStores"][0]["CustomKeyStoreId"].as_str() {
        return id.to_owned();
    }
    let made = kit.call("CreateCustomKeyStore", &hsm_store("of-the-scene")).ok().json();
    let id = made["CustomKeyStoreId"].as_str().unwrap().to_owned();
    if name == OperationName::DisconnectCustomKeyStore {
        let _ = kit.call("ConnectCustomKeyStore", &json!({"CustomKeyStoreId": id})).ok();
    }
    id
}

/// The world after the key has been deleted for good.
pub(crate) fn without_the_key(world: &World, scene: &Scene) -> World {
    let kit = world.snapshot().open().unwrap();
    let described = kit.call("DescribeKey", &json!({"KeyId": scene.key.to_string()})).ok().json();
    let replicas = &described["KeyMetadata"]["MultiRegionConfiguration"]["ReplicaKeys"];
    let replicas = replicas.as_array().cloned().unwrap_or_default();
    // A primary key outlives its replicas.
    for arn in replicas.iter().map(|replica| &replica["Arn"]).chain([&json!(scene.key.to_string())])
    {
        let mut owner = kit.owner();
        owner.region = arn.as_str().unwrap().split(':').nth(3).unwrap().parse().unwrap();
        // It may be on its way already.
        let _ = kit.block_on(owner.call("ScheduleKeyDeletion", &json!({ "KeyId": arn })));
        kit.world.clock.advance_days(30);
        assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
    }
    kit.stop()
}

/// A key policy by which the account may do everything but `denied`.
pub(crate) fn policy(denied: Option<&str>) -> String {
    let principal = json!({"AWS": "arn:aws:iam::111122223333:root"});
    let mut statements = vec![json!({"Sid": "All", "Effect": "Allow", "Principal": principal,
                                     "Action": "kms:*", "Resource": "*"})];
    if let Some(action) = denied {
        statements.push(json!({"Sid": "Not", "Effect": "Deny", "Principal": principal,
                               "Action": action, "Resource": "*"}));
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// A state in which the operation is served.
pub(crate) fn willing(demands: &Demands) -> KeyState {
    let states = [KeyState::Enabled, KeyState::PendingDeletion];
    let willing = states.into_iter().find(|state| admits(demands.states, *state).is_ok());
    willing.expect("some state admits it")
}

/// The actions that the operation takes permission for.
pub(crate) fn actions(demands: &Demands) -> Vec<&'static str> {
    match demands.access {
        Access::Key(action)
        | Access::AliasAndKeys(action)
        | Access::KeyStore(action)
        | Access::Account(action) => vec![action.as_str()],
        // The grant permits it, not the key policy; nothing is to be asked for there.
        Access::Grant(action) => vec![action.as_str()],
        // In the account the owner may do anything; the key policy is asked about the key.
        Access::Replication { key: action, .. } | Access::Succession(action) => {
            vec![action.as_str()]
        }
        Access::TwoKeys { source, destination } => vec![source.as_str(), destination.as_str()],
        Access::Anyone => Vec::new(),
        Access::Entity(_) | Access::Role { .. } | Access::Trail(_) => panic!("no row of KMS"),
    }
}

/// Calls, and checks what holds of every request whatever its end: one audit record that says what
/// happened, only declared errors, and no secret in anything kept.
#[track_caller]
pub(crate) fn ask(kit: &Kit, client: &Client, name: OperationName, input: &Value) -> Answer {
    let answer = kit.block_on(client.call(name.name(), input));
    check_record(kit, client, name, &answer);
    check_declared(name, &answer);
    check_secrets(kit, name, input, &answer);
    answer
}

#[track_caller]
fn check_record(kit: &Kit, client: &Client, name: OperationName, answer: &Answer) {
    let records = kit.records_of(answer);
    let [record] = records.as_slice() else {
        panic!("{} records of one {}: {}", records.len(), name.name(), answer.text());
    };
    assert_eq!((record.service.as_str(), record.operation.as_str()), ("kms", name.name()));
    assert_eq!(record.account, client.account);
    assert_eq!(record.read_only, demands(name).effect.is_read_only());
    let identity = record.identity.as_ref().expect("somebody asked");
    assert_eq!(identity.access_key, client.access_key);
    assert_eq!(identity.arn, format!("arn:aws:iam::{}:root", client.account));
    let code = (!answer.is_ok()).then(|| answer.code());
    assert_eq!(record.error_code, code);
    assert_eq!(record.error_message.clone().unwrap_or_default(), answer.message());
}

/// Errors that any operation may answer; they are not in its row.
/// Source: AWS KMS API Reference, "Common Errors".
const GENERAL: [&str; 4] = [
    "AccessDeniedException",
    "ValidationException",
    "SerializationException",
    "KMSInternalException",
];

#[track_caller]
fn check_declared(name: OperationName, answer: &Answer) {
    let code = answer.code();
    let declared = demands(name).errors.iter().any(|declared| declared.name() == code);
    let known = answer.is_ok() || declared || GENERAL.contains(&code.as_str());
    assert!(known, "{} does not declare {}", name.name(), answer.text());
}

#[track_caller]
fn check_secrets(kit: &Kit, name: OperationName, input: &Value, answer: &Answer) {
    let kept = [kit.trail_bytes(), kit.world.bytes_at_rest()].concat();
    let told = kit.world.incidents.all().join("\n").into_bytes();
    // A refusal's own text has the name of a member, too.
    let answered = if answer.is_ok() { answer.json() } else { Value::Null };
    let mut secrets = vec![MARKED.to_vec(), PASSWORD.as_bytes().to_vec(), SECRET.into()];
    for value in [input, &answered] {
        let member = |name: &str| value.get(name).and_then(Value::as_str).map(unbase64);
        // What the model withholds, and answers that are secrets.
        let withheld = demands(name).fields.iter();
        let withheld = withheld.filter(|field| {
            let blob = matches!(field.shape.kind, Kind::Blob { .. });
            blob && field.shape.visibility == Visibility::Withheld
        });
        secrets.extend(withheld.filter_map(|field| member(field.name)));
        for name in ["Plaintext", "CiphertextBlob", "PrivateKeyPlaintext", "SharedSecret"] {
            secrets.extend(member(name));
        }
    }
    for secret in secrets {
        for form in [base64(&secret).into_bytes(), secret] {
            assert!(!contains(&kept, &form), "a secret is kept: {}", answer.text());
            assert!(!contains(&told, &form), "a secret is told: {}", answer.text());
        }
    }
}
