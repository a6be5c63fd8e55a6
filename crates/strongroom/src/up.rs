//! A server that is open: the engine on its data directory, with all that runs beside it. It ends when
//! the server stops or is sealed, and then nothing of a key is left in memory.

use crate::brake::{Brake, Verdict};
use crate::clock::{DevClock, SystemClock};
use crate::config::{Config, Trail};
use crate::data::DataDir;
use crate::delivery::{self, Courier};
use crate::observe::{Metered, Observer, Scheduled, Tallies};
use crate::running::{self, Archive, Opened};
use crate::stream::Telling;
use crate::terminal::Failure;
use crate::workers::WorkerThreads;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use strongroom_engine::ports::archive::Objects;
use strongroom_engine::ports::{Clock, Workers};
use strongroom_engine::{DomainRotation, Due, Engine};
use strongroom_keys::RootKey;
use strongroom_keystores::{Buckets, Connectors};
use strongroom_server::hardening;
use strongroom_server::log::{self, Level};
use strongroom_trail::history::History;
use strongroom_trail::index::Index;
use strongroom_trail::shipper::{Shipper, Stream};
use strongroom_types::Region;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The longest time between two looks at what is due.
const SCHEDULE: Duration = Duration::from_secs(60);
/// The time between two looks at whether the trail's index is complete.
const INDEX: Duration = Duration::from_secs(600);
/// The time between two looks at whether domain keys were rotated.
const ROTATION: Duration = Duration::from_secs(2);

/// The engine, and what runs beside it.
pub(crate) struct Up {
    engine: Arc<Engine>,
    courier: Courier,
    /// Says that it ends.
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    indexer: JoinHandle<()>,
    /// The ledger's threads, and those that deliver.
    threads: Vec<JoinHandle<()>>,
}

impl Up {
    /// Opens the store under `root` and starts what runs beside it.
    pub(crate) fn start(
        runtime: &Runtime,
        data: &DataDir,
        config: &Config,
        dev_clock: Option<&Arc<DevClock>>,
        (root, observer): (Arc<dyn RootKey>, &Observer),
    ) -> Result<Self, Failure> {
        let tallies = &observer.tallies;
        let clock: Arc<dyn Clock> = match dev_clock {
            Some(clock) => clock.clone(),
            None => Arc::new(SystemClock),
        };
        let key_stores = Connectors::new(config.key_stores.clone());
        let key_stores = key_stores.map_err(|why| Failure::of("[key_stores]", why))?;
        let buckets = Buckets::new(config.buckets.clone(), data.objects());
        let buckets = buckets.map_err(|why| Failure::of("[trail.buckets]", why))?;
        let settings = config.settings.clone();
        let workers = Metered::new(WorkerThreads::start()?, tallies);
        let workers: Arc<dyn Workers> = Arc::new(workers);
        let objects: Arc<dyn Objects> = Arc::new(buckets);
        let (index, archive) = archive(data, &objects, &config.trail, workers.clone())?;
        let ports = (clock, settings, Arc::new(key_stores) as _, archive, workers, tallies);
        let Opened { engine, mut threads, tail } = running::open(data, runtime, root, ports)?;
        runtime.block_on(running::first_account(&engine, data, config.region))?;
        runtime.block_on(running::reserve_buckets(&engine, &config.bucket_owners))?;
        let (stop, stopped) = watch::channel(false);
        let shipping = strongroom_trail::shipper::Settings {
            bucket: config.trail.bucket.clone(),
            region: config.region,
            backlog: config.trail.backlog,
        };
        let stream = config.trail.stream.clone();
        let stream = stream.map(|target| Box::new(Telling::new(target)) as Box<dyn Stream>);
        let indexer = keep_index(runtime, &index, &objects, &config.trail, stopped.clone())?;
        let anchored = objects.clone();
        let shipper = Shipper::new(engine.clone(), tail, objects, index, shipping);
        let shipper = shipper.with_stream(stream);
        let told = (engine.clone(), tallies.clone());
        let (courier, delivery) =
            delivery::start(shipper, anchored, &config.trail, stopped.clone(), told)?;
        threads.splice(..0, delivery);
        // A clock that is set on purpose needs no brake.
        let schedule =
            schedule(engine.clone(), stopped.clone(), dev_clock.is_some(), tallies.clone());
        let rotation = rotation(engine.clone(), stopped, config.region, dev_clock.is_some());
        let tasks = vec![runtime.spawn(schedule), runtime.spawn(rotation)];
        Ok(Self { engine, courier, stop, tasks, indexer, threads })
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// What delivers the trail.
    pub(crate) fn courier(&self) -> &Courier {
        &self.courier
    }

    /// Ends what runs beside the engine, and lets go of it. The threads that are returned end when
    /// everybody else has let go of it, too, and all is written.
    pub(crate) fn end(self, runtime: &Runtime) -> Result<Vec<JoinHandle<()>>, Failure> {
        let Self { engine, courier, stop, tasks, indexer, threads } = self;
        let _ = stop.send(true);
        drop((engine, courier));
        for task in tasks {
            let ended = runtime.block_on(task);
            ended.map_err(|why| Failure::of("a task of the server failed", why))?;
        }
        running::join(vec![indexer])?;
        Ok(threads)
    }
}

/// The objects of the trail, what is looked up in them, and both as the engine knows them.
fn archive(
    data: &DataDir,
    objects: &Arc<dyn Objects>,
    trail: &Trail,
    workers: Arc<dyn Workers>,
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
        .spawn(move || {
            hardening::be_nicer(delivery::NICE);
            handle.block_on(kept);
        })
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

/// Does with keys what is due.
async fn schedule(
    engine: Arc<Engine>,
    mut stopped: watch::Receiver<bool>,
    trusted: bool,
    tallies: Arc<Tallies>,
) {
    let tally = &tallies.scheduled;
    let (mut brake, started) = (Brake::default(), tokio::time::Instant::now());
    loop {
        match brake.look(engine.now(), started.elapsed()) {
            _ if trusted => run_due(&engine, Due::Everything, tally).await,
            Verdict::Go => run_due(&engine, Due::Everything, tally).await,
            Verdict::Wait => run_due(&engine, Due::Reversible, tally).await,
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

async fn run_due(engine: &Engine, due: Due, tally: &Scheduled) {
    tally.latest.set(engine.now().millis());
    match engine.run_due_tasks(due).await {
        Ok(0) => {}
        Ok(count) => {
            tally.done.add_len(count);
            log::log(Level::Info, &format!("{count} scheduled tasks of keys were done"));
        }
        Err(why) => {
            tally.failed.increment();
            log::log(Level::Error, &format!("scheduled tasks could not be done: {why}"));
        }
    }
}

/// Goes on with a rotation of the domain keys, if one is under way. Keys are destroyed only when the
/// clock has run evenly for an hour, unless it is `trusted`.
async fn rotation(
    engine: Arc<Engine>,
    mut stopped: watch::Receiver<bool>,
    region: Region,
    trusted: bool,
) {
    let (mut brake, started) = (Brake::default(), tokio::time::Instant::now());
    let (mut before, mut trouble) = (DomainRotation::None, None::<String>);
    loop {
        let even = brake.look(engine.now(), started.elapsed()) == Verdict::Go;
        // A step may have to wait for the store to be verified.
        let step = tokio::select! {
            biased;
            _ = stopped.changed() => return,
            step = engine.continue_domain_rotation(region, trusted || even) => step,
        };
        let pause = match step {
            Ok(now) => {
                if now != before {
                    tell(now);
                }
                (before, trouble) = (now, None);
                // A page at a time, so that requests come in between.
                if now == DomainRotation::Walking { Duration::ZERO } else { ROTATION }
            }
            Err(why) => {
                let why = why.to_string();
                if trouble.as_ref() != Some(&why) {
                    let told = format!("domain keys are rotated no further for now: {why}");
                    log::log(Level::Error, &told);
                }
                trouble = Some(why);
                SCHEDULE
            }
        };
        tokio::select! {
            biased;
            _ = stopped.changed() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn tell(rotation: DomainRotation) {
    let told = match rotation {
        DomainRotation::None => return,
        DomainRotation::Walking => "records are being sealed under the newest domain keys",
        DomainRotation::Waiting => {
            "all records are sealed under the newest domain keys; those from before are destroyed \
             when tokens under them have ended"
        }
        DomainRotation::Destroyed => "the domain keys from before are destroyed",
    };
    log::log(Level::Info, told);
}
