//! Delivery of the audit trail by a running server, on threads of its own.

use crate::config::{Anchors, Trail};
use crate::observe::Tallies;
use crate::stream::told_for_sure;
use crate::terminal::Failure;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use strongroom_engine::Engine;
use strongroom_engine::ports::archive::Objects;
use strongroom_server::hardening;
use strongroom_server::log::{self, Level};
use strongroom_trail::anchor;
use strongroom_trail::shipper::{Shipped, Shipper};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot, watch};

/// How long after a failure it is tried again, at most.
const RETRY: Duration = Duration::from_secs(5);
/// How long delivery may take once the server stops; what is not delivered then, is at the next
/// start.
const LAST: Duration = Duration::from_secs(5);

/// What is asked of the thread that delivers.
pub(crate) struct Wanted {
    /// Whether another key shall sign digests from now on, because the keys have changed.
    pub(crate) keys_changed: bool,
    /// Who waits for the outcome.
    pub(crate) done: oneshot::Sender<Result<Shipped, String>>,
}

/// Asks the thread that delivers.
#[derive(Clone)]
pub(crate) struct Courier(mpsc::Sender<Wanted>);

impl Courier {
    /// Has what waits delivered now.
    pub(crate) async fn deliver(&self, keys_changed: bool) -> Result<Shipped, Failure> {
        let gone = |()| Failure::new("delivery of the trail has ended");
        let (done, outcome) = oneshot::channel();
        let wanted = Wanted { keys_changed, done };
        self.0.send(wanted).await.map_err(|_| gone(()))?;
        outcome.await.map_err(|_| gone(()))?.map_err(Failure::new)
    }
}

/// How much nicer than the threads of requests the one is that delivers while there is time: beside
/// one of those it gets a tenth of a core, so that its bursts hold no request up. Our choice.
pub(crate) const NICE: i32 = 10;

/// On which of two threads it is delivered. A thread that has made itself nicer may not take that
/// back, so there is one for each pace, of which one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// With what the threads of requests leave of the processor.
    Leisurely,
    /// As one of them, because too much waits.
    Urgent,
}

/// Starts the threads. They end when `stopped` says so, and let go of the engine.
pub(crate) fn start(
    shipper: Shipper,
    objects: Arc<dyn Objects>,
    trail: &Trail,
    stopped: watch::Receiver<bool>,
    (engine, tallies): (Arc<Engine>, Arc<Tallies>),
) -> Result<(Courier, Vec<JoinHandle<()>>), Failure> {
    let failed = |why: std::io::Error| Failure::of("a thread could not be started", why);
    let (sender, wanted) = mpsc::channel(16);
    // One for both: connections to buckets are kept alive by whichever thread is at it.
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let runtime = Arc::new(runtime);
    let (leisurely, of_leisurely) = channel();
    let (urgent, of_urgent) = channel();
    let threads = vec![
        lane("trail", Pace::Leisurely, of_leisurely, runtime.clone()).map_err(failed)?,
        lane("trail-urgent", Pace::Urgent, of_urgent, runtime).map_err(failed)?,
    ];
    let (interval, anchors) = (trail.interval, trail.anchors.clone());
    let work = Work { shipper, anchors, objects, engine, tallies, troubled: None };
    let lanes = Lanes { leisurely, urgent };
    Baton { work, interval, wanted, asked: None, stopped, lanes }.pass(Pace::Leisurely);
    Ok((Courier(sender), threads))
}

/// A thread that goes on with delivery whenever it is handed over to it.
fn lane(
    name: &str,
    pace: Pace,
    batons: Receiver<Baton>,
    runtime: Arc<Runtime>,
) -> std::io::Result<JoinHandle<()>> {
    let deliver = move || {
        if pace == Pace::Leisurely {
            hardening::be_nicer(NICE);
        }
        // INVARIANT: the senders are in the baton, so both threads end when it is dropped.
        while let Ok(baton) = batons.recv() {
            runtime.block_on(baton.run(pace));
        }
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(deliver)
}

/// The ways to both threads.
struct Lanes {
    leisurely: Sender<Baton>,
    urgent: Sender<Baton>,
}

/// Delivery, on its way between the threads.
struct Baton {
    work: Work,
    interval: Duration,
    wanted: mpsc::Receiver<Wanted>,
    /// Who waits for what is being delivered.
    asked: Option<Wanted>,
    stopped: watch::Receiver<bool>,
    lanes: Lanes,
}

impl Baton {
    /// Hands it to the thread of this pace.
    fn pass(self, pace: Pace) {
        let lane = match pace {
            Pace::Leisurely => self.lanes.leisurely.clone(),
            Pace::Urgent => self.lanes.urgent.clone(),
        };
        // A thread that is gone has panicked; delivery ends, and is told so to whoever asks.
        let _ = lane.send(self);
    }

    /// Goes on at this pace, until the other thread is to, or the server stops.
    async fn run(mut self, pace: Pace) {
        while !*self.stopped.borrow() {
            if pace == Pace::Leisurely && !self.wait().await {
                break;
            }
            // Whoever stops the server does not wait for a medium that does not answer. What is cut
            // off here is done again at the next start.
            let outcome = tokio::select! {
                outcome = self.work.deliver(pace) => outcome,
                () = ended(self.stopped.clone()) => return,
            };
            if outcome.as_ref().is_ok_and(|shipped| shipped.is_behind) {
                return self.pass(Pace::Urgent);
            }
            if let Some(asked) = self.asked.take() {
                let _ = asked.done.send(outcome);
            }
            if pace == Pace::Urgent {
                return self.pass(Pace::Leisurely);
            }
        }
        if tokio::time::timeout(LAST, self.work.deliver(Pace::Urgent)).await.is_err() {
            log::log(Level::Warn, "the rest of the trail is delivered after the next start");
        }
    }

    /// Waits until it is time, or somebody asks; says whether the server goes on.
    async fn wait(&mut self) -> bool {
        let is_troubled = self.work.troubled.is_some();
        let pause = if is_troubled { self.interval.min(RETRY) } else { self.interval };
        self.asked = tokio::select! {
            () = tokio::time::sleep(pause) => None,
            Some(asked) = self.wanted.recv() => Some(asked),
            _ = self.stopped.changed() => return false,
        };
        if self.asked.as_ref().is_some_and(|asked| asked.keys_changed) {
            self.work.shipper.forget_signers();
        }
        true
    }
}

struct Work {
    shipper: Shipper,
    anchors: Anchors,
    objects: Arc<dyn Objects>,
    /// For the time.
    engine: Arc<Engine>,
    tallies: Arc<Tallies>,
    /// What the latest run failed with.
    troubled: Option<String>,
}

impl Work {
    async fn deliver(&mut self, pace: Pace) -> Result<Shipped, String> {
        let outcome = match pace {
            Pace::Leisurely => self.shipper.run_at_leisure().await,
            Pace::Urgent => self.shipper.run_for_a_while().await,
        };
        let outcome = outcome.map_err(|why| why.to_string());
        match &outcome {
            // Neither delivered nor failed: the other thread goes on.
            Ok(shipped) if shipped.is_behind => {
                shipped.failures.iter().for_each(|why| log::log(Level::Warn, why));
            }
            Ok(shipped) => {
                if self.troubled.take().is_some() {
                    log::log(Level::Info, "the audit trail is delivered again");
                }
                shipped.failures.iter().for_each(|why| log::log(Level::Warn, why));
            }
            // Told once, not every time that it is tried again.
            Err(why) if self.troubled.as_ref() != Some(why) => {
                let text = format!("the audit trail cannot be delivered, and is kept: {why}");
                log::log(Level::Error, &text);
                self.troubled = Some(why.clone());
            }
            Err(_) => {}
        }
        self.keep_anchors().await;
        self.count(&outcome).await;
        outcome
    }

    async fn count(&mut self, outcome: &Result<Shipped, String>) {
        let tally = &self.tallies.deliveries;
        match outcome {
            Ok(shipped) => {
                tally.events.add_len(shipped.events);
                tally.digests.add_len(shipped.digests);
                if !shipped.is_behind {
                    tally.done.increment();
                    tally.latest.set(self.engine.now().millis());
                }
            }
            Err(_) => tally.failed.increment(),
        }
        if let Ok(bytes) = self.shipper.waiting().await {
            tally.waiting_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }

    /// Keeps signed statements elsewhere, each in every place; what failed is tried again.
    async fn keep_anchors(&mut self) {
        let lines = self.shipper.take_anchors();
        if lines.is_empty() {
            return;
        }
        if let Err(why) = self.kept(&lines).await {
            log::log(Level::Error, &format!("anchors of the trail could not be kept: {why}"));
            self.shipper.keep_anchors(lines);
        }
    }

    async fn kept(&self, lines: &[String]) -> Result<(), String> {
        let Anchors { file, syslog, bucket } = &self.anchors;
        if let Some(path) = file {
            append(path, lines).map_err(|why| format!("{}: {why}", path.display()))?;
        }
        if let Some(path) = syslog {
            let told = told_for_sure(path, "anchor", lines);
            told.map_err(|why| format!("{}: {why}", path.display()))?;
        }
        if let Some(bucket) = bucket {
            for line in lines {
                let key = anchor::object_key(line).ok_or("an anchor that is none")?;
                let put = self.objects.put(bucket, &key, line.as_bytes(), &BTreeMap::new()).await;
                put.map_err(|why| why.to_string())?;
            }
        }
        Ok(())
    }
}

/// Returns some time after the server was told to stop.
async fn ended(mut stopped: watch::Receiver<bool>) {
    // An error says that whoever would tell is gone.
    let _ = stopped.wait_for(|stopped| *stopped).await;
    tokio::time::sleep(LAST).await;
}

/// Appends lines to a file, durably.
fn append(path: &Path, lines: &[String]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    file.write_all(text.as_bytes())?;
    file.sync_data()
}
