//! Grants to users and roles: who is meant by a name.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_testkit::{Answer, Client, Kit, base64};
use strongroom_types::KeyArn;

const ANN: &str = "arn:aws:iam::111122223333:user/ann";
const ALLOWS_NOTHING: &str =
    r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#;

fn ask_for(key: &KeyArn, grantee: &str) -> Value {
    json!({"KeyId": key.to_string(), "GranteePrincipal": grantee, "RetiringPrincipal": grantee,
           "Operations": ["Encrypt"]})
}

fn create(kit: &Kit, key: &KeyArn, grantee: &str) -> String {
    kit.call("CreateGrant", &ask_for(key, grantee)).ok().string("GrantId")
}

fn encrypt(kit: &Kit, who: &Client, key: &KeyArn) -> Answer {
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"x")});
    kit.block_on(who.call("Encrypt", &input))
}

fn iam(kit: &Kit, action: &str, parameters: &[(&str, &str)]) {
    let _ = kit.block_on(kit.owner().iam(action, parameters)).ok();
}

#[test]
fn a_user_made_anew_has_not_the_grants_of_the_one_before() {
    let kit = Kit::new();
    let key = kit.create_key();
    let ann = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
    let old = create(&kit, &key, ANN);
    let _ = encrypt(&kit, &ann, &key).ok();
    let user = ("UserName", "ann");
    iam(&kit, "DeleteAccessKey", &[user, ("AccessKeyId", &ann.access_key)]);
    iam(&kit, "DeleteUserPolicy", &[user, ("PolicyName", "own")]);
    iam(&kit, "DeleteUser", &[user]);
    let gone = kit.call("CreateGrant", &ask_for(&key, ANN));
    assert_eq!(gone.code(), "InvalidArnException");

    let ann = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
    let retire = json!({"KeyId": key.to_string(), "GrantId": old});
    assert_eq!(kit.block_on(ann.call("RetireGrant", &retire)).code(), "AccessDeniedException");
    // One of her own, of the same terms, is not hidden by the other.
    let new = create(&kit, &key, ANN);
    let answer = encrypt(&kit, &ann, &key).ok();
    assert_eq!(kit.records_of(&answer)[0].reasons, [format!("grant {new}")]);
    let retire = json!({"KeyId": key.to_string(), "GrantId": new});
    let _ = kit.block_on(ann.call("RetireGrant", &retire)).ok();
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
}

#[test]
fn a_role_made_anew_has_not_the_grants_of_the_one_before() {
    let kit = Kit::new();
    let key = kit.create_key();
    let ann = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    let role = "arn:aws:iam::111122223333:role/ops";
    let session = "arn:aws:sts::111122223333:assumed-role/ops/session";
    kit.create_principal(role);
    let ops = kit.session_of(&ann, "ops");
    assert_eq!(encrypt(&kit, &ops, &key).code(), "AccessDeniedException");
    let _ = create(&kit, &key, session);
    let _ = encrypt(&kit, &ops, &key).ok();
    let _ = create(&kit, &key, role);
    iam(&kit, "DeleteRole", &[("RoleName", "ops")]);
    kit.create_principal(role);
    let ops = kit.session_of(&ann, "ops");
    assert_eq!(encrypt(&kit, &ops, &key).code(), "AccessDeniedException");
    let _ = create(&kit, &key, role);
    let _ = encrypt(&kit, &ops, &key).ok();
}

#[test]
fn whom_a_grant_names_must_be_there() {
    let kit = Kit::new();
    let key = kit.create_key();
    kit.create_principal("arn:aws:iam::111122223333:user/a/path/joe");
    for nobody in [
        ANN,
        "arn:aws:iam::111122223333:role/ann",
        "arn:aws:sts::111122223333:assumed-role/ann/session",
        "arn:aws:iam::111122223333:user/joe",
        "arn:aws:iam::111122223333:user/a/path/Joe",
        "arn:aws:iam::777788889999:root",
        "arn:aws:iam::777788889999:user/ann",
        // A name that nobody has in this partition.
        "arn:aws-cn:iam::111122223333:root",
        // A name that nobody can have.
        "arn:aws:iam::111122223333:user//joe",
    ] {
        let mut input = ask_for(&key, nobody);
        let refused = kit.call("CreateGrant", &input);
        assert_eq!(refused.code(), "InvalidArnException", "{nobody}");
        input["GranteePrincipal"] = json!("arn:aws:iam::111122223333:root");
        input["DryRun"] = json!(true);
        let refused = kit.call("CreateGrant", &input);
        assert_eq!(refused.code(), "InvalidArnException", "{nobody}");
    }
    let missing = kit.call("CreateGrant", &ask_for(&key, ANN));
    assert_eq!(missing.message(), format!("ARN does not refer to a valid principal: {ANN}"));
    for somebody in [
        "arn:aws:iam::111122223333:user/a/path/joe",
        "arn:aws:iam::444455556666:root",
        "arn:aws:sts::444455556666:federated-user/sam",
    ] {
        let _ = create(&kit, &key, somebody);
    }
}
