//! CreateKey beside the store alone: batches as large as those that CreateKey makes, of as many
//! writers, grouped as the ledger groups them.

use super::row::{Row, Target, Unit, micros, percentile};
use super::turns::{Side, by_turns};
use super::{Context, Outcome};
use crate::clock;
use crate::contestant;
use crate::inside::{self, Holder, failed};
use crate::operation::{Operation, Workload};
use crate::terminal::{self, Failure};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use strongroom_crypto::SecretBytes;
use strongroom_engine::ports::{
    Batch, Boxed, CommitError, Entry, Frozen, Store, StoreError, Versioned,
};
use strongroom_kms::OperationName;
use strongroom_storage::{MemoryStore, SqliteStore};
use strongroom_types::AccountId;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

/// Connections, and writers of the store alone.
const WRITERS: u32 = 64;
/// Most commits in one group, as in the ledger.
const GROUP: usize = 256;
/// Sizes of what a commit puts: of each place, and of the value there.
type Sizes = Vec<(usize, usize)>;

/// What commits put.
#[derive(Clone)]
struct Shape {
    /// What each CreateKey puts.
    each: Sizes,
    /// What each group puts beside that: the ledger's own record.
    group: Sizes,
}

pub(super) fn run(context: &Context<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    let server = context.durable()?;
    let workload = Workload::One(Operation::CreateKey);
    let sides = [Side::prepared("strongroom", &server, workload, 1, context.runtime)?];
    let shape = context.runtime.block_on(shape())?;
    let bytes: usize = shape.each.iter().map(|(place, value)| place + value).sum();
    let one_round = super::Plan { rounds: 1, ..context.plan };
    let (mut rate, mut store, mut p50) = (0.0, 0.0, None);
    let share = 1.0 / f64::from(context.plan.rounds);
    for _ in 0..context.plan.rounds {
        store += alone(context, &shape)? * share;
        let found = by_turns("CreateKey", &sides, WRITERS, &one_round)?;
        rate += found.first().map_or(0.0, |found| found.rate()) * share;
        p50 = found.first().and_then(|found| percentile(found, 500));
    }
    terminal::progress(format_args!("the store alone, {WRITERS} writers: {store:.0}/s"));
    let row = Row::new(
        "CreateKey, symmetric, durable, 64 connections",
        Target::AtLeast(0.5),
        Unit::Times("the store's own grouped commits"),
        Some(rate / store),
    );
    outcome.rows.push(row.note(format!(
        "{rate:.0} ÷ {store:.0}; {} records of {bytes} bytes in all; p50 {}",
        shape.each.len(),
        micros(p50)
    )));
    Ok(())
}

/// What one CreateKey puts into the store, seen on a store that watches.
async fn shape() -> Result<Shape, Failure> {
    const HOLDER: Holder<'_> =
        Holder { access_key_id: "AKIABENCHMARKOWNER01", secret: "secret", region: "us-east-1" };
    let store = Arc::new(Watched::default());
    let engine = inside::on_memory(store.clone()).await?;
    let region = HOLDER.region.parse().map_err(|()| failed("no Region"))?;
    let secret = SecretBytes::new(HOLDER.secret.as_bytes().to_vec());
    let key = (HOLDER.access_key_id, secret);
    engine.create_account(AccountId::INITIAL, None, region, key).await.map_err(failed)?;
    let call = inside::caller(&engine, &HOLDER).await?;
    // The first one also makes what the account has once.
    for _ in 0..2 {
        inside::ask(&engine, &call, OperationName::CreateKey, b"{\"Description\":\"benchmark\"}")
            .await?;
    }
    let both = store.last.lock().unwrap_or_else(PoisonError::into_inner);
    let [before, last] = &*both;
    let sizes = |puts: &[&(Vec<u8>, usize)]| {
        puts.iter().map(|(place, value)| (place.len(), *value)).collect::<Sizes>()
    };
    // What both have put is not of the key.
    let (group, each): (Vec<_>, Vec<_>) =
        last.iter().partition(|(place, _)| before.iter().any(|(other, _)| other == place));
    Ok(Shape { each: sizes(&each), group: sizes(&group) })
}

/// Commits a second of the store alone.
fn alone(context: &Context<'_>, shape: &Shape) -> Result<f64, Failure> {
    let dir = contestant::directory(context.data)?;
    let store = SqliteStore::open(&dir.path().join("store.db"))
        .map_err(|why| Failure::of(dir.path().display(), why))?;
    let (jobs, queue) = mpsc::channel::<Job>(GROUP);
    #[expect(clippy::disallowed_methods, reason = "the store is written by a thread of its own")]
    let committer = {
        let group = shape.group.clone();
        std::thread::spawn(move || commit_all(&store, &group, queue))
    };
    let failed = |why: std::io::Error| Failure::of("the runtime could not be started", why);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let (begun, warm_up) = (clock::now(), context.plan.warm_up);
    let until = warm_up + context.plan.measured;
    let local = tokio::task::LocalSet::new();
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let (jobs, shape) = (jobs.clone(), shape.each.clone());
        writers.push(local.spawn_local(write(jobs, shape, number, (begun, warm_up, until))));
    }
    drop(jobs);
    let committed = local.block_on(&runtime, async {
        let mut committed = 0.0;
        for writer in writers {
            committed += writer.await.unwrap_or_default();
        }
        committed
    });
    committer.join().map_err(|_| Failure::new("the committer has failed"))??;
    Ok(committed / context.plan.measured.as_secs_f64())
}

/// A batch, and whom to tell that it is durable.
struct Job {
    batch: Batch,
    done: oneshot::Sender<()>,
}

/// Commits one batch after another, and counts those that ended in the time that is measured.
async fn write(
    jobs: mpsc::Sender<Job>,
    shape: Sizes,
    writer: u32,
    (begun, warm_up, until): (Instant, Duration, Duration),
) -> f64 {
    let (mut committed, mut number) = (0.0, 0_u64);
    loop {
        let (done, is_done) = oneshot::channel();
        let batch = batch(&shape, writer, number);
        number += 1;
        if jobs.send(Job { batch, done }).await.is_err() || is_done.await.is_err() {
            return committed;
        }
        let at = begun.elapsed();
        if at > until {
            return committed;
        }
        if at > warm_up {
            committed += 1.0;
        }
    }
}

/// As a CreateKey's: places that are new, in no order, and values that nothing compresses.
fn batch(shape: &Sizes, writer: u32, number: u64) -> Batch {
    let mut numbers = crate::random::Numbers::seeded((u64::from(writer) << 40) | (number << 4));
    let mut bytes = |length: usize| -> Vec<u8> {
        std::iter::repeat_with(|| numbers.next().to_le_bytes()).flatten().take(length).collect()
    };
    let put = shape.iter().map(|(place, value)| {
        (bytes(*place), Versioned { version: number + 1, value: bytes(*value) })
    });
    Batch { put: put.collect(), ..Batch::default() }
}

/// Takes what waits, up to a group, and commits it together with the ledger's own record.
fn commit_all(
    store: &SqliteStore,
    shape: &Sizes,
    mut queue: mpsc::Receiver<Job>,
) -> Result<(), Failure> {
    let failed = |why: std::io::Error| Failure::of("the runtime could not be started", why);
    let runtime = Builder::new_current_thread().build().map_err(failed)?;
    runtime.block_on(async {
        let (mut waiting, mut group) = (Vec::with_capacity(GROUP), 0);
        while queue.recv_many(&mut waiting, GROUP).await > 0 {
            group += 1;
            let head = shape.iter().map(|(place, value)| {
                (vec![b'h'; *place], Versioned { version: group, value: vec![0x5a; *value] })
            });
            let mut all = Batch { put: head.collect(), ..Batch::default() };
            let mut done = Vec::with_capacity(GROUP);
            for job in waiting.drain(..) {
                all.expect.extend(job.batch.put.iter().map(|(place, _)| (place.clone(), None)));
                all.put.extend(job.batch.put);
                done.push(job.done);
            }
            let committed = store.commit(&all).await;
            committed.map_err(|why| Failure::new(format!("the store alone: {why:?}")))?;
            for one in done {
                let _ = one.send(());
            }
        }
        Ok(())
    })
}

/// Places and the sizes of what is there.
type Puts = Vec<(Vec<u8>, usize)>;

/// A store in memory that remembers what the last two commits have put.
#[derive(Default)]
struct Watched {
    inner: MemoryStore,
    last: Mutex<[Puts; 2]>,
}

impl Store for Watched {
    fn read<'a>(&'a self, key: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>> {
        self.inner.read(key)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Entry>, StoreError>> {
        self.inner.scan(from, to, limit)
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Boxed<'a, Result<(), CommitError>> {
        let puts = batch.put.iter().map(|(place, found)| (place.clone(), found.value.len()));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.rotate_left(1);
        let [_, newest] = &mut *last;
        *newest = puts.collect();
        drop(last);
        self.inner.commit(batch)
    }

    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
        self.inner.frozen()
    }
}
