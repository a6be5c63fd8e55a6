//! `trail`: a day of delivered events of one account and Region, a log file a minute and a digest an
//! hour as the server delivers them: what it takes on disk, how long verifying it takes, and how
//! long events take to be looked up.

mod day;

use crate::cli::TrailArguments;
use crate::clock;
use crate::histogram::Histogram;
use crate::terminal::{self, Failure};
use day::{Cpu, Day, account, region};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use strongroom_engine::ports::Inline;
use strongroom_engine::ports::archive::{EventAttribute, EventHistory as _, EventQuery, Objects};
use strongroom_storage::DirectoryObjects;
use strongroom_trail::History;
use strongroom_trail::index::Index;
use strongroom_trail::verify::{Window, chains, verify};
use tokio::runtime::{Builder, Runtime};

/// Events of a page: as many as LookupEvents has at most.
const PAGE: usize = 50;

pub(crate) fn run(arguments: &TrailArguments) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::new(format!("the day: {why}"));
    let temporary = tempfile::tempdir().map_err(failed)?;
    let base = arguments.directory.as_deref().unwrap_or(temporary.path());
    let runtime = Builder::new_current_thread().build().map_err(failed)?;
    let objects: Arc<dyn Objects> = Arc::new(DirectoryObjects::new(&base.join("trail")));
    let index = Arc::new(Index::open(&base.join("trail-index")).map_err(failed)?);
    let began = clock::now();
    let mut day = Day::new(objects.clone(), index.clone())?;
    runtime.block_on(day.deliver(arguments.events))?;
    let delivered = began.elapsed();
    terminal::line("| a day of the trail | |\n|---|---:|");
    row("events", arguments.events);
    row("made and delivered, s", delivered.as_secs());
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / arguments.events.max(1) as f64;
    let Cpu { making, compressing, writing, indexing } = day.cpu;
    row("CPU µs an event", each(making + compressing + writing + indexing));
    row("of it read and made into an event", each(making));
    row("of it compressed", each(compressing));
    row("of it hashed and written", each(writing));
    row("of it taken up by the index", each(indexing));
    let bytes = size(&base.join("trail"));
    row("log files and digests, MB", bytes / 1_000_000);
    row("bytes an event of it", bytes as f64 / arguments.events.max(1) as f64);
    row("index, MB", size(&base.join("trail-index")) / 1_000_000);
    row("verified, s", check(&runtime, &*objects, &day, arguments.events)?.as_secs_f64());
    terminal::line("");
    look_ups(&runtime, arguments, &day, (&objects, &index))
}

fn row(name: &str, value: impl std::fmt::Display) {
    terminal::line(format_args!("| {name} | {value:.1} |"));
}

/// Verifies the day, which is sound.
fn check(
    runtime: &Runtime,
    objects: &dyn Objects,
    day: &Day,
    events: u64,
) -> Result<Duration, Failure> {
    let failed =
        |why: strongroom_engine::ports::archive::ArchiveError| Failure::new(why.to_string());
    let began = clock::now();
    let all = runtime.block_on(chains(objects, day::BUCKET, None)).map_err(failed)?;
    let (keys, mut records) = (day.keys(), 0);
    for chain in &all {
        let report = verify(objects, chain, &keys, &[], Window::default());
        let report = runtime.block_on(report).map_err(failed)?;
        if !report.is_sound() {
            return Err(Failure::new(format!("the day is not sound: {:?}", report.findings)));
        }
        records += report.records;
    }
    if records != events {
        return Err(Failure::new(format!("{records} records of {events}")));
    }
    Ok(began.elapsed())
}

fn look_ups(
    runtime: &Runtime,
    arguments: &TrailArguments,
    day: &Day,
    (objects, index): (&Arc<dyn Objects>, &Arc<Index>),
) -> Result<(), Failure> {
    terminal::line(format_args!(
        "| looked up, {PAGE} at most | found, mean | p50 ms | p99 ms | max ms |\n|---|---:|---:|---:|---:|"
    ));
    for (name, attribute) in CASES {
        let history =
            History::new(index.clone(), objects.clone(), day::BUCKET.to_owned(), Arc::new(Inline));
        let (mut times, mut found) = (Histogram::new(), 0);
        for number in 0..u64::from(arguments.look_ups) {
            let value = attribute.map(|attribute| (attribute, day.value(name, number)));
            let (from, to) = day::span();
            let (account, region) = (account(), region()?);
            let query = EventQuery {
                account,
                region,
                attribute: value,
                from,
                to,
                limit: PAGE,
                after: None,
            };
            let began = clock::now();
            let page = runtime.block_on(history.look_up(&query));
            times.record(began.elapsed());
            found += page.map_err(|why| Failure::new(why.to_string()))?.events.len();
        }
        let mean = found / usize::try_from(arguments.look_ups).unwrap_or(1);
        let at = |per_mille| {
            let time = times.percentile(per_mille).unwrap_or_default();
            format!("{:.2}", time.as_secs_f64() * 1000.0)
        };
        terminal::line(format_args!(
            "| {name} | {mean} | {} | {} | {} |",
            at(500),
            at(990),
            at(1000)
        ));
    }
    Ok(())
}

/// What is looked up.
const CASES: [(&str, Option<EventAttribute>); 11] = [
    ("anything", None),
    ("EventId", Some(EventAttribute::EventId)),
    ("EventName", Some(EventAttribute::EventName)),
    ("ReadOnly false", Some(EventAttribute::ReadOnly)),
    ("Username", Some(EventAttribute::Username)),
    ("Username, rare", Some(EventAttribute::Username)),
    ("Username, nobody", Some(EventAttribute::Username)),
    ("ResourceName", Some(EventAttribute::ResourceName)),
    ("ResourceType", Some(EventAttribute::ResourceType)),
    ("EventSource", Some(EventAttribute::EventSource)),
    ("AccessKeyId", Some(EventAttribute::AccessKeyId)),
];

/// Bytes of all files below `folder`.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.map(of).sum()
}
