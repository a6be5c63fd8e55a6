//! Users who are renamed or moved: who names them in policies and grants still does.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use serde_json::{Value, json};
use strongroom_crypto::hash;
use strongroom_testkit::{Answer, Client, Kit, base64};
use strongroom_types::KeyArn;

const ANN: &str = "arn:aws:iam::111122223333:user/ann";
const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const ALLOWS_NOTHING: &str =
    r#"{"Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}}"#;

fn encrypt(kit: &Kit, who: &Client, key: &KeyArn) -> Answer {
    let input = json!({"KeyId": key.to_string(), "Plaintext": base64(b"x")});
    kit.block_on(who.call("Encrypt", &input))
}

fn sts(kit: &Kit, who: &Client, action: &str, parameters: &[(&str, &str)]) -> Answer {
    let owned: Vec<_> =
        parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    kit.block_on(who.query("sts", action, &owned))
}

/// Gives user `name` this path and name.
fn rename(kit: &Kit, name: &str, path: &str, to: &str) {
    let parameters = [("UserName", name), ("NewPath", path), ("NewUserName", to)];
    let _ = kit.block_on(kit.owner().iam("UpdateUser", &parameters)).ok();
}

/// The renames that each test goes through: a move, a new name, another case of it, and back.
const NAMES: [(&str, &str, &str); 4] =
    [("ann", "/team/", "ann"), ("ann", "/", "bob"), ("bob", "/", "Bob"), ("Bob", "/", "ann")];

/// A key whose policy leaves everything to the account, and says this besides.
fn key_with(kit: &Kit, effect: &str, action: &str, principal: &str) -> KeyArn {
    let key = kit.create_key();
    let statement = |effect: &str, principal: &str, action: &str| json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": "*"});
    let policy = json!({"Statement": [
        statement("Allow", "111122223333", "kms:*"), statement(effect, principal, action)]});
    let input = json!({"KeyId": key.to_string(), "Policy": policy.to_string()});
    let _ = kit.call("PutKeyPolicy", &input).ok();
    key
}

#[test]
fn a_deny_in_a_key_policy_holds() {
    let kit = Kit::new();
    let ann = kit.user_of(&kit.owner(), "ann", ALL);
    let key = key_with(&kit, "Deny", "kms:Encrypt", ANN);
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
    for (name, path, to) in NAMES {
        rename(&kit, name, path, to);
        assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException", "{path}{to}");
    }
    // It does not go over to somebody who takes the name.
    rename(&kit, "ann", "/", "bob");
    let other = kit.user_of(&kit.owner(), "ann", ALL);
    let _ = encrypt(&kit, &other, &key).ok();
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
}

#[test]
fn an_allow_in_a_key_policy_holds() {
    let kit = Kit::new();
    let ann = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    let key = key_with(&kit, "Allow", "kms:Encrypt", ANN);
    for (name, path, to) in NAMES {
        let _ = encrypt(&kit, &ann, &key).ok();
        rename(&kit, name, path, to);
    }
    rename(&kit, "ann", "/", "bob");
    let other = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    assert_eq!(encrypt(&kit, &other, &key).code(), "AccessDeniedException");
    let _ = encrypt(&kit, &ann, &key).ok();
}

#[test]
fn a_trust_policy_holds() {
    let kit = Kit::new();
    let ann = kit.user_of(&kit.owner(), "ann", ALL);
    for (role, effect) in [("open", "Allow"), ("shut", "Deny")] {
        let trust = json!({"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ["111122223333", ANN]}, "Action": "sts:*"},
            {"Effect": effect, "Principal": {"AWS": ANN}, "Action": "sts:AssumeRole"}]});
        let trust = trust.to_string();
        let parameters = [("RoleName", role), ("AssumeRolePolicyDocument", &trust)];
        let _ = kit.block_on(kit.owner().iam("CreateRole", &parameters)).ok();
    }
    let assume = |role: &str| {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
        sts(&kit, &ann, "AssumeRole", &parameters)
    };
    for (name, path, to) in NAMES {
        rename(&kit, name, path, to);
        let _ = assume("open").ok();
        assert_eq!(assume("shut").element("Code"), "AccessDenied", "{path}{to}");
    }
}

/// A grant to ann, who may retire it, too.
fn grant(kit: &Kit, key: &KeyArn, to: &str) -> String {
    let input = json!({"KeyId": key.to_string(), "GranteePrincipal": to, "RetiringPrincipal": to,
                       "Operations": ["Encrypt"]});
    kit.call("CreateGrant", &input).ok().string("GrantId")
}

fn ids(answer: Answer) -> Vec<String> {
    let grants = answer.ok().json()["Grants"].as_array().unwrap().clone();
    grants.iter().map(|grant| grant["GrantId"].as_str().unwrap().to_owned()).collect()
}

fn retirable(kit: &Kit, party: &str) -> Vec<String> {
    ids(kit.call("ListRetirableGrants", &json!({"RetiringPrincipal": party})))
}

fn granted(kit: &Kit, key: &KeyArn, party: &str) -> Vec<String> {
    let input = json!({"KeyId": key.to_string(), "GranteePrincipal": party});
    ids(kit.call("ListGrants", &input))
}

#[test]
fn a_grantee_keeps_its_grants() {
    let kit = Kit::new();
    let key = kit.create_key();
    let ann = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    let id = grant(&kit, &key, ANN);
    for (name, path, to) in NAMES {
        rename(&kit, name, path, to);
        let answer = encrypt(&kit, &ann, &key).ok();
        assert_eq!(kit.records_of(&answer)[0].reasons, [format!("grant {id}")], "{path}{to}");
        let arn = format!("arn:aws:iam::111122223333:user{path}{to}");
        assert_eq!(granted(&kit, &key, &arn), [id.as_str()]);
    }
    rename(&kit, "ann", "/", "bob");
    let other = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    assert_eq!(encrypt(&kit, &other, &key).code(), "AccessDeniedException");
    assert!(granted(&kit, &key, ANN).is_empty());
    let retire = json!({"KeyId": key.to_string(), "GrantId": id});
    assert_eq!(kit.block_on(other.call("RetireGrant", &retire)).code(), "AccessDeniedException");
    let _ = kit.block_on(ann.call("RetireGrant", &retire)).ok();
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
    drop((ann, other));
    let places = kit.stop().contents();
    let left = |prefix: &[u8]| places.iter().any(|entry| entry.key.starts_with(prefix));
    assert!(!left(b"ge/") && !left(b"gr/") && !left(b"g/"));
}

#[test]
fn what_somebody_may_retire_is_listed_under_the_name_of_now() {
    let kit = Kit::new();
    let key = kit.create_key();
    let _ = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    let id = grant(&kit, &key, ANN);
    for (name, path, to) in NAMES {
        let before = if name == "ann" && path == "/" { "/team/" } else { "/" };
        rename(&kit, name, path, to);
        let arn = |path: &str, name: &str| format!("arn:aws:iam::111122223333:user{path}{name}");
        assert_eq!(retirable(&kit, &arn(path, to)), [id.as_str()], "{path}{to}");
        assert!(retirable(&kit, &arn(before, name)).is_empty(), "{before}{name}");
    }
    // Somebody who is made under the name is another.
    rename(&kit, "ann", "/", "bob");
    let _ = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    assert!(retirable(&kit, ANN).is_empty());
    let new = grant(&kit, &key, ANN);
    assert_eq!(retirable(&kit, ANN), [new]);
}

/// A grant as it was placed when grants were found by the ARN that they name.
#[test]
fn grants_of_the_former_format_are_found() {
    let kit = Kit::new();
    let key = kit.create_key();
    let ann = kit.user_of(&kit.owner(), "ann", ALLOWS_NOTHING);
    let role = "arn:aws:iam::111122223333:role/ops";
    kit.create_principal(role);
    let all = kit.user_of(&kit.owner(), "all", ALL);
    let ops = kit.session_of(&all, "ops");
    let session = "arn:aws:sts::111122223333:assumed-role/ops/session";
    let (to_ann, to_role) = (grant(&kit, &key, ANN), grant(&kit, &key, role));
    let to_session = grant(&kit, &key, session);
    let new = grant(&kit, &key, ANN);
    let (ann_id, role_id) = (id_of(&kit, "User", "ann"), id_of(&kit, "Role", "ops"));
    drop((ann.clone(), all));
    let (ann_key, ops_key) = (credentials(ann), credentials(ops));
    let world = kit.stop();
    let former =
        [(&to_ann, ANN, &ann_id), (&to_role, role, &role_id), (&to_session, session, &role_id)];
    for (id, arn, unique) in former {
        let mut moved = 0;
        for entry in world.contents() {
            let place = String::from_utf8(entry.key).unwrap();
            let party = match place.split('/').next().unwrap() {
                "ge" => format!("{arn} {unique}"),
                "gr" => arn.to_owned(),
                _ => continue,
            };
            if !place.ends_with(id) {
                continue;
            }
            let mut parts: Vec<&str> = place.split('/').collect();
            let digest = hash::hex(&hash::sha256(party.as_bytes())[..16]);
            let at = if parts[0] == "ge" { 4 } else { 2 };
            parts[at] = &digest;
            world.move_record(place.as_bytes(), parts.join("/").as_bytes(), key.region);
            moved += 1;
        }
        assert_eq!(moved, 2, "{arn}");
    }
    let kit = world.open().unwrap();
    let (ann, ops) = (client(&kit, ann_key), client(&kit, ops_key));
    let reason = |answer: Answer| kit.records_of(&answer.ok())[0].reasons.clone();
    // What is in its place now is looked at first.
    assert_eq!(reason(encrypt(&kit, &ann, &key)), [format!("grant {new}")]);
    let retire = |id: &str| json!({"KeyId": key.to_string(), "GrantId": id});
    let mut both = retirable(&kit, ANN);
    both.sort();
    let mut expected = vec![to_ann.clone(), new.clone()];
    expected.sort();
    assert_eq!(both, expected);
    // Page by page, too.
    let first = kit.call("ListRetirableGrants", &json!({"RetiringPrincipal": ANN, "Limit": 1}));
    let first = first.ok().json();
    let rest = json!({"RetiringPrincipal": ANN, "Marker": first["NextMarker"]});
    let rest = kit.call("ListRetirableGrants", &rest);
    let mut both = vec![first["Grants"][0]["GrantId"].as_str().unwrap().to_owned()];
    both.extend(ids(rest));
    both.sort();
    assert_eq!(both, expected);
    let _ = kit.block_on(ann.call("RetireGrant", &retire(&new))).ok();
    assert_eq!(reason(encrypt(&kit, &ann, &key)), [format!("grant {to_ann}")]);
    let _ = kit.block_on(ann.call("RetireGrant", &retire(&to_ann))).ok();
    assert_eq!(encrypt(&kit, &ann, &key).code(), "AccessDeniedException");
    assert_eq!(reason(encrypt(&kit, &ops, &key)), [format!("grant {to_session}")]);
    let _ = kit.block_on(ops.call("RetireGrant", &retire(&to_session))).ok();
    assert_eq!(reason(encrypt(&kit, &ops, &key)), [format!("grant {to_role}")]);
    let _ = kit.call("RevokeGrant", &retire(&to_role)).ok();
    assert_eq!(encrypt(&kit, &ops, &key).code(), "AccessDeniedException");
    drop((ann, ops));
    let places = kit.stop().contents();
    assert!(!places.iter().any(|entry| entry.key.starts_with(b"g")), "nothing is left of them");
}

fn id_of(kit: &Kit, kind: &str, name: &str) -> String {
    let (action, member) = (format!("Get{kind}"), format!("{kind}Name"));
    let found = kit.block_on(kit.owner().iam(&action, &[(member.as_str(), name)])).ok();
    found.element(&format!("{kind}Id"))
}

/// `client` with other credentials.
fn with(client: &Client, access_key: String, secret: String, token: Option<String>) -> Client {
    let mut other = client.clone();
    (other.access_key, other.secret, other.token) = (access_key, secret, token);
    other
}

type Credentials = (String, String, Option<String>);

fn credentials(client: Client) -> Credentials {
    (client.access_key.clone(), client.secret.clone(), client.token.clone())
}

fn client(kit: &Kit, (access_key, secret, token): Credentials) -> Client {
    with(&kit.owner(), access_key, secret, token)
}

/// A federated user: a session of `maker`'s with this policy.
fn federated(kit: &Kit, maker: &Client, policy: Value) -> Client {
    let policy = policy.to_string();
    let made = sts(kit, maker, "GetFederationToken", &[("Name", "sam"), ("Policy", &policy)]).ok();
    let token = Some(made.element("SessionToken"));
    with(maker, made.element("AccessKeyId"), made.element("SecretAccessKey"), token)
}

fn everything() -> Value {
    json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
}

/// Source: IAM User Guide, "Policy evaluation logic": a federated user is named by the user who
/// made its session, within that user's boundary and the session's policies.
#[test]
fn a_federated_user_is_named_by_its_maker() {
    let kit = Kit::new();
    let ann = kit.user_of(&kit.owner(), "ann", ALL);
    let denied = key_with(&kit, "Deny", "kms:Encrypt", ANN);
    let sam = federated(&kit, &ann, everything());
    assert_eq!(encrypt(&kit, &sam, &denied).code(), "AccessDeniedException");
    // Moving her keeps her sessions, and what is said of her.
    rename(&kit, "ann", "/team/", "ann");
    assert_eq!(encrypt(&kit, &sam, &denied).code(), "AccessDeniedException");
    rename(&kit, "ann", "/", "ann");

    let joe = "arn:aws:iam::111122223333:user/joe";
    let may_federate =
        r#"{"Statement":{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"*"}}"#;
    let maker = kit.user_of(&kit.owner(), "joe", may_federate);
    let allowed = key_with(&kit, "Allow", "kms:Encrypt", joe);
    let sam = federated(&kit, &maker, everything());
    let _ = encrypt(&kit, &sam, &allowed).ok();
    let silent = json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
    let limited = federated(&kit, &maker, silent);
    assert_eq!(encrypt(&kit, &limited, &allowed).code(), "AccessDeniedException");
    // A grant to the maker is one more way to the same.
    let other = kit.create_key();
    assert_eq!(encrypt(&kit, &sam, &other).code(), "AccessDeniedException");
    let _ = grant(&kit, &other, joe);
    let _ = encrypt(&kit, &sam, &other).ok();
    assert_eq!(encrypt(&kit, &limited, &other).code(), "AccessDeniedException");
    // The maker's boundary limits it, though it does not limit the maker itself.
    let boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    let parameters = [("UserName", "joe"), ("PermissionsBoundary", boundary)];
    let _ = kit.block_on(kit.owner().iam("PutUserPermissionsBoundary", &parameters)).ok();
    assert_eq!(encrypt(&kit, &sam, &allowed).code(), "AccessDeniedException");
    let _ = encrypt(&kit, &maker, &allowed).ok();
}
