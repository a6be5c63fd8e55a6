//! Custom key stores and the keys in them, on stores in memory: what connecting, failing, deleting
//! and losing races does to them.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_engine::Due;
use strongroom_engine::ports::key_store::KeyStoreError;
use strongroom_testkit::{Answer, Kit, base64, contains, unbase64};

const SECRET: &str = "secretaccesskeyofaproxyxxxxxxxxxxxxxxxxxxxxxxxxxx";
const PASSWORD: &str = "password of the hsm";
const PLAINTEXT: &[u8] = b"a plaintext that no key store sees";

fn hsm(name: &str, cluster: &str) -> Value {
    json!({"CustomKeyStoreName": name, "CloudHsmClusterId": cluster,
           "TrustAnchorCertificate": "certificate", "KeyStorePassword": PASSWORD})
}

fn proxy(name: &str, host: &str, path: &str) -> Value {
    json!({"CustomKeyStoreName": name, "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
           "XksProxyUriEndpoint": format!("https://{host}"), "XksProxyUriPath": path,
           "XksProxyConnectivity": "PUBLIC_ENDPOINT",
           "XksProxyAuthenticationCredential":
               {"AccessKeyId": "ABCDEFGHIJKLMNOPQRST", "RawSecretAccessKey": SECRET}})
}

fn behind_a_service(name: &str, host: &str, service: &str) -> Value {
    let mut input = proxy(name, host, "/kms/xks/v1");
    input["XksProxyConnectivity"] = json!("VPC_ENDPOINT_SERVICE");
    let service = format!("com.amazonaws.vpce.eu-west-2.vpce-svc-{service}");
    input["XksProxyVpcEndpointServiceName"] = json!(service);
    input
}

fn created(kit: &Kit, input: &Value) -> Value {
    let made = kit.call("CreateCustomKeyStore", input).ok();
    json!({"CustomKeyStoreId": made.string("CustomKeyStoreId")})
}

fn connected(kit: &Kit, input: &Value) -> Value {
    let store = created(kit, input);
    let _ = kit.call("ConnectCustomKeyStore", &store).ok();
    store
}

fn hsm_key(kit: &Kit, store: &Value) -> Value {
    json!({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store["CustomKeyStoreId"]})
        .pipe(|input| json!({"KeyId": kit.create_key_of(&input).to_string()}))
}

fn external_key(kit: &Kit, store: &Value, external: &str) -> Answer {
    kit.call(
        "CreateKey",
        &json!({"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": external,
                "CustomKeyStoreId": store["CustomKeyStoreId"]}),
    )
}

/// So that a value can be made into another one where it stands.
trait Pipe: Sized {
    fn pipe<T>(self, into: impl FnOnce(Self) -> T) -> T {
        into(self)
    }
}

impl Pipe for Value {}

fn id_of(answer: &Answer) -> Value {
    json!({"KeyId": answer.json()["KeyMetadata"]["KeyId"]})
}

fn entry(kit: &Kit, store: &Value) -> Value {
    kit.call("DescribeCustomKeyStores", store).ok().json()["CustomKeyStores"][0].clone()
}

fn state(kit: &Kit, key: &Value) -> String {
    let described = kit.call("DescribeKey", key).ok().json();
    described["KeyMetadata"]["KeyState"].as_str().unwrap().to_owned()
}

fn encrypt(kit: &Kit, key: &Value) -> Answer {
    let mut input = key.clone();
    input["Plaintext"] = json!(base64(PLAINTEXT));
    input["EncryptionContext"] = json!({"a": "b"});
    kit.call("Encrypt", &input)
}

fn decrypt(kit: &Kit, blob: &[u8], context: &Value) -> Answer {
    kit.call("Decrypt", &json!({"CiphertextBlob": base64(blob), "EncryptionContext": context}))
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.code(), code, "{}", answer.text());
}

#[test]
fn what_a_key_store_encrypts_was_encrypted_before() {
    let kit = Kit::new();
    let store = connected(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    kit.world.key_stores.add("foo");
    let key = id_of(&external_key(&kit, &store, "foo").ok());
    let described = kit.call("DescribeKey", &key).ok().json()["KeyMetadata"].clone();
    assert_eq!(described["XksKeyConfiguration"], json!({"Id": "foo"}));
    assert_eq!(described["CustomKeyStoreId"], store["CustomKeyStoreId"]);
    assert_eq!(described["Origin"], "EXTERNAL_KEY_STORE");
    assert!(described.get("CurrentKeyMaterialId").is_none());

    let blob = encrypt(&kit, &key).ok().bytes("CiphertextBlob");
    let kit = kit.restart();
    let opened = decrypt(&kit, &blob, &json!({"a": "b"})).ok();
    assert_eq!(opened.bytes("Plaintext"), PLAINTEXT);
    assert_eq!(opened.json()["KeyId"], described["Arn"]);
    // The key outside is bound to the context, too.
    refused(&decrypt(&kit, &blob, &json!({"a": "c"})), "KMSInvalidStateException");
    // Every byte counts, wherever it is.
    for at in [0, 1, 2, 8, 20, 40, 60, 78, 79, 100, blob.len() - 1] {
        let mut other = blob.clone();
        other[at] ^= 1;
        let answer = decrypt(&kit, &other, &json!({"a": "b"}));
        assert!(!answer.is_ok(), "{at}");
    }
    // A header that says it was encrypted once does not open what was encrypted twice.
    let calls = kit.world.key_stores.calls();
    assert!(calls.contains(&("encrypt", "Encrypt".to_owned())), "{calls:?}");
    for secret in [SECRET.as_bytes(), PLAINTEXT] {
        assert!(!contains(&kit.world.bytes_at_rest(), secret));
        assert!(!contains(&kit.trail_bytes(), secret));
    }
}

#[test]
fn keys_are_unavailable_while_their_store_is_not_connected() {
    let kit = Kit::new();
    let store = connected(&kit, &hsm("one", "cluster-abcdefghijk"));
    let (key, disabled, going) =
        (hsm_key(&kit, &store), hsm_key(&kit, &store), hsm_key(&kit, &store));
    let _ = kit.call("DisableKey", &disabled).ok();
    let _ = kit.call("ScheduleKeyDeletion", &going).ok();
    let blob = encrypt(&kit, &key).ok().bytes("CiphertextBlob");

    let _ = kit.call("DisconnectCustomKeyStore", &store).ok();
    let kit = kit.restart();
    assert_eq!(state(&kit, &key), "Unavailable");
    assert_eq!(state(&kit, &disabled), "Unavailable");
    assert_eq!(state(&kit, &going), "PendingDeletion");
    let answer = encrypt(&kit, &key);
    refused(&answer, "KMSInvalidStateException");
    assert!(answer.message().ends_with("is unavailable."), "{}", answer.message());
    refused(&decrypt(&kit, &blob, &json!({"a": "b"})), "KMSInvalidStateException");
    let calls = kit.world.key_stores.calls().len();
    refused(&encrypt(&kit, &disabled), "KMSInvalidStateException");
    assert_eq!(kit.world.key_stores.calls().len(), calls, "nobody was asked");

    let _ = kit.call("ConnectCustomKeyStore", &store).ok();
    assert_eq!((state(&kit, &key), state(&kit, &disabled)), ("Enabled".into(), "Disabled".into()));
    assert_eq!(decrypt(&kit, &blob, &json!({"a": "b"})).ok().bytes("Plaintext"), PLAINTEXT);
}

#[test]
fn connecting_tells_why_not_and_must_be_begun_anew() {
    let kit = Kit::new();
    let store = created(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    for (error, code) in [
        (KeyStoreError::ProxyCredentials, "INVALID_CREDENTIALS"),
        (KeyStoreError::Unreachable("x".into()), "XKS_PROXY_NOT_REACHABLE"),
        (KeyStoreError::Unhealthy, "XKS_PROXY_NOT_REACHABLE"),
        (KeyStoreError::TimedOut, "XKS_PROXY_TIMED_OUT"),
        (KeyStoreError::Tls("x".into()), "XKS_PROXY_INVALID_TLS_CONFIGURATION"),
        (KeyStoreError::AccessDenied, "XKS_PROXY_ACCESS_DENIED"),
        (KeyStoreError::InvalidResponse("x".into()), "XKS_PROXY_INVALID_RESPONSE"),
        (KeyStoreError::ProxyConfiguration("x".into()), "XKS_PROXY_INVALID_CONFIGURATION"),
        (KeyStoreError::Failed("x".into()), "INTERNAL_ERROR"),
    ] {
        kit.world.key_stores.fail(Some(error));
        let _ = kit.call("ConnectCustomKeyStore", &store).ok();
        let found = entry(&kit, &store);
        assert_eq!(found["ConnectionState"], "FAILED");
        assert_eq!(found["ConnectionErrorCode"], code);
        for operation in ["ConnectCustomKeyStore", "DeleteCustomKeyStore"] {
            refused(&kit.call(operation, &store), "CustomKeyStoreInvalidStateException");
        }
        let _ = kit.call("DisconnectCustomKeyStore", &store).ok();
        assert!(entry(&kit, &store).get("ConnectionErrorCode").is_none());
    }
    refused(&kit.call("DisconnectCustomKeyStore", &store), "CustomKeyStoreInvalidStateException");
    let hsm = {
        kit.world.key_stores.fail(None);
        created(&kit, &hsm("hsm", "cluster-abcdefghijk"))
    };
    for (error, code) in [
        (KeyStoreError::ClusterNotActive, "CloudHsmClusterNotActiveException"),
        (
            KeyStoreError::ClusterConfiguration("x".into()),
            "CloudHsmClusterInvalidConfigurationException",
        ),
    ] {
        kit.world.key_stores.fail(Some(error));
        refused(&kit.call("ConnectCustomKeyStore", &hsm), code);
        assert_eq!(entry(&kit, &hsm)["ConnectionState"], "DISCONNECTED");
    }
    for (error, code) in [
        (KeyStoreError::HsmCredentials, "INVALID_CREDENTIALS"),
        (KeyStoreError::HsmUserLocked, "USER_LOCKED_OUT"),
        (KeyStoreError::ClusterNotFound, "CLUSTER_NOT_FOUND"),
        (KeyStoreError::TimedOut, "NETWORK_ERRORS"),
    ] {
        kit.world.key_stores.fail(Some(error));
        let _ = kit.call("ConnectCustomKeyStore", &hsm).ok();
        assert_eq!(entry(&kit, &hsm)["ConnectionErrorCode"], code);
        let _ = kit.call("DisconnectCustomKeyStore", &hsm).ok();
    }
}

#[test]
fn what_one_store_has_no_other_has() {
    let kit = Kit::new();
    let first = created(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    let create = |input: &Value| kit.call("CreateCustomKeyStore", input);
    let path = "/a/kms/xks/v1";
    refused(&create(&proxy("one", "b.example.com", path)), "CustomKeyStoreNameInUseException");
    refused(&create(&proxy("two", "XKS.example.com", "/kms/xks/v1")), "XksProxyUriInUseException");
    let mut on_service = behind_a_service("two", "xks.example.com", "0a");
    on_service["XksProxyUriPath"] = json!(path);
    refused(&create(&on_service), "XksProxyUriEndpointInUseException");
    let second = created(&kit, &proxy("two", "xks.example.com", path));
    let _ = created(&kit, &behind_a_service("three", "b.example.com", "0b"));
    refused(
        &create(&behind_a_service("four", "c.example.com", "0b")),
        "XksProxyVpcEndpointServiceInUseException",
    );
    let _ = created(&kit, &hsm("hsm", "cluster-abcdefghijk"));
    let again = create(&hsm("hsm2", "cluster-abcdefghijk"));
    refused(&again, "CloudHsmClusterInUseException");

    let update = |more: Value| {
        let mut input = second.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        kit.call("UpdateCustomKeyStore", &input)
    };
    let taken = update(json!({"NewCustomKeyStoreName": "one"}));
    refused(&taken, "CustomKeyStoreNameInUseException");
    let taken = update(json!({"XksProxyUriPath": "/kms/xks/v1"}));
    refused(&taken, "XksProxyUriInUseException");
    // What is gone leaves room.
    let _ = kit.call("DeleteCustomKeyStore", &first).ok();
    let _ = update(json!({"NewCustomKeyStoreName": "one", "XksProxyUriPath": "/kms/xks/v1"})).ok();
    for letter in "abcdefg".chars() {
        let cluster = format!("cluster-{}", letter.to_string().repeat(12));
        let _ = created(&kit, &hsm(&letter.to_string(), &cluster));
    }
    refused(&create(&hsm("more", "cluster-zzzzzzzzzzz")), "LimitExceededException");
    // Another Region, another account's Region: room enough.
    let mut owner = kit.owner();
    owner.region = "us-east-1".parse().unwrap();
    let elsewhere =
        kit.block_on(owner.call("CreateCustomKeyStore", &hsm("hsm", "cluster-abcdefghijk")));
    assert!(elsewhere.is_ok(), "{}", elsewhere.text());
}

#[test]
fn a_store_with_keys_stays_until_they_are_gone_and_their_keys_outside_go_with_them() {
    let kit = Kit::new();
    let store = connected(&kit, &hsm("one", "cluster-abcdefghijk"));
    let key = hsm_key(&kit, &store);
    let id = key["KeyId"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!(kit.world.key_stores.names(), [id]);
    let _ = kit.call("DisconnectCustomKeyStore", &store).ok();
    refused(&kit.call("DeleteCustomKeyStore", &store), "CustomKeyStoreHasCMKsException");
    let _ = kit.call("ScheduleKeyDeletion", &key).ok();
    refused(&kit.call("DeleteCustomKeyStore", &store), "CustomKeyStoreHasCMKsException");
    assert_eq!(kit.world.key_stores.names().len(), 1, "it may be called back");
    let _ = kit.call("ConnectCustomKeyStore", &store).ok();
    kit.world.clock.advance_days(31);
    assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
    assert!(kit.world.key_stores.names().is_empty());
    // Of a store that is not connected it is left, and the operator is told.
    let key = hsm_key(&kit, &store);
    let _ = kit.call("ScheduleKeyDeletion", &key).ok();
    let _ = kit.call("DisconnectCustomKeyStore", &store).ok();
    kit.world.clock.advance_days(31);
    assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
    assert_eq!(kit.world.key_stores.names().len(), 1);
    assert!(kit.world.incidents.all().iter().any(|line| line.contains("was left in its HSM")));
    let _ = kit.call("DeleteCustomKeyStore", &store).ok();
    refused(&kit.call("ConnectCustomKeyStore", &store), "CustomKeyStoreNotFoundException");
}

#[test]
fn an_external_key_is_one_keys_until_that_is_deleted() {
    let kit = Kit::new();
    let store = connected(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    refused(&external_key(&kit, &store, "foo"), "XksKeyNotFoundException");
    kit.world.key_stores.add("foo");
    let key = id_of(&external_key(&kit, &store, "foo").ok());
    refused(&external_key(&kit, &store, "foo"), "XksKeyAlreadyInUseException");
    let _ = kit.call("ScheduleKeyDeletion", &key).ok();
    kit.world.clock.advance_days(31);
    assert_eq!(kit.block_on(kit.engine().run_due_tasks(Due::Everything)), Ok(1));
    assert_eq!(kit.world.key_stores.names(), ["foo"], "it is the administrator's");
    let _ = external_key(&kit, &store, "foo").ok();
}

#[test]
fn what_fails_outside_is_told_in_the_words_of_aws_and_to_the_operator_in_its_own() {
    let kit = Kit::new();
    let store = connected(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    kit.world.key_stores.add("foo");
    let key = id_of(&external_key(&kit, &store, "foo").ok());
    let cause = KeyStoreError::Unreachable("connection refused by 10.1.2.3".to_owned());
    kit.world.key_stores.fail(Some(cause));
    let answer = encrypt(&kit, &key);
    refused(&answer, "KMSInvalidStateException");
    let start = "AWS KMS cannot communicate with the external key store proxy.";
    assert!(answer.message().starts_with(start), "{}", answer.message());
    assert!(!answer.text().contains("10.1.2.3"));
    assert!(kit.world.incidents.all().iter().any(|line| line.contains("10.1.2.3")));
    refused(&external_key(&kit, &store, "bar"), "CustomKeyStoreInvalidStateException");
    // A dry run of an encryption asks nobody outside.
    let calls = kit.world.key_stores.calls().len();
    let mut input = key.clone();
    input["Plaintext"] = json!(base64(PLAINTEXT));
    input["DryRun"] = json!(true);
    refused(&kit.call("Encrypt", &input), "DryRunOperationException");
    assert_eq!(kit.world.key_stores.calls().len(), calls);
}

#[test]
fn keys_made_at_once_are_all_counted_and_leave_nothing_behind() {
    let kit = Kit::new().stop().open_with_threads(4).unwrap();
    let store = connected(&kit, &hsm("one", "cluster-abcdefghijk"));
    let input = json!({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store["CustomKeyStoreId"]});
    let made: Vec<_> = (0..16)
        .map(|_| {
            let (owner, input) = (kit.owner(), input.clone());
            kit.spawn(async move { owner.call("CreateKey", &input).await })
        })
        .collect();
    let mut keys: Vec<String> = made
        .into_iter()
        .map(|one| kit.block_on(one).unwrap().ok().json()["KeyMetadata"]["KeyId"].to_string())
        .map(|id| id.trim_matches('"').to_owned())
        .collect();
    keys.sort();
    // Those that lost a race found the key that they had made before.
    assert_eq!(kit.world.key_stores.names(), keys);
    for key in keys {
        let _ = kit.call("ScheduleKeyDeletion", &json!({ "KeyId": key })).ok();
    }
    kit.world.clock.advance_days(31);
    let done = kit.block_on(kit.engine().run_due_tasks(Due::Everything));
    assert_eq!(done, Ok(16));
    let _ = kit.call("DisconnectCustomKeyStore", &store).ok();
    let _ = kit.call("DeleteCustomKeyStore", &store).ok();
}

#[test]
fn of_those_who_want_the_same_place_at_once_one_gets_it() {
    let kit = Kit::new().stop().open_with_threads(4).unwrap();
    for round in 0..8 {
        let host = format!("xks{round}.example.com");
        let asked: Vec<_> = (0..8)
            .map(|number| {
                let name = format!("{round} {number}");
                let (owner, input) = (kit.owner(), proxy(&name, &host, "/kms/xks/v1"));
                kit.spawn(async move { owner.call("CreateCustomKeyStore", &input).await })
            })
            .collect();
        let answers = asked.into_iter().map(|one| kit.block_on(one).unwrap());
        let (made, refusals): (Vec<_>, Vec<_>) = answers.partition(Answer::is_ok);
        assert_eq!((made.len(), refusals.len()), (1, 7));
        for refusal in refusals {
            refused(&refusal, "XksProxyUriInUseException");
        }
    }
}

#[test]
fn a_connected_store_takes_light_changes_only() {
    let kit = Kit::new();
    let store = connected(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    let update = |kit: &Kit, more: Value| {
        let mut input = store.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        kit.call("UpdateCustomKeyStore", &input)
    };
    let light = json!({"NewCustomKeyStoreName": "two", "XksProxyUriPath": "/b/kms/xks/v1",
        "XksProxyAuthenticationCredential":
            {"AccessKeyId": "ABCDEFGHIJKLMNOPQRSTU", "RawSecretAccessKey": SECRET}});
    let _ = update(&kit, light).ok();
    let found = entry(&kit, &store);
    assert_eq!(found["CustomKeyStoreName"], "two");
    assert_eq!(found["XksProxyConfiguration"]["AccessKeyId"], "ABCDEFGHIJKLMNOPQRSTU");
    assert_eq!(found["XksProxyConfiguration"]["UriPath"], "/b/kms/xks/v1");
    let endpoint = json!({"XksProxyUriEndpoint": "https://c.example.com"});
    let state = "CustomKeyStoreInvalidStateException";
    refused(&update(&kit, endpoint.clone()), state);
    refused(&update(&kit, json!({"KeyStorePassword": PASSWORD})), "ValidationException");
    refused(&update(&kit, json!({})), "ValidationException");
    kit.world.key_stores.fail(Some(KeyStoreError::TimedOut));
    let path = json!({"XksProxyUriPath": "/c/kms/xks/v1"});
    refused(&update(&kit, path), "XksProxyUriUnreachableException");
    assert_eq!(entry(&kit, &store)["XksProxyConfiguration"]["UriPath"], "/b/kms/xks/v1");
    kit.world.key_stores.fail(None);
    let _ = kit.call("DisconnectCustomKeyStore", &store).ok();
    let vpc = json!({"XksProxyConnectivity": "VPC_ENDPOINT_SERVICE"});
    refused(&update(&kit, vpc.clone()), "ValidationException");
    let mut whole = vpc;
    whole["XksProxyUriEndpoint"] = endpoint["XksProxyUriEndpoint"].clone();
    refused(&update(&kit, whole.clone()), "ValidationException");
    whole["XksProxyVpcEndpointServiceName"] =
        json!("com.amazonaws.vpce.eu-west-2.vpce-svc-0123abcd");
    let _ = update(&kit, whole).ok();
    let found = entry(&kit, &store)["XksProxyConfiguration"].clone();
    assert_eq!(found["VpcEndpointServiceOwner"], "111122223333");
    assert_eq!(found["Connectivity"], "VPC_ENDPOINT_SERVICE");
}

#[test]
fn an_update_to_an_unrelated_cluster_is_refused() {
    let kit = Kit::new();
    let store = created(&kit, &hsm("one", "cluster-abcdefghijk"));
    let _ = created(&kit, &hsm("two", "cluster-bbbbbbbbbbb"));
    let move_to = |cluster: &str| {
        let mut input = store.clone();
        input["CloudHsmClusterId"] = json!(cluster);
        kit.call("UpdateCustomKeyStore", &input)
    };
    refused(&move_to("cluster-bbbbbbbbbbb"), "CloudHsmClusterNotRelatedException");
    kit.world.key_stores.fail(Some(KeyStoreError::TrustAnchor));
    refused(&move_to("cluster-ccccccccccc"), "CloudHsmClusterNotRelatedException");
    kit.world.key_stores.fail(Some(KeyStoreError::ClusterNotFound));
    refused(&move_to("cluster-ccccccccccc"), "CloudHsmClusterNotFoundException");
    kit.world.key_stores.fail(None);
    let _ = move_to("cluster-ccccccccccc").ok();
    assert_eq!(entry(&kit, &store)["CloudHsmClusterId"], "cluster-ccccccccccc");
}

#[test]
fn a_connected_store_is_not_taken_down_by_connecting_it_again() {
    let kit = Kit::new();
    let store = connected(&kit, &proxy("one", "xks.example.com", "/kms/xks/v1"));
    kit.world.key_stores.fail(Some(KeyStoreError::TimedOut));
    let _ = kit.call("ConnectCustomKeyStore", &store).ok();
    assert_eq!(entry(&kit, &store)["ConnectionState"], "CONNECTED");
}

/// Keys are made on condition that the store stays connected, and a store is deleted only once it is
/// not: whoever is first, no key is left in a store that is gone.
#[test]
fn keys_are_not_made_in_a_store_that_is_being_deleted() {
    for round in 0..20 {
        let kit = Kit::new().stop().open_with_threads(4).unwrap();
        let store = connected(&kit, &hsm("one", "cluster-abcdefghijk"));
        let input =
            json!({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": store["CustomKeyStoreId"]});
        let makers: Vec<_> = (0..4)
            .map(|_| {
                let (owner, input) = (kit.owner(), input.clone());
                kit.spawn(async move { owner.call("CreateKey", &input).await })
            })
            .collect();
        let (owner, gone) = (kit.owner(), store.clone());
        let remover = kit.spawn(async move {
            let _ = owner.call("DisconnectCustomKeyStore", &gone).await;
            owner.call("DeleteCustomKeyStore", &gone).await
        });
        let made = makers.into_iter().map(|maker| kit.block_on(maker).unwrap());
        let made = made.filter(Answer::is_ok).count();
        let deleted = kit.block_on(remover).unwrap();
        assert_ne!(deleted.is_ok(), made > 0, "{round}: {made} {}", deleted.text());
    }
}

#[test]
fn random_bytes_come_from_the_hsm() {
    let kit = Kit::new();
    let store = created(&kit, &hsm("one", "cluster-abcdefghijk"));
    let mut input = store.clone();
    input["NumberOfBytes"] = json!(24);
    refused(&kit.call("GenerateRandom", &input), "CustomKeyStoreInvalidStateException");
    let _ = kit.call("ConnectCustomKeyStore", &store).ok();
    let answer = kit.call("GenerateRandom", &input).ok();
    assert_eq!(unbase64(&answer.string("Plaintext")), [0x72; 24]);
    kit.world.key_stores.fail(Some(KeyStoreError::TimedOut));
    refused(&kit.call("GenerateRandom", &input), "DependencyTimeoutException");
    kit.world.key_stores.fail(None);
    let outside = connected(&kit, &proxy("two", "xks.example.com", "/kms/xks/v1"));
    input["CustomKeyStoreId"] = outside["CustomKeyStoreId"].clone();
    refused(&kit.call("GenerateRandom", &input), "UnsupportedOperationException");
    input["CustomKeyStoreId"] = json!("cks-0123456789abcdef0");
    refused(&kit.call("GenerateRandom", &input), "CustomKeyStoreNotFoundException");
}

#[test]
fn what_keys_in_key_stores_do_not_do_is_refused() {
    let kit = Kit::new();
    let store = connected(&kit, &hsm("one", "cluster-abcdefghijk"));
    let outside = connected(&kit, &proxy("two", "xks.example.com", "/kms/xks/v1"));
    let key = hsm_key(&kit, &store);
    let create = |more: Value| {
        let mut input = json!({"Origin": "AWS_CLOUDHSM",
                               "CustomKeyStoreId": store["CustomKeyStoreId"]});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        kit.call("CreateKey", &input)
    };
    let unsupported = "UnsupportedOperationException";
    refused(&create(json!({"MultiRegion": true})), unsupported);
    refused(&create(json!({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"})), unsupported);
    for wrong in [
        json!({"Origin": "AWS_KMS"}),
        json!({"Origin": "EXTERNAL"}),
        json!({"XksKeyId": "foo"}),
        json!({"Origin": "EXTERNAL_KEY_STORE"}),
        json!({"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "foo"}),
        json!({"CustomKeyStoreId": outside["CustomKeyStoreId"]}),
    ] {
        refused(&create(wrong), "ValidationException");
    }
    for (operation, more) in [
        ("EnableKeyRotation", json!({})),
        ("RotateKeyOnDemand", json!({})),
        ("ReplicateKey", json!({"ReplicaRegion": "us-east-1"})),
        (
            "GetParametersForImport",
            json!({"WrappingAlgorithm": "RSAES_OAEP_SHA_256",
                                          "WrappingKeySpec": "RSA_2048"}),
        ),
        ("GenerateDataKeyPair", json!({"KeyPairSpec": "ECC_NIST_P256"})),
        ("GenerateDataKeyPairWithoutPlaintext", json!({"KeyPairSpec": "ECC_NIST_P256"})),
    ] {
        let mut input = key.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = kit.call(operation, &input);
        assert_eq!(answer.code(), unsupported, "{operation}: {}", answer.text());
    }
    // And what they do.
    let data_key = kit.call("GenerateDataKey", &{
        let mut input = key.clone();
        input["KeySpec"] = json!("AES_256");
        input
    });
    let blob = data_key.clone().ok().bytes("CiphertextBlob");
    let opened = decrypt(&kit, &blob, &json!({})).ok();
    assert_eq!(opened.bytes("Plaintext"), data_key.bytes("Plaintext"));
    let plain = kit.create_key();
    let moved = kit.call(
        "ReEncrypt",
        &json!({"CiphertextBlob": base64(&blob), "DestinationKeyId": plain.to_string()}),
    );
    let moved = moved.ok().bytes("CiphertextBlob");
    let opened = decrypt(&kit, &moved, &json!({})).ok();
    assert_eq!(opened.bytes("Plaintext"), data_key.bytes("Plaintext"));
}
