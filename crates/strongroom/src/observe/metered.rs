//! The engine's ports, with a meter in front of each: the adapters behind them know of none.

use super::tallies::Tallies;
use crate::clock::SystemClock;
use std::sync::Arc;
use strongroom_engine::ports::{
    Batch, Boxed, Clock, CommitError, Effort, Entry, Frozen, Log, LogError, LogReader, Store,
    StoreError, Versioned, Workers,
};
use strongroom_meters::Level;

/// A port, and where it is counted.
pub(crate) struct Metered<T> {
    inner: T,
    tallies: Arc<Tallies>,
}

impl<T> Metered<T> {
    pub(crate) fn new(inner: T, tallies: &Arc<Tallies>) -> Self {
        Self { inner, tallies: tallies.clone() }
    }
}

impl<S: Store> Store for Metered<S> {
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
        Box::pin(async move {
            let begun = SystemClock.steady();
            let outcome = self.inner.commit(batch).await;
            self.tallies.store_commits.observe_time(SystemClock.steady().saturating_sub(begun));
            outcome
        })
    }

    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
        self.inner.frozen()
    }
}

impl Log for Metered<Box<dyn Log>> {
    fn segments(&mut self) -> Result<Vec<u64>, LogError> {
        self.inner.segments()
    }

    fn read(&mut self, segment: u64) -> Result<Vec<u8>, LogError> {
        self.inner.read(segment)
    }

    fn create(&mut self, segment: u64, header: &[u8]) -> Result<(), LogError> {
        self.tallies.journal_bytes.add_len(header.len());
        self.inner.create(segment, header)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        let begun = SystemClock.steady();
        let outcome = self.inner.append(bytes);
        self.tallies.journal_writes.observe_time(SystemClock.steady().saturating_sub(begun));
        if outcome.is_ok() {
            self.tallies.journal_bytes.add_len(bytes.len());
        }
        outcome
    }

    fn settle(&mut self, segment: u64) -> Result<(), LogError> {
        self.inner.settle(segment)
    }

    fn cut(&mut self, segment: u64, length: u64) -> Result<(), LogError> {
        self.inner.cut(segment, length)
    }

    fn reader(&self) -> Box<dyn LogReader> {
        self.inner.reader()
    }
}

impl<W: Workers> Workers for Metered<W> {
    fn run(&self, effort: Effort, task: Box<dyn FnOnce() + Send>) {
        let tallies = self.tallies.clone();
        tallies.workers_waiting.up();
        self.inner.run(
            effort,
            Box::new(move || {
                tallies.workers_waiting.down();
                let begun = SystemClock.steady();
                let busy = Busy::new(&tallies.workers_busy);
                task();
                drop(busy);
                tallies.worker_tasks.observe_time(SystemClock.steady().saturating_sub(begun));
            }),
        );
    }
}

/// One more while it is there, also if a task panics.
struct Busy<'a>(&'a Level);

impl<'a> Busy<'a> {
    fn new(level: &'a Level) -> Self {
        level.up();
        Self(level)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.down();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workers::WorkerThreads;
    use std::sync::mpsc::channel;

    #[test]
    fn workers_are_counted_also_when_a_task_panics() {
        let tallies = Arc::<Tallies>::default();
        let workers = Metered::new(WorkerThreads::start().expect("threads"), &tallies);
        let (done, results) = channel();
        for number in 0..20 {
            let done = done.clone();
            workers.run(
                Effort::Short,
                Box::new(move || {
                    done.send(()).expect("the test waits");
                    assert!(number != 7, "a task that fails");
                }),
            );
        }
        drop(done);
        assert_eq!(results.iter().count(), 20);
        // Its threads have ended when their tasks have.
        drop(workers);
        while tallies.worker_tasks.distribution().count() < 19 {
            std::thread::yield_now();
        }
        while tallies.workers_busy.count() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(tallies.workers_waiting.count(), 0);
    }
}
