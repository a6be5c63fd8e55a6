//! `strongroom serve`: ports put together, threads started, and everything brought to an end in
//! order.

use crate::brake::{Brake, Verdict};
use crate::cli::ServeArguments;
use crate::clock::{DevClock, SystemClock};
use crate::config::{Config, Trail};
use crate::data::{DataDir, Endpoint};
use crate::delivery;
use crate::environment::typed;
use crate::gateway::Gateway;
use crate::operator::Socket;
use crate::provider_keys::{self, KeySource};
use crate::running::{self, Archive, Opened};
use crate::sandbox;
use crate::stream::Telling;
use crate::terminal::{self, Failure};
use crate::workers::WorkerThreads;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use strongroom_engine::ports::Clock;
use strongroom_engine::ports::archive::Objects;
use strongroom_engine::{Due, Engine};
use strongroom_federation::Providers;
use strongroom_keystores::{Buckets, Connectors};
use strongroom_server::log::{self, Level};
use strongroom_server::{Drained, Server, Transport, hardening};
use strongroom_trail::history::History;
use strongroom_trail::index::Index;
use strongroom_trail::shipper::{Shipper, Stream};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The longest time between two looks at what is due.
const SCHEDULE: Duration = Duration::from_secs(60);
/// The time between two looks at whether the trail's index is complete.
const INDEX: Duration = Duration::from_secs(600);

pub(crate) fn run(arguments: &ServeArguments) -> Result<(), Failure> {
    // First of all, before there is a secret in memory.
    let findings = hardening::harden();
    let mut config = Config::load(arguments)?;
    log::configure(Level::Info, config.log);
    findings.iter().for_each(|finding| log::log(Level::Warn, &finding.to_string()));
    let (data, findings) = DataDir::take(&config.data)?;
    findings.iter().for_each(|finding| log::log(Level::Warn, finding));
    sandbox::enter(&config)?;
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let plain = matches!(config.server.transport, Transport::Plain { .. });
    let server = runtime
        .block_on(Server::bind(config.server.clone()))
        .map_err(|why| Failure::new(why.to_string()))?;
    let data = Arc::new(data);
    let dev_clock = data.clock_for(config.dev_clock)?.map(|ahead| Arc::new(DevClock::new(ahead)));
    let clock: Arc<dyn Clock> = match &dev_clock {
        Some(clock) => clock.clone(),
        None => Arc::new(SystemClock),
    };
    let key_stores = Connectors::new(config.key_stores.clone());
    let key_stores = key_stores.map_err(|why| Failure::of("[key_stores]", why))?;
    let buckets = Buckets::new(config.buckets.clone(), data.objects());
    let buckets = buckets.map_err(|why| Failure::of("[trail.buckets]", why))?;
    let settings = config.settings.clone();
    let workers = Arc::new(WorkerThreads::start()?);
    let objects: Arc<dyn Objects> = Arc::new(buckets);
    let (index, archive) = archive(&data, &objects, &config.trail, workers.clone())?;
    let Opened { engine, mut threads, tail } =
        running::open(&data, &runtime, clock, settings, Arc::new(key_stores), archive, workers)?;
    runtime.block_on(running::first_account(&engine, &data, config.region))?;
    runtime.block_on(running::reserve_buckets(&engine, &config.bucket_owners))?;
    let endpoint = endpoint(&server, plain, &config)?;
    data.write_endpoint(&endpoint)?;
    greet(&data, &endpoint, &config);
    // A clock that is set on purpose needs no brake.
    let trusted = dev_clock.is_some();
    let (stop, stopped) = watch::channel(false);
    let shipping = strongroom_trail::shipper::Settings {
        bucket: config.trail.bucket.clone(),
        region: config.region,
        backlog: config.trail.backlog,
    };
    let stream = config.trail.stream.clone();
    let stream = stream.map(|target| Box::new(Telling::new(target)) as Box<dyn Stream>);
    let indexer = keep_index(&runtime, &index, &objects, &config.trail, stopped.clone())?;
    let anchored = objects.clone();
    let shipper = Shipper::new(engine.clone(), tail, objects, index, shipping);
    let shipper = shipper.with_stream(stream);
    let (courier, thread) = delivery::start(shipper, anchored, &config.trail, stopped.clone())?;
    threads.insert(0, thread);
    let socket = {
        let _context = runtime.enter();
        Socket::bind(data.clone(), dev_clock, config.region, courier)?
    };
    let keys = std::mem::take(&mut config.provider_keys);
    let providers = config.settings.identity_providers.clone();
    serve(&runtime, server, engine, Beside { socket, trusted, keys, providers, stop, stopped })?;
    running::join(vec![indexer])?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Every handle of the engine is gone, so the ledger's threads write what is left and end.
    running::join(threads)?;
    log::log(Level::Info, "stopped");
    Ok(())
}

/// The objects of the trail, what is looked up in them, and both as the engine knows them.
fn archive(
    data: &DataDir,
    objects: &Arc<dyn Objects>,
    trail: &Trail,
    workers: Arc<WorkerThreads>,
) -> Result<(Arc<Index>, Archive), Failure> {
    let place = data.path().join("trail-index");
    let index = Index::open(&place).map_err(|why| Failure::of(place.display(), why))?;
    let index = Arc::new(index);
    let history = History::new(index.clone(), objects.clone(), trail.bucket.clone(), workers);
    let archive = Archive { objects: objects.clone(), history: Arc::new(history) };
    Ok((index, archive))
}

/// Starts the thread that makes the index of the trail complete, beside serving and delivery. It ends
/// when `stopped` says so.
fn keep_index(
    runtime: &Runtime,
    index: &Arc<Index>,
    objects: &Arc<dyn Objects>,
    trail: &Trail,
    mut stopped: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, Failure> {
    let (index, objects, bucket) = (index.clone(), objects.clone(), trail.bucket.clone());
    let kept = async move {
        while !*stopped.borrow() {
            let completed = async {
                complete(&index, &*objects, &bucket).await;
                tokio::time::sleep(INDEX).await;
            };
            tokio::select! {
                biased;
                _ = stopped.changed() => break,
                () = completed => {}
            }
        }
    };
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("trail-index".to_owned())
        .spawn(move || handle.block_on(kept))
        .map_err(|why| Failure::of("a thread could not be started", why))
}

/// Makes the index of the trail from its log files, if it is new, was not made to its end, or has
/// missed some. What cannot be had now is tried again later; until then not all past events are found.
/// Files may be delivered meanwhile. It blocks its thread for a log file at a time.
async fn complete(index: &Index, objects: &dyn Objects, bucket: &str) {
    if let Some(why) = index.trouble() {
        log::log(Level::Warn, &format!("the trail's index has missed a log file: {why}"));
    }
    if index.is_complete() {
        return;
    }
    match index.rebuild(objects, bucket).await {
        Ok(0) => {}
        Ok(count) => {
            log::log(Level::Info, &format!("the trail's index was made of {count} log files"));
        }
        Err(why) => log::log(
            Level::Warn,
            &format!("the trail's index is not complete; it is tried again later: {why}"),
        ),
    }
}

fn endpoint(server: &Server, plain: bool, config: &Config) -> Result<Endpoint, Failure> {
    let mut address = server.local_addr().map_err(|why| Failure::new(why.to_string()))?;
    // What listens everywhere is reached here by loopback.
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    let scheme = if plain { "http" } else { "https" };
    let ca_file = server.ca_file().map(|path| std::path::absolute(&path).unwrap_or(path));
    let region = config.region.as_str().to_owned();
    Ok(Endpoint { url: format!("{scheme}://{address}"), region, ca_file })
}

fn greet(data: &DataDir, endpoint: &Endpoint, config: &Config) {
    let directory = config.data.display().to_string();
    let option = match directory.as_str() {
        "./strongroom-data" => String::new(),
        other => format!(" --data {}", typed(other)),
    };
    terminal::line(format_args!("strongroom listening on {}", endpoint.url));
    terminal::line(format_args!("  data         {directory}"));
    if data.credentials_path().exists() {
        terminal::line(format_args!("  credentials  {}", data.credentials_path().display()));
    }
    if !data.credentials_path().exists() {
        terminal::line("  credentials  removed; `strongroom env` needs them\n");
        return;
    }
    if config.dev_clock {
        terminal::line("  clock        for tests; `strongroom clock advance 30d` sets it forward");
    }
    terminal::line("\nIn another shell, with the AWS CLI:");
    terminal::line(format_args!("  eval \"$({}{option})\"", command_name()));
    terminal::line("  aws kms create-key --description \"my first key\"\n");
}

/// How this program was called, so that the line it prints can be typed as it is.
fn command_name() -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    format!("{} env", typed(&called.to_string_lossy()))
}

/// What is done beside serving.
struct Beside {
    socket: Socket,
    /// Whether the clock needs no brake.
    trusted: bool,
    /// What is fetched for the identity providers.
    keys: Vec<KeySource>,
    providers: Providers,
    /// Says that the server stops.
    stop: watch::Sender<bool>,
    stopped: watch::Receiver<bool>,
}

fn serve(
    runtime: &Runtime,
    server: Server,
    engine: Arc<Engine>,
    beside: Beside,
) -> Result<(), Failure> {
    let Beside { socket, trusted, keys, providers, stop, stopped } = beside;
    let failed = |why: std::io::Error| Failure::of("signals cannot be received", why);
    let drained = runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let shutdown = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            log::log(Level::Info, "stopping: requests in flight are finished");
        };
        let gateway = Arc::new(Gateway { engine: engine.clone() });
        let operator = socket.serve(engine.clone(), stopped.clone());
        let keys = provider_keys::keep(keys, providers, stopped.clone());
        let schedule = schedule(engine, stopped, trusted);
        let serving = async {
            let drained = server.serve(gateway, shutdown).await;
            let _ = stop.send(true);
            drained
        };
        Ok::<_, Failure>(tokio::join!(serving, schedule, operator, keys).0)
    })?;
    if let Drained::Left(count) = drained {
        log::log(Level::Warn, &format!("{count} connections were cut off"));
    }
    Ok(())
}

/// Does with keys what is due.
async fn schedule(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>, trusted: bool) {
    let (mut brake, started) = (Brake::default(), tokio::time::Instant::now());
    loop {
        match brake.look(engine.now(), started.elapsed()) {
            _ if trusted => run_due(&engine, Due::Everything).await,
            Verdict::Go => run_due(&engine, Due::Everything).await,
            Verdict::Wait => run_due(&engine, Due::Reversible).await,
            Verdict::Jumped(millis) => log::log(
                Level::Error,
                &format!(
                    "the clock jumped by {} s; no key and no expired key material is deleted for \
                     the next hour, so that it can be set right",
                    millis / 1000
                ),
            ),
        }
        write_last_uses(&engine).await;
        tokio::select! {
            () = tokio::time::sleep(SCHEDULE) => {}
            _ = stopped.changed() => {
                write_last_uses(&engine).await;
                return;
            }
        }
    }
}

async fn write_last_uses(engine: &Engine) {
    if let Err(why) = engine.write_last_uses().await {
        log::log(Level::Error, &format!("last uses of keys could not be written: {why}"));
    }
}

async fn run_due(engine: &Engine, due: Due) {
    match engine.run_due_tasks(due).await {
        Ok(0) => {}
        Ok(count) => log::log(Level::Info, &format!("{count} scheduled tasks of keys were done")),
        Err(why) => log::log(Level::Error, &format!("scheduled tasks could not be done: {why}")),
    }
}
