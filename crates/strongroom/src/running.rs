//! The engine put together on a data directory, with the threads that its ledger runs on.

use crate::clock::{DevClock, SystemClock};
use crate::data::DataDir;
use crate::observe::{Metered, Tallies};
use crate::terminal::Failure;
use crate::workers::WorkerThreads;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::thread::JoinHandle;
use strongroom_crypto::SystemEntropy;
use strongroom_engine::call::RequestId;
use strongroom_engine::ledger::JournalTail;
use strongroom_engine::ports::archive::{EventHistory, NoArchive, Objects};
use strongroom_engine::ports::key_store::{KeyStores, NoKeyStores};
use strongroom_engine::ports::{Clock, Workers};
use strongroom_engine::{
    CacheSizes, Engine, HeldBucket, Ports, Report, Running, Settings, VaultError,
};
use strongroom_keys::RootKey;
use strongroom_server::log::{self, Level, Value};
use strongroom_types::{AccountId, Region};
use tokio::runtime::{Builder, Runtime};

/// The engine with the threads of its ledger.
pub(crate) struct Opened {
    pub(crate) engine: Arc<Engine>,
    pub(crate) threads: Vec<JoinHandle<()>>,
    /// What reads the journal behind its writer.
    pub(crate) tail: JournalTail,
}

/// Where the trail is delivered to, and where past events are looked up.
pub(crate) struct Archive {
    pub(crate) objects: Arc<dyn Objects>,
    pub(crate) history: Arc<dyn EventHistory>,
}

/// Opens store and journal for a command that serves nobody.
pub(crate) fn open_for_operator(
    data: &DataDir,
    runtime: &Runtime,
    clock: Arc<dyn Clock>,
) -> Result<Opened, Failure> {
    let archive = Archive { objects: Arc::new(NoArchive), history: Arc::new(NoArchive) };
    let workers = Arc::new(WorkerThreads::start()?);
    let (settings, tallies) = (Settings::default(), Arc::<Tallies>::default());
    let ports = (clock, settings, Arc::new(NoKeyStores) as _, archive, workers as _, &tallies);
    open(data, runtime, data.root_key()?, ports)
}

/// What the engine is given beside the data directory and the root key.
pub(crate) type Given<'t> =
    (Arc<dyn Clock>, Settings, Arc<dyn KeyStores>, Archive, Arc<dyn Workers>, &'t Arc<Tallies>);

/// Opens store and journal.
pub(crate) fn open(
    data: &DataDir,
    runtime: &Runtime,
    root: Arc<dyn RootKey>,
    (clock, settings, key_stores, Archive { objects, history }, workers, tallies): Given<'_>,
) -> Result<Opened, Failure> {
    let ports = Ports {
        store: Arc::new(Metered::new(data.store()?, tallies)),
        log: Box::new(Metered::new(data.log()?, tallies)),
        root,
        clock,
        entropy: Arc::new(SystemEntropy),
        workers,
        key_stores,
        objects,
        history,
        settings,
        report: Arc::new(ServerLog),
    };
    let opened = runtime.block_on(Engine::open(ports, CacheSizes::default()));
    let Running { engine, committer, writer, tail, recovered, .. } =
        opened.map_err(|why| Failure::new(why.to_string()))?;
    if recovered.torn > 0 {
        log::log(
            Level::Warn,
            &format!(
                "the journal ended in {} unfinished bytes, which no reply had depended on; they \
                 were set aside beside it",
                recovered.torn
            ),
        );
    }
    // The first commit has made durable which root key the store hangs from.
    data.root_files().settle(&engine.root_fingerprint())?;
    let threads = vec![
        thread("committer", committer.run())?,
        thread("journal", async { tell_lost(writer.run().await) })?,
    ];
    Ok(Opened { engine: Arc::new(engine), threads, tail })
}

/// Tells of audit records that are lost although their requests were answered, if there are any.
fn tell_lost(records: usize) {
    if records > 0 {
        log::log(
            Level::Error,
            &format!(
                "{records} audit records of requests that were answered could not be written and are \
                 lost: audit is buffered, and the journal failed"
            ),
        );
    }
}

/// Makes the first account and its access key, unless they are there.
pub(crate) async fn first_account(
    engine: &Engine,
    data: &DataDir,
    region: Region,
) -> Result<(), Failure> {
    let failed = |why: VaultError| Failure::new(why.to_string());
    engine.know_groups_by_id().await.map_err(failed)?;
    if engine.has_account(AccountId::INITIAL).await.map_err(failed)? {
        return Ok(());
    }
    let key = data.first_access_key()?;
    let key = (key.id.as_str(), key.secret);
    engine.create_account(AccountId::INITIAL, None, region, key).await.map_err(failed)
}

/// Reserves the buckets that the configuration names, and tells which are somebody else's.
pub(crate) async fn reserve_buckets(
    engine: &Engine,
    owners: &BTreeMap<String, Option<AccountId>>,
) -> Result<(), Failure> {
    let held = engine.reserve_buckets(owners).await;
    for HeldBucket { name, owner } in held.map_err(|why| Failure::new(why.to_string()))? {
        let told = format!(
            "the bucket {name} is account {owner}'s, who had it before the configuration said \
             otherwise; it sees what was delivered for it only"
        );
        log::log(Level::Warn, &told);
    }
    Ok(())
}

/// The clock of a data directory: the system's, or one that is so many milliseconds ahead.
pub(crate) fn clock(data: &DataDir) -> Result<Arc<dyn Clock>, Failure> {
    Ok(match data.dev_clock()? {
        Some(ahead) => Arc::new(DevClock::new(ahead)),
        None => Arc::new(SystemClock),
    })
}

/// Runs one loop of the ledger on a thread of its own: it waits for disks.
fn thread(
    name: &str,
    work: impl Future<Output = ()> + Send + 'static,
) -> Result<JoinHandle<()>, Failure> {
    let failed = |why: std::io::Error| Failure::of("a thread could not be started", why);
    let runtime = Builder::new_current_thread().enable_time().build().map_err(failed)?;
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || runtime.block_on(work))
        .map_err(failed)
}

impl Opened {
    /// Lets go of the engine and waits until all that was recorded is written.
    pub(crate) fn close(self) -> Result<(), Failure> {
        drop(self.engine);
        join(self.threads)
    }
}

/// Waits for the ledger's threads, which end when every handle of the engine is gone.
pub(crate) fn join(threads: Vec<JoinHandle<()>>) -> Result<(), Failure> {
    threads.into_iter().try_for_each(|thread| {
        thread.join().map_err(|_| Failure::new("a thread of the ledger failed"))
    })
}

/// The engine's failures go to the server's log.
struct ServerLog;

impl Report for ServerLog {
    fn incident(&self, request: Option<RequestId>, what: &str) {
        let id = request.map(|id| id.to_string());
        let named = id.as_deref().map(|id| ("request_id", Value::Text(id)));
        log::event(Level::Error, what, named.as_slice());
    }
}
