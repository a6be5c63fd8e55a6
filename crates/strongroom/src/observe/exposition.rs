//! The metrics by name: the one place that knows Prometheus.
//!
//! `docs/observability.md` has a row for each of them, which a test compares with what is served.

mod families;

use super::Sources;
use super::names::OK;
use families::Families;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text, text};
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use strongroom_engine::{Observed, ObservedWriter};
use strongroom_server::Traffic;
use strongroom_server::log;
use strongroom_server::process::Usage;

/// In which of its two texts the metrics are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Prometheus's own, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Form {
    /// What whoever accepts this is told: OpenMetrics if it is named.
    pub(super) fn accepted(accept: &str) -> Self {
        let names_it = accept.contains("application/openmetrics-text");
        if names_it { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Tells the metrics.
pub(super) struct Exposition(Registry);

impl Exposition {
    pub(super) fn new(sources: Arc<Sources>) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Reading(sources)));
        Self(registry)
    }

    /// All of them, as of now.
    pub(super) fn text(&self, form: Form) -> Result<String, fmt::Error> {
        let mut out = String::with_capacity(64 * 1024);
        match form {
            Form::Prometheus => prometheus_text::encode(&mut out, &self.0)?,
            Form::OpenMetrics => text::encode(&mut out, &self.0)?,
        }
        Ok(out)
    }
}

/// Reads everything anew each time.
struct Reading(Arc<Sources>);

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").finish_non_exhaustive()
    }
}

impl Collector for Reading {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Self(sources) = self;
        let mut out = Families::new(encoder);
        requests(&mut out, sources)?;
        connections(&mut out, &sources.traffic)?;
        let engine = sources.engine.load_full();
        let observed = engine.as_ref().map(|engine| engine.observed());
        // Whoever seals the server waits for it.
        drop(engine);
        state(&mut out, observed.as_ref())?;
        let observed = observed.unwrap_or_default();
        caches(&mut out, &observed)?;
        writers(&mut out, sources, &observed)?;
        workers(&mut out, sources)?;
        trail(&mut out, sources)?;
        if let Some(usage) = sources.process.as_ref().and_then(|process| process.usage()) {
            process(&mut out, &usage)?;
        }
        Ok(())
    }
}

fn requests(out: &mut Families<'_>, sources: &Sources) -> fmt::Result {
    let counted = sources.observer.requests.counted();
    let mut outcomes = Vec::new();
    for one in &counted {
        let (service, operation) = one.served.names();
        let labels =
            |outcome| [("service", service), ("operation", operation), ("outcome", outcome)];
        if one.ok > 0 {
            outcomes.push((labels(OK), one.ok));
        }
        outcomes.extend(one.refused.iter().map(|(code, count)| (labels(code), *count)));
    }
    out.counters("strongroom_requests", "Requests that were answered", &outcomes)?;
    let times = counted.iter().map(|one| {
        let (service, operation) = one.served.names();
        ([("service", service), ("operation", operation)], &one.times)
    });
    let about = "From a request's first byte to its answer on its way to the connection";
    out.times("strongroom_request_duration", about, times)?;
    let traffic = &sources.traffic;
    let about = "Requests that are being served";
    out.gauge("strongroom_requests_in_flight", about, whole(traffic.in_flight()))?;
    let reasons = [
        ([("reason", "too_large")], traffic.bodies_too_large.count()),
        ([("reason", "too_slow")], traffic.bodies_too_slow.count()),
        ([("reason", "broken")], traffic.bodies_broken.count()),
    ];
    let about = "Requests whose body was not taken, which are in no other count";
    out.counters("strongroom_request_bodies_refused", about, &reasons)
}

fn connections(out: &mut Families<'_>, traffic: &Traffic) -> fmt::Result {
    out.gauge("strongroom_connections_open", "Connections that are open", whole(traffic.open()))?;
    let about = "Connections that may be open at one time";
    out.gauge("strongroom_connections_max", about, whole(traffic.places()))?;
    let events = [
        ([("event", "accepted")], traffic.accepted.count()),
        ([("event", "refused")], traffic.refused.count()),
        ([("event", "evicted")], traffic.evicted.count()),
        ([("event", "failed")], traffic.failed.count()),
    ];
    out.counters("strongroom_connections", "What became of connections", &events)?;
    let about = "TLS handshakes that were made";
    let handshakes = traffic.handshakes.distribution();
    out.times("strongroom_tls_handshake_duration", about, [([("", ""); 0], &handshakes)])?;
    let reasons = [
        ([("reason", "failed")], traffic.handshakes_failed.count()),
        ([("reason", "timeout")], traffic.handshakes_late.count()),
    ];
    out.counters("strongroom_tls_handshakes_failed", "TLS handshakes that failed", &reasons)
}

fn state(out: &mut Families<'_>, observed: Option<&Observed>) -> fmt::Result {
    let version = [([("version", env!("CARGO_PKG_VERSION"))], 1.0)];
    out.gauges("strongroom_build_info", "Of which version the server is", &version)?;
    let about = "1 while the server is sealed and refuses every request";
    out.gauge("strongroom_sealed", about, f64::from(u8::from(observed.is_none())))?;
    let failing = observed.is_some_and(|observed| observed.is_failing);
    let about = "1 while nothing can be recorded and every request fails";
    out.gauge("strongroom_failing", about, f64::from(u8::from(failing)))?;
    let turned_away = observed.map_or(0, |observed| observed.turned_away);
    let about = "Requests that were refused since a quota was used up";
    out.counter("strongroom_quota_refusals", about, turned_away)?;
    let about = "Lines of the log that were left out";
    out.counter("strongroom_log_lines_lost", about, log::lost())
}

fn caches(out: &mut Families<'_>, observed: &Observed) -> fmt::Result {
    let mut lookups = Vec::new();
    let mut entries = Vec::new();
    for cache in &observed.caches {
        let name = cache.name.name();
        lookups.push(([("cache", name), ("outcome", "hit")], cache.hits));
        lookups.push(([("cache", name), ("outcome", "miss")], cache.misses));
        entries.push(([("cache", name)], whole(cache.entries)));
    }
    out.counters("strongroom_cache_lookups", "Look-ups in a cache", &lookups)?;
    out.gauges("strongroom_cache_entries", "What is in a cache", &entries)
}

fn writers(out: &mut Families<'_>, sources: &Sources, observed: &Observed) -> fmt::Result {
    let tallies = &sources.observer.tallies;
    let (journal, store) = (&observed.journal, &observed.commits);
    let about = "Audit records of uses that were written to the journal together";
    out.sizes("strongroom_journal_group_records", about, &journal.groups)?;
    let about = "Writing a group to the journal until it is durable";
    let times = tallies.journal_writes.distribution();
    out.times("strongroom_journal_write_duration", about, [([("", ""); 0], &times)])?;
    let about = "Bytes that were written to the journal";
    out.counter("strongroom_journal_written_bytes", about, tallies.journal_bytes.count())?;
    waiting(out, ("strongroom_journal", "the journal"), journal)?;
    let about = "Changes that were committed to the store together";
    out.sizes("strongroom_store_group_changes", about, &store.groups)?;
    let times = tallies.store_commits.distribution();
    let about = "Committing a group to the store until it is durable";
    out.times("strongroom_store_commit_duration", about, [([("", ""); 0], &times)])?;
    waiting(out, ("strongroom_store", "the store"), store)?;
    let about = "Changes that lost a race and were tried again";
    out.counter("strongroom_store_conflicts", about, observed.conflicts)
}

fn waiting(
    out: &mut Families<'_>,
    (prefix, place): (&str, &str),
    writer: &ObservedWriter,
) -> fmt::Result {
    let about = format!("Groups that could not be written to {place}");
    out.counter(&format!("{prefix}_failures"), &about, writer.failures)?;
    let about = format!("What waits to be written to {place}");
    out.gauge(&format!("{prefix}_waiting"), &about, whole(writer.waiting))
}

fn workers(out: &mut Families<'_>, sources: &Sources) -> fmt::Result {
    let tallies = &sources.observer.tallies;
    let about = "Tasks that wait for a worker thread";
    out.gauge("strongroom_workers_waiting", about, level(&tallies.workers_waiting))?;
    let about = "Worker threads that have a task";
    out.gauge("strongroom_workers_busy", about, level(&tallies.workers_busy))?;
    let times = tallies.worker_tasks.distribution();
    let about = "Tasks of worker threads: private keys made and used";
    out.times("strongroom_worker_task_duration", about, [([("", ""); 0], &times)])
}

fn trail(out: &mut Families<'_>, sources: &Sources) -> fmt::Result {
    let deliveries = &sources.observer.tallies.deliveries;
    let outcomes = [
        ([("outcome", "ok")], deliveries.done.count()),
        ([("outcome", "failed")], deliveries.failed.count()),
    ];
    out.counters("strongroom_trail_deliveries", "Deliveries of the audit trail", &outcomes)?;
    let about = "Events that were delivered";
    out.counter("strongroom_trail_delivered_events", about, deliveries.events.count())?;
    let about = "Digests that were delivered";
    out.counter("strongroom_trail_delivered_digests", about, deliveries.digests.count())?;
    let about = "Bytes of the journal that were not delivered after the latest try";
    out.gauge("strongroom_trail_waiting_bytes", about, level(&deliveries.waiting_bytes))?;
    let about = "When the audit trail was delivered last; 0 before the first time";
    out.moment("strongroom_trail_last_delivery_timestamp", about, seconds(&deliveries.latest))?;
    let scheduled = &sources.observer.tallies.scheduled;
    let outcomes = [
        ([("outcome", "done")], scheduled.done.count()),
        ([("outcome", "failed")], scheduled.failed.count()),
    ];
    let about = "Rotations, expiries and deletions that were due";
    out.counters("strongroom_scheduled_tasks", about, &outcomes)?;
    let about = "When it was looked last for what is due; 0 before the first time";
    out.moment("strongroom_scheduled_last_run_timestamp", about, seconds(&scheduled.latest))
}

fn process(out: &mut Families<'_>, usage: &Usage) -> fmt::Result {
    let time = usage.processor.as_secs_f64();
    out.passing("process_cpu", "Time on processors", time)?;
    let memory = "process_resident_memory_bytes";
    out.gauge(memory, "Memory that is held", number(usage.resident))?;
    let space = "process_virtual_memory_bytes";
    out.gauge(space, "Address space", number(usage.address_space))?;
    out.gauge("process_open_fds", "Files that are open", number(usage.open_files))?;
    let most = usage.most_files.map_or(f64::INFINITY, number);
    out.gauge("process_max_fds", "Files that may be open", most)?;
    out.gauge("process_threads", "Threads", number(usage.threads))?;
    let started = Duration::as_secs_f64(&usage.started);
    out.moment("process_start_time", "When the process began", started)
}

/// Prometheus's numbers are of 64 bits with 53 of precision.
fn number(count: u64) -> f64 {
    count as f64
}

fn whole(count: usize) -> f64 {
    u64::try_from(count).map_or(f64::MAX, number)
}

fn level(level: &strongroom_meters::Level) -> f64 {
    u64::try_from(level.count()).map_or(0.0, number)
}

fn seconds(millis: &strongroom_meters::Level) -> f64 {
    level(millis) / 1000.0
}
