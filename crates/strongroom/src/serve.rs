//! `strongroom serve`: listening, sealed until there is a root key, open from then on, and everything
//! brought to an end in order.

use crate::cli::ServeArguments;
use crate::clock::DevClock;
use crate::config::Config;
use crate::data::{DataDir, Endpoint};
use crate::environment::typed;
use crate::gateway::{Door, Gateway};
use crate::observe::{Observer, Page, Sources, Tracing};
use crate::operator::{Office, Sealed, Socket};
use crate::provider_keys;
use crate::root_file::{self, Kept};
use crate::running;
use crate::sandbox;
use crate::secret_input::Source;
use crate::terminal::{self, Failure};
use crate::unlock::{self, Brought};
use crate::up::Up;
use arc_swap::ArcSwapOption;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use strongroom_crypto::SecretKey;
use strongroom_engine::ledger::Durability;
use strongroom_keys::RootKey;
use strongroom_rootkeys::{KeyFile, Needs, NotOpened};
use strongroom_server::log::{self, Level};
use strongroom_server::process::Process;
use strongroom_server::{Drained, Server, Transport, hardening};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// How long after a provider has not answered it is asked again: twice as long each time.
const RETRY: Duration = Duration::from_secs(1);
/// How long at most.
const MOST_RETRY: Duration = Duration::from_secs(30);
/// How often it is looked whether a sealed server has let go of everything.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn run(arguments: &ServeArguments) -> Result<(), Failure> {
    // First of all, before there is a secret in memory.
    let findings = hardening::harden();
    let config = Config::load(arguments)?;
    log::configure(config.log.level, config.log.format);
    findings.iter().for_each(|finding| log::log(Level::Warn, &finding.to_string()));
    if config.settings.durability == Durability::Buffered {
        log::log(
            Level::Warn,
            "audit is buffered: a crash may lose the audit records of up to 100 ms of uses",
        );
    }
    let (data, findings) = DataDir::take(&config.data)?;
    findings.iter().for_each(|finding| log::log(Level::Warn, finding));
    // What is opened here stays open in the sandbox.
    let kept = data.kept_root_key()?;
    let source = source(&kept, arguments.root_key_fd)?;
    // So is this.
    let process = Process::open();
    sandbox::enter(&config, &kept)?;
    log::start().map_err(|why| Failure::of("a thread could not be started", why))?;
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|why| Failure::of("the runtime could not be started", why))?;
    let server = bound(&runtime, config.server.clone())?;
    let metrics = config.metrics.map(|listen| bound(&runtime, metrics_listener(listen)));
    let metrics = metrics.transpose()?;
    let dev_clock = data.clock_for(config.dev_clock)?.map(|ahead| Arc::new(DevClock::new(ahead)));
    let root = first_try(kept, source)?;
    let tracing = config.traces.as_ref();
    let tracing = tracing.map(|settings| Tracing::start(settings, runtime.handle().clone()));
    let observer = Arc::new(Observer::new(config.log.requests, tracing.transpose()?));
    let sources = Arc::new(Sources {
        observer: observer.clone(),
        traffic: server.traffic(),
        process: process.ok(),
        engine: ArcSwapOption::default(),
    });
    let listeners = (server, metrics);
    let serving = Serving::new(&runtime, listeners, Arc::new(data), (config, dev_clock), sources)?;
    let threads = serving.run(&runtime, root)?;
    observer.end();
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Every handle of the engine is gone, so the ledger's threads write what is left and end.
    running::join(threads)?;
    log::log(Level::Info, "stopped");
    log::finish();
    Ok(())
}

fn bound(runtime: &Runtime, config: strongroom_server::Config) -> Result<Server, Failure> {
    runtime.block_on(Server::bind(config)).map_err(|why| Failure::new(why.to_string()))
}

/// The listener for metrics. It speaks plain HTTP, also on addresses that others reach: what it tells
/// are counts, and whoever wants them hidden gives an address that they do not reach.
fn metrics_listener(listen: SocketAddr) -> strongroom_server::Config {
    let transport = Transport::Plain { anywhere: true };
    strongroom_server::Config { listen, transport, limits: Page::limits() }
}

/// What stays while the server is sealed and opened.
struct Serving {
    data: Arc<DataDir>,
    config: Config,
    dev_clock: Option<Arc<DevClock>>,
    endpoint: Endpoint,
    door: Arc<Door>,
    office: Arc<Office>,
    /// What listens, until it serves.
    server: Option<Server>,
    connections: Option<tokio::task::JoinHandle<Drained>>,
    beside: Vec<tokio::task::JoinHandle<()>>,
    stopped: watch::Receiver<bool>,
    seal: mpsc::Receiver<()>,
    sources: Arc<Sources>,
}

type Threads = Vec<std::thread::JoinHandle<()>>;

impl Serving {
    fn new(
        runtime: &Runtime,
        (server, metrics): (Server, Option<Server>),
        data: Arc<DataDir>,
        (mut config, dev_clock): (Config, Option<Arc<DevClock>>),
        sources: Arc<Sources>,
    ) -> Result<Self, Failure> {
        let plain = matches!(config.server.transport, Transport::Plain { .. });
        let endpoint = endpoint(&server, plain, &config)?;
        let (ask, seal) = mpsc::channel(1);
        let office = Office::new(data.clone(), dev_clock.clone(), config.region, ask);
        let office = Arc::new(office);
        let _context = runtime.enter();
        let socket = Socket::bind(office.clone())?;
        let stopped = signals(runtime)?;
        let keys = std::mem::take(&mut config.provider_keys);
        let providers = config.settings.identity_providers.clone();
        let mut beside = vec![
            runtime.spawn(socket.serve(stopped.clone())),
            runtime.spawn(provider_keys::keep(keys, providers, stopped.clone())),
        ];
        let door = Arc::new(Door::new(sources.observer.clone()));
        let (server, connections) = (Some(server), None);
        if let Some(metrics) = metrics {
            let page = Arc::new(Page::new(sources.clone(), door.clone()));
            let mut stopped = stopped.clone();
            let shutdown = async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            beside.push(runtime.spawn(async {
                let _ = metrics.serve(page, shutdown).await;
            }));
        }
        Ok(Self {
            data,
            config,
            dev_clock,
            endpoint,
            door,
            office,
            server,
            connections,
            beside,
            stopped,
            seal,
            sources,
        })
    }

    /// Serves until the process is told to stop. Returns the threads that are still writing.
    fn run(mut self, runtime: &Runtime, mut root: Option<SecretKey>) -> Result<Threads, Failure> {
        let mut threads = Threads::new();
        let mut greeted = false;
        loop {
            let opened = match root.take() {
                Some(opened) => Some(opened),
                None => self.wait(runtime, greeted)?,
            };
            let Some(opened) = opened else { break };
            let root_key: Arc<dyn RootKey> = Arc::new(root_file::local(&opened)?);
            drop(opened);
            let clock = self.dev_clock.as_ref();
            let given = (root_key, &*self.sources.observer);
            let up = Up::start(runtime, &self.data, &self.config, clock, given)?;
            self.door.open(Gateway { engine: up.engine().clone() });
            self.sources.engine.store(Some(up.engine().clone()));
            // Whoever wanted it sealed before has had their way.
            while self.seal.try_recv().is_ok() {}
            self.office.is_open(up.engine().clone(), up.courier().clone());
            self.data.write_endpoint(&self.endpoint)?;
            self.listen(runtime);
            if !std::mem::replace(&mut greeted, true) {
                greet(&self.data, &self.endpoint, &self.config);
            }
            let stops = runtime.block_on(async {
                tokio::select! {
                    _ = self.stopped.wait_for(|stopped| *stopped) => true,
                    _ = self.seal.recv() => false,
                }
            });
            if stops {
                self.drain(runtime);
            } else {
                log::log(Level::Warn, "the server is being sealed");
            }
            self.door.close();
            self.sources.engine.store(None);
            self.office.is_between();
            let left = up.end(runtime)?;
            if stops {
                threads = left;
                break;
            }
            // Requests that are in have their answers first.
            if !self.join(runtime, left)? {
                break;
            }
        }
        self.drain(runtime);
        for task in std::mem::take(&mut self.beside) {
            let _ = runtime.block_on(task);
        }
        Ok(threads)
    }

    /// Listens, sealed, until operators have brought what opens the root key; `None` if the process
    /// is told to stop first.
    fn wait(&mut self, runtime: &Runtime, greeted: bool) -> Result<Option<SecretKey>, Failure> {
        let file: KeyFile = match self.data.kept_root_key()? {
            // Nobody seals such a server; its file has come in the place of another by hand.
            Kept::Plain(key) => return Ok(Some(key)),
            Kept::Wrapped(file) => file,
        };
        // Who was sealed on purpose is opened on purpose.
        let mut is_automatic = unlock::needs(&file.provider).is_none() && !greeted;
        let mut pause = RETRY;
        let (sender, mut opened) = mpsc::channel(1);
        let sealed = Arc::new(Sealed::new(file, sender));
        self.office.is_sealed(sealed.clone());
        self.data.write_endpoint(&self.endpoint)?;
        self.listen(runtime);
        let told = "sealed: every request is refused until `strongroom unseal` opens the root key";
        log::log(Level::Warn, told);
        if !greeted {
            terminal::line(format_args!("strongroom listening on {}, sealed", self.endpoint.url));
        }
        let root = runtime.block_on(async {
            loop {
                tokio::select! {
                    root = opened.recv() => return root,
                    _ = self.stopped.wait_for(|stopped| *stopped) => return None,
                    () = tokio::time::sleep(pause), if is_automatic => {
                        is_automatic = try_again(&sealed).await;
                        pause = (pause * 2).min(MOST_RETRY);
                    }
                }
            }
        });
        self.office.is_between();
        Ok(root)
    }

    /// Lets connections in, unless it does already.
    fn listen(&mut self, runtime: &Runtime) {
        let Some(server) = self.server.take() else { return };
        let (door, mut stopped) = (self.door.clone(), self.stopped.clone());
        let shutdown = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        self.connections = Some(runtime.spawn(server.serve(door, shutdown)));
    }

    /// Waits until a server that is being sealed has let go of its engine; `false` if the process is
    /// told to stop first.
    fn join(&self, runtime: &Runtime, threads: Threads) -> Result<bool, Failure> {
        while !threads.iter().all(std::thread::JoinHandle::is_finished) {
            if *self.stopped.borrow() {
                return Ok(false);
            }
            runtime.block_on(async { tokio::time::sleep(LOOK).await });
        }
        running::join(threads)?;
        log::log(Level::Warn, "the server has let go of every key");
        Ok(true)
    }

    /// Waits until requests in flight are answered.
    fn drain(&mut self, runtime: &Runtime) {
        let Some(connections) = self.connections.take() else { return };
        if let Ok(Drained::Left(count)) = runtime.block_on(connections) {
            log::log(Level::Warn, &format!("{count} connections were cut off"));
        }
    }
}

/// Where what opens the root key comes from, if whoever starts the server has it.
fn source(kept: &Kept, secrets: Option<u32>) -> Result<Option<(Needs, Source)>, Failure> {
    let Kept::Wrapped(file) = kept else { return Ok(None) };
    Ok(match (unlock::needs(&file.provider), secrets) {
        (Some(needed), Some(number)) => Some((needed, Source::descriptor(number)?)),
        (Some(needed @ (Needs::Passphrase | Needs::Pin)), None)
            if std::io::stdin().is_terminal() =>
        {
            Some((needed, Source::terminal()?))
        }
        _ => None,
    })
}

/// The root key, if it is there without an operator, or comes from `source`.
fn first_try(kept: Kept, source: Option<(Needs, Source)>) -> Result<Option<SecretKey>, Failure> {
    let file = match kept {
        Kept::Plain(key) => return Ok(Some(key)),
        Kept::Wrapped(file) => file,
    };
    if let Some((needed, mut source)) = source {
        return unlock::ask_from(&file, needed, &mut source).map(Some);
    }
    if unlock::needs(&file.provider).is_some() {
        return Ok(None);
    }
    match unlock::open_here(&file, &Brought::Nothing) {
        Ok(root) => Ok(Some(root)),
        Err(NotOpened::Unavailable(why)) => {
            tell_missing(&why);
            Ok(None)
        }
        Err(why) => Err(unlock::failure(&file, &why)),
    }
}

/// Asks a provider that did not answer. Returns whether it is to be asked again.
async fn try_again(sealed: &Sealed) -> bool {
    match sealed.open(Brought::Nothing).await {
        Ok(()) => true,
        Err(NotOpened::Unavailable(why)) => {
            tell_missing(&why);
            true
        }
        // A token locks its user out after a few wrong PINs.
        Err(why) => {
            log::log(
                Level::Error,
                &format!("the root key is not opened; it is not tried again: {why}"),
            );
            false
        }
    }
}

fn tell_missing(why: &str) {
    log::log(Level::Warn, &format!("the root key is not there yet: {why}"));
}

/// Tells when the process is to stop.
fn signals(runtime: &Runtime) -> Result<watch::Receiver<bool>, Failure> {
    let failed = |why: std::io::Error| Failure::of("signals cannot be received", why);
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let (stop, stopped) = watch::channel(false);
    drop(runtime.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        log::log(Level::Info, "stopping: requests in flight are finished");
        let _ = stop.send(true);
        // Whoever listens finds the sender there.
        std::future::pending::<()>().await;
    }));
    Ok(stopped)
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
