//! The jobs of a command, a few at a time: for a small file most of the time is that of the KMS's answer.

use super::exit::{Cause, Ended};
use super::output;
use super::places::Job;
use crate::cli::OutputArguments;
use crate::progress::Progress;
use crate::terminal;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use strongroom_envelope::Workers;

/// Most jobs at a time. Our choice: with a KMS that answers in 30 ms, 250 files a second.
const AT_ONCE: usize = 8;
/// The largest file that one of several threads works on by itself, bytes; a larger one has all of them,
/// and is the only such. Our choice: a KMS's answer takes as long as some MiB.
const SMALL: u64 = 4 << 20;

/// What a job is done with.
pub(super) struct Means<'a> {
    /// Who works on it.
    pub(super) workers: Workers,
    bar: &'a Bar,
    /// What of it the bar has counted, bytes.
    counted: AtomicU64,
    is_alone: bool,
}

impl Means<'_> {
    /// It is so long, which is known better than before it was opened.
    pub(super) fn expect(&self, length: Option<u64>) {
        if self.is_alone {
            self.bar.state().total = length;
        }
    }

    /// So many bytes are done.
    pub(super) fn at(&self, done: u64) {
        let before = self.counted.fetch_max(done, Ordering::Relaxed);
        self.bar.add(done.saturating_sub(before));
    }
}

/// A bar for work that several threads do.
pub(super) struct Bar(Mutex<State>);

struct State {
    progress: Progress,
    total: Option<u64>,
    done: u64,
}

impl Bar {
    pub(super) fn begin(what: &str, total: Option<u64>) -> Self {
        let progress = Progress::bytes(what.to_owned());
        Self(Mutex::new(State { progress, total, done: 0 }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, bytes: u64) {
        let mut state = self.state();
        state.done = state.done.saturating_add(bytes);
        let State { progress, total, done } = &mut *state;
        progress.draw(*done, *total);
    }

    /// Its work alone.
    pub(super) fn whole(&self) -> Means<'_> {
        let (workers, counted) = (Workers::default(), AtomicU64::new(0));
        Means { workers, bar: self, counted, is_alone: true }
    }

    /// Prints where the bar was; it is drawn again behind it.
    fn aside(&self, print: impl FnOnce()) {
        let mut state = self.state();
        state.progress.clear();
        print();
    }
}

/// Does a job, and returns what is told of it.
pub(super) type One<'a> = &'a (dyn Fn(&Job, &Means<'_>) -> Result<Option<String>, Ended> + Sync);

/// Does all jobs, which are called `what`, and tells of them in their order. After a failure none is
/// begun, unless the command line says otherwise.
pub(super) fn each(
    jobs: Vec<Job>,
    arguments: &OutputArguments,
    what: &str,
    one: One<'_>,
) -> Result<(), Ended> {
    let jobs = wanted(jobs, arguments)?;
    let lengths: Vec<Option<u64>> = jobs.iter().map(length).collect();
    let bar = Bar::begin(what, lengths.iter().copied().sum());
    if let [job] = jobs.as_slice() {
        let told = one(job, &bar.whole());
        drop(bar);
        return told.map(|told| tell(told.as_deref()));
    }
    let floor = Floor {
        jobs: &jobs,
        lengths: &lengths,
        bar: &bar,
        one,
        goes_on: arguments.keep_going,
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        large: Mutex::new(()),
    };
    thread::scope(|scope| {
        let (done, ended) = channel();
        for _ in 0..jobs.len().min(AT_ONCE) {
            let (floor, done) = (&floor, done.clone());
            scope.spawn(move || floor.serve(&done));
        }
        drop(done);
        floor.told(&ended)
    })
}

/// The jobs whose outputs are to be written. What is there already is known before anything is done.
fn wanted(jobs: Vec<Job>, arguments: &OutputArguments) -> Result<Vec<Job>, Ended> {
    let is_there = |job: &Job| job.to.path().is_some_and(output::is_there);
    if arguments.skip_existing {
        let count = jobs.len();
        let jobs: Vec<Job> = jobs.into_iter().filter(|job| !is_there(job)).collect();
        if let more @ 1.. = count - jobs.len() {
            terminal::error(&format_args!("{more} left out, whose outputs are there already"));
        }
        return Ok(jobs);
    }
    if jobs.len() > 1 && !arguments.force && !arguments.keep_going {
        let there: Vec<&Path> =
            jobs.iter().filter(|job| is_there(job)).filter_map(|job| job.to.path()).collect();
        if let Some((first, others)) = there.split_first() {
            let more = match others.len() {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let why = format!(
                "is there already{more}; --force replaces it, --skip-existing leaves it as it is"
            );
            return Err(Ended::of(Cause::Output, first.display(), why));
        }
    }
    Ok(jobs)
}

fn length(job: &Job) -> Option<u64> {
    let there = std::fs::symlink_metadata(job.from.path()?).ok()?;
    there.is_file().then_some(there.len())
}

fn tell(line: Option<&str>) {
    line.map(terminal::line);
}

type Ending = (usize, Result<Option<String>, Ended>);

/// Where the threads meet.
struct Floor<'a> {
    jobs: &'a [Job],
    lengths: &'a [Option<u64>],
    bar: &'a Bar,
    one: One<'a>,
    goes_on: bool,
    next: AtomicUsize,
    stopped: AtomicBool,
    large: Mutex<()>,
}

impl Floor<'_> {
    /// What each thread does: one job after the other.
    fn serve(&self, done: &Sender<Ending>) {
        while !self.stopped.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(at) else { return };
            let ending = self.do_one(job, self.lengths.get(at).copied().flatten());
            if ending.is_err() && !self.goes_on {
                self.stopped.store(true, Ordering::Relaxed);
            }
            if done.send((at, ending)).is_err() {
                return;
            }
        }
    }

    fn do_one(&self, job: &Job, length: Option<u64>) -> Result<Option<String>, Ended> {
        let is_small = length.is_some_and(|length| length <= SMALL);
        let turn = (!is_small).then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let workers = if is_small { Workers::one() } else { Workers::default() };
        let counted = AtomicU64::new(0);
        let means = Means { workers, bar: self.bar, counted, is_alone: false };
        let ending = (self.one)(job, &means);
        drop(turn);
        ending
    }

    /// Tells of the jobs in their order, and returns how all of them ended: as the first that failed.
    fn told(&self, ended: &Receiver<Ending>) -> Result<(), Ended> {
        let (mut waiting, mut turn) = (BTreeMap::new(), 0);
        let mut failed: Vec<Ended> = Vec::new();
        let mut one = |ending: Result<Option<String>, Ended>| match ending {
            Ok(line) => self.bar.aside(|| tell(line.as_deref())),
            Err(why) => {
                if self.goes_on {
                    self.bar.aside(|| terminal::error(&why));
                }
                failed.push(why);
            }
        };
        for (at, ending) in ended {
            waiting.insert(at, ending);
            while let Some(ending) = waiting.remove(&turn) {
                one(ending);
                turn += 1;
            }
        }
        // After a failure some are missing.
        waiting.into_values().for_each(one);
        let count = failed.len();
        match failed.into_iter().next() {
            None => Ok(()),
            Some(first) if !self.goes_on => Err(first),
            Some(first) => {
                let told = format!("{count} of {} files have failed", self.jobs.len());
                Err(first.told_as(told))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::input::Place;
    use super::*;

    fn arguments(keep_going: bool) -> OutputArguments {
        OutputArguments {
            output: None,
            force: false,
            suffix: ".enc".to_owned(),
            skip_special: false,
            skip_existing: false,
            keep_going,
            json: false,
        }
    }

    fn jobs(count: usize) -> Vec<Job> {
        let job = |at| Job {
            from: Place::Derived(format!("/nowhere/{at}").into()),
            to: Place::Derived(format!("/nowhere/{at}.enc").into()),
        };
        (0..count).map(job).collect()
    }

    #[test]
    fn a_failure_ends_it_unless_it_shall_go_on() {
        let begun = AtomicUsize::new(0);
        let one = |job: &Job, _: &Means<'_>| {
            begun.fetch_add(1, Ordering::Relaxed);
            match job.from.told().ends_with('1') {
                true => Err(Ended::of(Cause::Message, job.from.told(), "altered")),
                false => Ok(None),
            }
        };
        let ended = each(jobs(100), &arguments(true), "test", &one).unwrap_err();
        assert_eq!(begun.swap(0, Ordering::Relaxed), 100);
        assert_eq!(
            (ended.cause(), ended.to_string().as_str()),
            (Cause::Message, "10 of 100 files have failed")
        );
        let ended = each(jobs(100_000), &arguments(false), "test", &one).unwrap_err();
        assert!(begun.load(Ordering::Relaxed) < 100_000);
        assert_eq!(ended.to_string(), "/nowhere/1: altered");
        assert!(each(Vec::new(), &arguments(false), "test", &one).is_ok());
    }

    #[test]
    fn what_is_there_stops_it_before_anything_is_done() {
        let directory = tempfile::tempdir().unwrap();
        let job = |name: &str| Job {
            from: Place::Derived(directory.path().join(name)),
            to: Place::Derived(directory.path().join(format!("{name}.enc"))),
        };
        std::fs::write(directory.path().join("b.enc"), "").unwrap();
        let jobs = || vec![job("a"), job("b"), job("c")];
        let refused = wanted(jobs(), &arguments(false)).unwrap_err();
        assert!(refused.to_string().contains("b.enc: is there already;"), "{refused}");
        assert_eq!(wanted(jobs(), &arguments(true)).unwrap(), jobs());
        let skipping = OutputArguments { skip_existing: true, ..arguments(false) };
        assert_eq!(wanted(jobs(), &skipping).unwrap(), [job("a"), job("c")]);
        let forcing = OutputArguments { force: true, ..arguments(false) };
        assert_eq!(wanted(jobs(), &forcing).unwrap(), jobs());
    }
}
