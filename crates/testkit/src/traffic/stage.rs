//! The world that traffic meets: accounts, people who may much, little and nothing, keys of key
//! material that is known, grants, trails, and ciphertexts of a plaintext that is known.

use super::needle::Needle;
use super::{Reply, Wire};
use crate::{Client, Kit, World, base64, region};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use strongroom_crypto::asymmetric::PrivateKey;
use strongroom_crypto::{SecretBytes, hash};
use strongroom_engine::ports::archive::Objects as _;
use strongroom_engine::seeding::Seed;
use strongroom_types::{AccountId, AliasName, KeyArn, KeyId, KeySpec, KeyUsage, Region};

/// How many values of former answers are remembered.
const REMEMBERED: usize = 48;

/// What is known beforehand of the world.
pub struct Stage {
    world: World,
    people: Vec<Person>,
    known: Vec<Known>,
    /// What may be in no answer and in no record.
    pub(super) secrets: Vec<Needle>,
    /// What is in the ciphertexts.
    pub(super) marked: Needle,
    /// How many audit records there are before the first request.
    pub(super) records: usize,
}

/// Whom a request may come from.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) account: AccountId,
    pub(super) access_key: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
    pub(super) may: May,
}

/// What somebody may, as long as nobody changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    /// Nothing that takes a permission.
    Nothing,
    /// Nothing that tells a plaintext of the first account's.
    NoPlaintext,
    /// Perhaps everything.
    Anything,
}

/// A value that the world has, by the name of a member that had it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) value: String,
}

/// What the sender of requests knows while they are sent.
pub(super) struct Scene {
    pub(super) people: Vec<Person>,
    pub(super) known: Vec<Known>,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage {
    /// The same one each time, but for key pairs, which are made anew.
    ///
    /// # Panics
    /// When the server refuses what it is made of.
    #[must_use]
    pub fn new() -> Self {
        let root = hash::sha256(b"root key of the stage");
        let kit = World { root, ..World::default() }.open().expect("an empty world opens");
        let mut secrets = vec![root.to_vec()];
        let mut known = Vec::new();
        keys(&kit, &mut secrets, &mut known);
        let people = people(&kit, &mut known);
        secrets.extend(people.iter().map(|person| person.secret.clone().into_bytes()));
        let marked = hash::hex(&hash::sha256(b"what is in the ciphertexts")).into_bytes();
        ciphertexts(&kit, &marked, &mut known);
        trails(&kit, &mut known);
        let records = kit.world.trail().len();
        let secrets = secrets.iter().map(|secret| Needle::new(secret)).collect();
        let marked = Needle::new(&marked);
        Self { world: kit.stop(), people, known, secrets, marked, records }
    }

    /// A server in this world; what becomes of it concerns no other.
    pub(super) fn open(&self) -> Kit {
        self.world.snapshot().open().expect("what was stopped opens")
    }

    pub(super) fn scene(&self) -> Scene {
        Scene { people: self.people.clone(), known: self.known.clone() }
    }
}

impl Scene {
    /// Takes what an answer tells: values by their names, and credentials as somebody else.
    pub(super) fn learn(&mut self, wire: &Wire, reply: &Reply) {
        if reply.status != 200 {
            return;
        }
        let text = String::from_utf8_lossy(&reply.body);
        let mut told = Vec::new();
        match serde_json::from_slice(&reply.body) {
            Ok(json) => members("", &json, &mut told),
            Err(_) => elements(&text, &mut told),
        }
        let value = |name: &str| told.iter().find(|it| it.name == name).map(|it| it.value.clone());
        if let (Some(access_key), Some(secret)) = (value("AccessKeyId"), value("SecretAccessKey")) {
            // Who may nothing hands nothing down; of others it is not known.
            let may = if wire.may == May::Nothing { May::Nothing } else { May::Anything };
            let token = value("SessionToken");
            self.people.push(Person { account: wire.account, access_key, secret, token, may });
        }
        told.truncate(16);
        self.known.extend(told);
        let excess = self.known.len().saturating_sub(REMEMBERED + 40);
        self.known.drain(..excess);
    }
}

fn members(name: &str, value: &Value, told: &mut Vec<Known>) {
    match value {
        Value::String(text) => told.push(Known { name: name.to_owned(), value: text.clone() }),
        Value::Array(list) => list.iter().for_each(|member| members(name, member, told)),
        Value::Object(object) => {
            object.iter().for_each(|(name, member)| members(name, member, told));
        }
        _ => {}
    }
}

fn elements(xml: &str, told: &mut Vec<Known>) {
    for piece in xml.split('<').skip(1) {
        let Some((name, value)) = piece.split_once('>') else { continue };
        let value = value.trim().replace("&quot;", "\"").replace("&amp;", "&");
        if !value.is_empty() && !name.starts_with('/') {
            told.push(Known { name: name.to_owned(), value });
        }
    }
}

fn keys(kit: &Kit, secrets: &mut Vec<Vec<u8>>, known: &mut Vec<Known>) {
    let pair = |spec| PrivateKey::generate(spec).expect("a key pair");
    let bytes = |name: &str| SecretBytes::new(hash::sha256(name.as_bytes()).to_vec());
    let elsewhere: Region = "us-east-1".parse().expect("a Region");
    let multi_region = KeyId::multi_region_from_random([6; 16]);
    let of = |number: u8| KeyId::from_random([number; 16]);
    use {KeySpec as S, KeyUsage as U};
    let seeds = [
        (of(1), S::SymmetricDefault, U::EncryptDecrypt, bytes("sym"), "alias/sym"),
        (of(2), S::Hmac256, U::GenerateVerifyMac, bytes("mac"), "alias/mac"),
        (of(3), S::EccNistP256, U::SignVerify, pair(S::EccNistP256), "alias/sign"),
        (of(4), S::EccNistP256, U::KeyAgreement, pair(S::EccNistP256), "alias/agree"),
        (of(5), S::Rsa2048, U::EncryptDecrypt, pair(S::Rsa2048), "alias/rsa"),
        (multi_region, S::SymmetricDefault, U::EncryptDecrypt, bytes("multi"), "alias/multi"),
    ];
    for (key, spec, usage, material, alias) in seeds {
        let secret = material.expose();
        // Of a private key, 32 bytes that no public key has: a scalar, or the end of RSA's primes.
        let part = match spec {
            S::Rsa2048 => secret.get(secret.len() - 100..secret.len() - 68),
            S::EccNistP256 => secret.get(36..68),
            _ => Some(secret),
        };
        secrets.push(part.expect("a key is as long").to_vec());
        let arn = KeyArn { region: region(), account: AccountId::INITIAL, key };
        let name = Some(AliasName::parse(alias).expect("an alias"));
        let seed = Seed { key: arn, spec, usage, material, alias: name };
        let seeded = kit.block_on(kit.engine().seed_key(seed));
        let _ = seeded.expect("the key is made");
        for value in [arn.to_string(), key.to_string(), alias.to_owned()] {
            known.push(Known { name: "KeyId".to_owned(), value });
        }
    }
    let replica = json!({"KeyId": multi_region.to_string(), "ReplicaRegion": elsewhere.as_str()});
    let _ = kit.call("ReplicateKey", &replica).ok();
    let kinds = [
        json!({"Origin": "EXTERNAL"}),
        json!({"Tags": [{"TagKey": "state", "TagValue": "disabled"}]}),
        json!({"Description": "to be deleted"}),
        json!({"KeySpec": "ML_KEM_768", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}),
    ];
    let made = kinds.map(|kind| kit.create_key_of(&kind).to_string());
    let [_, disabled, deleted, _] = &made;
    let _ = kit.call("DisableKey", &json!({"KeyId": disabled})).ok();
    let _ = kit.call("ScheduleKeyDeletion", &json!({"KeyId": deleted})).ok();
    known.extend(made.map(|value| Known { name: "KeyId".to_owned(), value }));
}

fn people(kit: &Kit, known: &mut Vec<Known>) -> Vec<Person> {
    let (owner, stranger) = (kit.owner(), kit.stranger());
    let allow = |actions: &str| {
        format!(r#"{{"Statement":{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}}}"#)
    };
    let admin = kit.user_of(&owner, "admin", &allow("\"*\""));
    let user = kit.user_of(&owner, "user", &allow("\"kms:Encrypt\",\"kms:Decrypt\",\"s3:*\""));
    let reading = "\"kms:Describe*\",\"kms:List*\",\"kms:GetKey*\",\"iam:Get*\",\"cloudtrail:*\"";
    let reader = kit.user_of(&owner, "reader", &allow(reading));
    // Of a user who is not there.
    let nothing = r#"{"Statement":{"Effect":"Allow","Action":"iam:GetUser","Resource":"arn:aws:iam::111122223333:user/-"}}"#;
    let nobody = kit.user_of(&owner, "nobody", nothing);
    kit.create_principal("arn:aws:iam::111122223333:role/worker");
    let session = kit.session_of(&admin, "worker");
    let iam = |action: &str, members: &[(&str, &str)]| {
        let _ = kit.block_on(owner.iam(action, members)).ok();
    };
    iam("CreateGroup", &[("GroupName", "group")]);
    iam("AddUserToGroup", &[("GroupName", "group"), ("UserName", "user")]);
    iam("CreatePolicy", &[("PolicyName", "managed"), ("PolicyDocument", &allow("\"kms:Sign\""))]);
    let sym = known.first().expect("there are keys").value.clone();
    let grant = json!({"KeyId": sym,
        "GranteePrincipal": "arn:aws:iam::111122223333:role/worker",
        "RetiringPrincipal": "arn:aws:iam::111122223333:user/user",
        "Operations": ["Decrypt", "Encrypt", "CreateGrant", "RetireGrant"]});
    members("", &kit.call("CreateGrant", &grant).ok().json(), known);
    for (name, value) in [
        ("UserName", "user"),
        ("UserName", "nobody"),
        ("RoleName", "worker"),
        ("GroupName", "group"),
        ("PolicyName", "own"),
        ("AccountId", "111122223333"),
        ("Arn", "arn:aws:iam::111122223333:role/worker"),
        ("Arn", "arn:aws:iam::111122223333:user/nobody"),
        ("Arn", "arn:aws:iam::111122223333:policy/managed"),
        ("Arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("AccessKeyId", user.access_key.as_str()),
    ] {
        known.push(Known { name: name.to_owned(), value: value.to_owned() });
    }
    let person = |client: Client, may| Person {
        account: client.account,
        access_key: client.access_key,
        secret: client.secret,
        token: client.token,
        may,
    };
    vec![
        person(owner, May::Anything),
        person(admin, May::Anything),
        person(nobody, May::Nothing),
        person(user, May::Anything),
        person(reader, May::NoPlaintext),
        person(stranger, May::NoPlaintext),
        person(session, May::Anything),
    ]
}

fn ciphertexts(kit: &Kit, marked: &[u8], known: &mut Vec<Known>) {
    for (alias, context) in [("alias/sym", json!({})), ("alias/multi", json!({"a": "b"}))] {
        let input =
            json!({"KeyId": alias, "Plaintext": base64(marked), "EncryptionContext": context});
        let value = kit.call("Encrypt", &input).ok().string("CiphertextBlob");
        known.push(Known { name: "CiphertextBlob".to_owned(), value });
    }
    let input = json!({"KeyId": "alias/sign", "Message": base64(b"m"), "SigningAlgorithm": "ECDSA_SHA_256"});
    members("", &kit.call("Sign", &input).ok().json(), known);
    members("", &kit.call("GetPublicKey", &json!({"KeyId": "alias/agree"})).ok().json(), known);
}

fn trails(kit: &Kit, known: &mut Vec<Known>) {
    let input = json!({"Name": "trail", "S3BucketName": "bucket-of-trails"});
    let made = kit.block_on(kit.owner().cloudtrail("CreateTrail", &input)).ok().json();
    members("", &made, known);
    let key = "AWSLogs/111122223333/CloudTrail/eu-west-2/2026/11/22/a.json.gz";
    let metadata = BTreeMap::new();
    let put = kit.world.objects.put("bucket-of-trails", key, b"0123456789", &metadata);
    kit.block_on(put).expect("it is in memory");
    for (name, value) in
        [("Bucket", "bucket-of-trails"), ("Bucket", "strongroom-trail"), ("Key", key)]
    {
        known.push(Known { name: name.to_owned(), value: value.to_owned() });
    }
}
