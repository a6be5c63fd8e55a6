//! The engine in this process: no socket, and no signature but one for each caller.

use crate::clock;
use crate::terminal::{self, Failure};
use serde_json::Value;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use strongroom_crypto::{SecretBytes, SecretKey, SystemEntropy};
use strongroom_engine::call::{Arrival, Call, RequestId};
use strongroom_engine::ports::archive::NoArchive;
use strongroom_engine::ports::key_store::NoKeyStores;
use strongroom_engine::ports::{Clock, Inline, Log, Store};
use strongroom_engine::{CacheSizes, Engine, Ports, Report, Running, Settings};
use strongroom_keys::LocalRootKey;
use strongroom_kms::OperationName;
use strongroom_protocol::json;
use strongroom_sigv4::{Request, Rules, Signer, SigningKey};
use strongroom_storage::{MemoryLog, MemoryStore};
use strongroom_types::Timestamp;

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

pub(crate) fn failed(why: impl Display) -> Failure {
    Failure::of("the engine", why)
}

/// On `store` and `log`, under `root`; its two loops have yet to be run.
pub(crate) async fn open(
    store: Arc<dyn Store>,
    log: Box<dyn Log>,
    root: LocalRootKey,
) -> Result<Running, Failure> {
    let ports = Ports {
        store,
        log,
        root: Arc::new(root),
        clock: Arc::new(Wall),
        entropy: Arc::new(SystemEntropy),
        workers: Arc::new(Inline),
        key_stores: Arc::new(NoKeyStores),
        objects: Arc::new(NoArchive),
        history: Arc::new(NoArchive),
        settings: Settings::default(),
        report: Arc::new(Told),
    };
    Engine::open(ports, CacheSizes::default()).await.map_err(failed)
}

/// In memory, under a root key of its own, and running on the present runtime.
pub(crate) async fn in_memory() -> Result<Engine, Failure> {
    on_memory(Arc::new(MemoryStore::default())).await
}

/// The same on `store`.
#[expect(clippy::disallowed_methods, reason = "the engine's two loops run beside the measurement")]
pub(crate) async fn on_memory(store: Arc<dyn Store>) -> Result<Engine, Failure> {
    let root = LocalRootKey::new(SecretKey::generate(&SystemEntropy).map_err(failed)?);
    let opened = open(store, Box::new(MemoryLog::default()), root.map_err(failed)?).await?;
    let Running { engine, committer, writer, .. } = opened;
    tokio::spawn(committer.run());
    tokio::spawn(writer.run());
    Ok(engine)
}

/// Who has an access key.
pub(crate) struct Holder<'a> {
    pub(crate) access_key_id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) region: &'a str,
}

/// A call of whoever has the access key, authenticated once.
pub(crate) async fn caller(engine: &Engine, holder: &Holder<'_>) -> Result<Call, Failure> {
    let now = clock::timestamp();
    let secret = SecretBytes::new(holder.secret.as_bytes().to_vec());
    let key = SigningKey::derive(&secret, &now.civil().basic_date(), holder.region, "kms");
    let signer = Signer::new(holder.access_key_id, None, key, Rules::new("kms"));
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

/// Asks KMS.
pub(crate) async fn ask(
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
