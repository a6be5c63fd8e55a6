//! The decision in its place: Encrypt through the engine, over a store and a journal in memory. No
//! socket, no signature and no disk are part of what is measured.

use super::policies::long_key_policy;
use super::{ROUNDS, Row, print, used};
use crate::clock;
use crate::terminal::{self, Failure};
use serde_json::{Value, json};
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use strongroom_crypto::{SecretBytes, SecretKey, SystemEntropy};
use strongroom_engine::call::{Arrival, Call, RequestId};
use strongroom_engine::ports::archive::NoArchive;
use strongroom_engine::ports::key_store::NoKeyStores;
use strongroom_engine::ports::{Clock, Inline};
use strongroom_engine::{CacheSizes, Engine, Ports, Report, Running, Settings};
use strongroom_keys::LocalRootKey;
use strongroom_kms::OperationName;
use strongroom_protocol::json;
use strongroom_sigv4::{Request, Rules, Signer, SigningKey};
use strongroom_storage::{MemoryLog, MemoryStore};
use strongroom_types::{AccountId, Timestamp};

/// More than the long key policy has statements.
const NAMED_ACCOUNTS: u64 = 150;

/// Requests in a round.
const COUNT: u32 = 500;

const REGION: &str = "us-east-1";
const SECRET: &str = "secret-access-key-of-the-benchmark";
const OWNER: &str = "AKIABENCHMARKOWNER01";
const STRANGER: &str = "AKIABENCHMARKOTHER01";
const STRANGER_ACCOUNT: &str = "444455556666";

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        clock::timestamp()
    }
}

struct Told;

impl Report for Told {
    fn incident(&self, _: Option<RequestId>, what: &str) {
        terminal::error(&what);
    }
}

/// Measures requests on keys of few and of many grants.
pub(super) fn run(grants: u32) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime", why))?;
    runtime.block_on(measure(grants))
}

fn failed(why: impl Display) -> Failure {
    Failure::of("the engine", why)
}

#[expect(clippy::disallowed_methods, reason = "the engine's two loops run beside the measurement")]
async fn open() -> Result<Engine, Failure> {
    let root = LocalRootKey::new(SecretKey::generate(&SystemEntropy).map_err(failed)?);
    let ports = Ports {
        store: Arc::new(MemoryStore::default()),
        log: Box::new(MemoryLog::default()),
        root: Arc::new(root.map_err(failed)?),
        clock: Arc::new(Wall),
        entropy: Arc::new(SystemEntropy),
        workers: Arc::new(Inline),
        key_stores: Arc::new(NoKeyStores),
        objects: Arc::new(NoArchive),
        history: Arc::new(NoArchive),
        settings: Settings::default(),
        report: Arc::new(Told),
    };
    let opened = Engine::open(ports, CacheSizes::default()).await.map_err(failed)?;
    let Running { engine, committer, writer, .. } = opened;
    tokio::spawn(committer.run());
    tokio::spawn(writer.run());
    let region = REGION.parse().map_err(|()| failed("no Region"))?;
    let other: AccountId = STRANGER_ACCOUNT.parse().map_err(|_| failed("no account"))?;
    for (account, key) in [(AccountId::INITIAL, OWNER), (other, STRANGER)] {
        let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
        engine.create_account(account, None, region, (key, secret)).await.map_err(failed)?;
    }
    // Those that the long key policy names.
    for number in 0..NAMED_ACCOUNTS {
        let account = AccountId::from_number(number).ok_or_else(|| failed("no account"))?;
        let key = format!("AKIABENCH{number:011}");
        let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
        engine.create_account(account, None, region, (&key, secret)).await.map_err(failed)?;
    }
    Ok(engine)
}

/// A call of whoever has the access key, authenticated once.
async fn caller(engine: &Engine, access_key: &str) -> Result<Call, Failure> {
    let now = clock::timestamp();
    let secret = SecretBytes::new(SECRET.as_bytes().to_vec());
    let key = SigningKey::derive(&secret, &now.civil().basic_date(), REGION, "kms");
    let signer = Signer::new(access_key, None, key, Rules::new("kms"));
    let mut headers = vec![("host".to_owned(), "benchmark".to_owned())];
    let borrowed: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let plain =
        Request::new("POST", "/", "", &borrowed, b"").map_err(|why| failed(why.message()))?;
    let added = signer.headers(&plain, now).map_err(failed)?;
    headers.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let borrowed: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let signed =
        Request::new("POST", "/", "", &borrowed, b"").map_err(|why| failed(why.message()))?;
    let origin = Arrival {
        source: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: "benchmark".to_owned(),
        tls: None,
        host: "benchmark".to_owned(),
    };
    engine.authenticate(&signed, "kms", engine.request_id(), origin).await.map_err(failed)
}

async fn ask(
    engine: &Engine,
    call: &Call,
    name: OperationName,
    input: &[u8],
) -> Result<Value, Failure> {
    let answer = strongroom_kms::serve(engine, name, call, json::parse(input)).await;
    let rendered = json::render(&answer.map_err(failed)?);
    let body = rendered.body.expose();
    if rendered.status != 200 {
        return Err(failed(String::from_utf8_lossy(body)));
    }
    if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(body).map_err(failed) }
}

/// A key; if there are to be grants, with so many, and then with a long policy that allows its
/// account.
async fn key(engine: &Engine, owner: &Call, grants: u32) -> Result<String, Failure> {
    let made = ask(engine, owner, OperationName::CreateKey, b"{}").await?;
    let arn = made.pointer("/KeyMetadata/Arn").and_then(Value::as_str).unwrap_or_default();
    for number in 0..grants {
        // All to one grantee, so that nothing but the constraint tells them apart.
        let input = json!({
            "KeyId": arn,
            "GranteePrincipal": format!("arn:aws:iam::{STRANGER_ACCOUNT}:root"),
            "Operations": ["Encrypt", "Decrypt"],
            "Constraints": {"EncryptionContextSubset": {"volume": format!("vol-{number}")}},
        });
        ask(engine, owner, OperationName::CreateGrant, input.to_string().as_bytes()).await?;
    }
    if grants > 0 {
        // Afterwards: each grant counts in the key's record, which holds the policy.
        let policy = long_key_policy("arn:aws:iam::111122223333:root");
        let input = json!({"KeyId": arn, "Policy": policy});
        ask(engine, owner, OperationName::PutKeyPolicy, input.to_string().as_bytes()).await?;
    }
    Ok(arn.to_owned())
}

async fn measure(grants: u32) -> Result<(), Failure> {
    let engine = open().await?;
    let (owner, stranger) = (caller(&engine, OWNER).await?, caller(&engine, STRANGER).await?);
    let plain = key(&engine, &owner, 0).await?;
    terminal::progress(format_args!("creating {grants} grants on one key"));
    let crowded = key(&engine, &owner, grants).await?;
    let single = key(&engine, &owner, 1).await?;
    let last = grants.saturating_sub(1);
    let cases = [
        ("default key policy".to_owned(), &owner, &plain, 0),
        (format!("key policy of 32 KiB, {grants} grants"), &owner, &crowded, last),
        ("the same key policy, by its only grant".to_owned(), &stranger, &single, 0),
        (format!("the same, by one of {grants} grants"), &stranger, &crowded, last),
    ];
    let mut rows: Vec<Row> = cases.iter().map(|(name, ..)| Row::new(name.clone())).collect();
    for _ in 0..ROUNDS {
        for ((_, call, key, volume), row) in cases.iter().zip(&mut rows) {
            let input = json!({"KeyId": key, "Plaintext": "AAAA",
                               "EncryptionContext": {"volume": format!("vol-{volume}")}});
            let input = input.to_string().into_bytes();
            let began = used()?;
            for _ in 0..COUNT {
                ask(&engine, call, OperationName::Encrypt, &input).await?;
            }
            row.note(began, COUNT);
        }
    }
    print("one Encrypt, without socket, signature and disk", &rows);
    Ok(())
}
