//! The load: a closed loop, each connection with one request in flight.

use crate::clock;
use crate::connection::Connection;
use crate::endpoint::Endpoint;
use crate::histogram::Histogram;
use crate::measurement::{Measurement, ratio};
use crate::requests::Requests;
use crate::terminal::Failure;
use crate::usage;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

/// Longest that the last requests in flight are waited for.
const LAST: Duration = Duration::from_secs(5);
/// How long a connection that failed waits before the next is opened.
const REOPEN: Duration = Duration::from_millis(100);
/// Most bytes of an error that are reported.
const MAX_ERROR: usize = 300;

/// How hard, and for how long.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Puts `endpoint` under load and measures it. `pid` is the server's process, if known.
///
/// # Errors
/// When a connection cannot be opened at the start. Later failures are counted.
pub(crate) fn run(
    endpoint: &Endpoint,
    requests: Requests,
    load: Load,
    pid: Option<u32>,
) -> Result<Measurement, Failure> {
    // One thread: with few cores, a second would take from the server more than it gives.
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::of("the runtime could not be started", why))?;
    LocalSet::new().block_on(&runtime, measure(endpoint, requests, load, pid))
}

async fn measure(
    endpoint: &Endpoint,
    requests: Requests,
    load: Load,
    pid: Option<u32>,
) -> Result<Measurement, Failure> {
    let shared = Rc::new(Shared {
        endpoint: endpoint.clone(),
        requests: RefCell::new(requests),
        phase: Cell::new(Phase::WarmUp),
        tally: RefCell::new(Tally::new()),
    });
    let mut tasks = JoinSet::new();
    for connection in open(endpoint, load.connections).await? {
        tasks.spawn_local(drive(Rc::clone(&shared), connection));
    }
    sleep(load.warm_up).await;
    let before = Snapshot::take(pid);
    shared.phase.set(Phase::Measured);
    sleep(load.measured).await;
    shared.phase.set(Phase::Over);
    let after = Snapshot::take(pid);
    let _ = timeout(LAST, async { while tasks.join_next().await.is_some() {} }).await;
    let tally = shared.tally.replace(Tally::new());
    Ok(before.until(after, tally))
}

async fn open(endpoint: &Endpoint, count: u32) -> Result<Vec<Connection>, Failure> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let connection = Connection::open(endpoint).await;
        connections.push(connection.map_err(|why| Failure::of(&endpoint.authority, why))?);
    }
    Ok(connections)
}

/// What counts depends on when it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    WarmUp,
    Measured,
    Over,
}

/// What the connections share.
struct Shared {
    endpoint: Endpoint,
    requests: RefCell<Requests>,
    phase: Cell<Phase>,
    tally: RefCell<Tally>,
}

struct Tally {
    latencies: Histogram,
    errors: u64,
    first_error: Option<String>,
}

impl Tally {
    fn new() -> Self {
        Self { latencies: Histogram::new(), errors: 0, first_error: None }
    }

    fn error(&mut self, phase: Phase, text: impl FnOnce() -> String) {
        // Failures of the warm-up have the same cause: their words are kept, they are not counted.
        self.first_error.get_or_insert_with(text);
        if phase == Phase::Measured {
            self.errors += 1;
        }
    }
}

/// Asks over `connection`, and over its successors when it fails, until the measurement is over.
async fn drive(shared: Rc<Shared>, mut connection: Connection) {
    let note = |why: &dyn std::fmt::Display| {
        shared.tally.borrow_mut().error(shared.phase.get(), || why.to_string());
    };
    while shared.phase.get() != Phase::Over {
        let begun = clock::now();
        let request = match shared.requests.borrow_mut().next(begun) {
            Ok(request) => request,
            Err(why) => return note(&why),
        };
        match connection.exchange(&request).await {
            Ok(response) if response.status == 200 => {
                if shared.phase.get() == Phase::Measured {
                    let latency = clock::now().saturating_duration_since(begun);
                    shared.tally.borrow_mut().latencies.record(latency);
                }
            }
            Ok(response) => {
                let body = response.body.get(..MAX_ERROR).unwrap_or(response.body);
                note(&format_args!("{} {}", response.status, String::from_utf8_lossy(body)));
            }
            Err(why) => {
                note(&why);
                sleep(REOPEN).await;
                if let Ok(next) = Connection::open(&shared.endpoint).await {
                    connection = next;
                }
            }
        }
    }
}

/// Clock and processes at one moment.
struct Snapshot {
    at: std::time::Instant,
    server_cpu: Option<Duration>,
    client_cpu: Duration,
    machine: Option<Duration>,
    resident: Option<u64>,
}

impl Snapshot {
    fn take(pid: Option<u32>) -> Self {
        Self {
            at: clock::now(),
            server_cpu: pid.and_then(usage::cpu),
            client_cpu: usage::cpu(std::process::id()).unwrap_or_default(),
            machine: usage::machine(),
            resident: pid.and_then(usage::resident),
        }
    }

    fn until(self, end: Self, tally: Tally) -> Measurement {
        let between = |one: Option<Duration>, two: Option<Duration>| {
            one.zip(two).map(|(one, two)| two.saturating_sub(one))
        };
        let elapsed = end.at.saturating_duration_since(self.at);
        let rate = ratio(tally.latencies.total(), elapsed.as_secs_f64());
        let server_cpu = between(self.server_cpu, end.server_cpu);
        let client_cpu = end.client_cpu.saturating_sub(self.client_cpu);
        let machine = between(self.machine, end.machine);
        Measurement {
            latencies: tally.latencies,
            errors: tally.errors,
            first_error: tally.first_error,
            elapsed,
            server_cpu,
            client_cpu,
            other_cpu: between(server_cpu.map(|server| server + client_cpu), machine),
            resident: end.resident,
            range: (rate, rate),
        }
    }
}
