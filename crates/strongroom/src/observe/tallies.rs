//! What is counted beside requests: the disk, the workers, delivery of the trail, scheduled tasks.

use strongroom_meters::{Counter, Histogram, Level};

/// The greatest times of the buckets for disks, nanoseconds: 25 µs to 2.5 s.
const DISK: [u64; 16] = [
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
];
/// Those for work that takes a core, nanoseconds: 100 µs to 25 s. An RSA_4096 key takes seconds.
const WORK: [u64; 12] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    50_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
    25_000_000_000,
];

/// Counts of the whole process, whichever engine is open.
pub(crate) struct Tallies {
    /// Writing a group of the journal, and waiting until it is durable where that is waited for.
    pub(crate) journal_writes: Histogram<16>,
    /// Bytes of them.
    pub(crate) journal_bytes: Counter,
    /// Commits of the store.
    pub(crate) store_commits: Histogram<16>,
    /// Tasks that wait for a worker.
    pub(crate) workers_waiting: Level,
    /// Workers that have a task.
    pub(crate) workers_busy: Level,
    /// What the tasks took.
    pub(crate) worker_tasks: Histogram<12>,
    pub(crate) deliveries: Deliveries,
    pub(crate) scheduled: Scheduled,
}

/// Delivery of the audit trail.
#[derive(Default)]
pub(crate) struct Deliveries {
    pub(crate) done: Counter,
    pub(crate) failed: Counter,
    pub(crate) events: Counter,
    pub(crate) digests: Counter,
    /// Bytes of the journal that were not delivered after the latest try.
    pub(crate) waiting_bytes: Level,
    /// When the latest one succeeded, milliseconds since 1970; 0 if none has yet.
    pub(crate) latest: Level,
}

/// What is done with keys when it is due.
#[derive(Default)]
pub(crate) struct Scheduled {
    pub(crate) done: Counter,
    pub(crate) failed: Counter,
    /// When it was looked for the last time, milliseconds since 1970; 0 if it was not yet.
    pub(crate) latest: Level,
}

impl Default for Tallies {
    fn default() -> Self {
        Self {
            journal_writes: Histogram::new(&DISK),
            journal_bytes: Counter::new(),
            store_commits: Histogram::new(&DISK),
            workers_waiting: Level::new(),
            workers_busy: Level::new(),
            worker_tasks: Histogram::new(&WORK),
            deliveries: Deliveries::default(),
            scheduled: Scheduled::default(),
        }
    }
}
