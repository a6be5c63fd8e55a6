//! Delivery of the audit trail by a running server, on a thread of its own.

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
use std::thread::JoinHandle;
use std::time::Duration;
use strongroom_engine::Engine;
use strongroom_engine::ports::archive::Objects;
use strongroom_server::log::{self, Level};
use strongroom_trail::anchor;
use strongroom_trail::shipper::{Shipped, Shipper};
use tokio::runtime::Builder;
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

/// Starts the thread. It ends when `stopped` says so, and lets go of the engine.
pub(crate) fn start(
    shipper: Shipper,
    objects: Arc<dyn Objects>,
    trail: &Trail,
    stopped: watch::Receiver<bool>,
    (engine, tallies): (Arc<Engine>, Arc<Tallies>),
) -> Result<(Courier, JoinHandle<()>), Failure> {
    let failed = |why: std::io::Error| Failure::of("a thread could not be started", why);
    let (sender, wanted) = mpsc::channel(16);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (interval, anchors) = (trail.interval, trail.anchors.clone());
    let work = Work { shipper, anchors, objects, engine, tallies, troubled: None };
    let thread = std::thread::Builder::new()
        .name("trail".to_owned())
        .spawn(move || runtime.block_on(work.run(interval, wanted, stopped)))
        .map_err(failed)?;
    Ok((Courier(sender), thread))
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
    async fn run(
        mut self,
        interval: Duration,
        mut wanted: mpsc::Receiver<Wanted>,
        mut stopped: watch::Receiver<bool>,
    ) {
        while !*stopped.borrow() {
            let pause = if self.troubled.is_some() { interval.min(RETRY) } else { interval };
            let asked = tokio::select! {
                () = tokio::time::sleep(pause) => None,
                Some(asked) = wanted.recv() => Some(asked),
                _ = stopped.changed() => break,
            };
            if asked.as_ref().is_some_and(|asked| asked.keys_changed) {
                self.shipper.forget_signers();
            }
            // Whoever stops the server does not wait for a medium that does not answer. What is cut
            // off here is done again at the next start.
            let outcome = tokio::select! {
                outcome = self.deliver() => outcome,
                () = ended(stopped.clone()) => return,
            };
            if let Some(asked) = asked {
                let _ = asked.done.send(outcome);
            }
        }
        if tokio::time::timeout(LAST, self.deliver()).await.is_err() {
            log::log(Level::Warn, "the rest of the trail is delivered after the next start");
        }
    }

    async fn deliver(&mut self) -> Result<Shipped, String> {
        let outcome = self.shipper.run().await.map_err(|why| why.to_string());
        match &outcome {
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
                tally.done.increment();
                tally.events.add_len(shipped.events);
                tally.digests.add_len(shipped.digests);
                tally.latest.set(self.engine.now().millis());
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
