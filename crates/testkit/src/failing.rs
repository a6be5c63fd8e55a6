//! Ports that fail on cue: at the n-th call from now, or at every one until they are healed.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary, Objects};
use strongroom_engine::ports::{
    Batch, Boxed, CommitError, Entry, Frozen, Log, LogError, LogReader, Store, StoreError,
    Versioned,
};

/// A call of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Port {
    /// [`Store::read`]
    Read,
    /// [`Store::scan`]
    Scan,
    /// [`Store::commit`]
    Commit,
    /// [`Log::append`]
    Append,
    /// [`Log::create`]
    Create,
    /// [`Log::read`] and [`Log::segments`]
    LogRead,
    /// [`Log::cut`]
    Cut,
    /// [`strongroom_crypto::Entropy::fill`]
    Entropy,
    /// [`Objects::put`]
    PutObject,
    /// [`Objects::get`]
    GetObject,
    /// [`Objects::list`]
    ListObjects,
}

impl Port {
    /// Every call of the store.
    pub const STORE: [Self; 3] = [Self::Read, Self::Scan, Self::Commit];
    /// Every call of the log by which it is written.
    pub const LOG: [Self; 2] = [Self::Append, Self::Create];
    /// Every call of the objects.
    pub const OBJECTS: [Self; 3] = [Self::PutObject, Self::GetObject, Self::ListObjects];
}

/// What shall fail, and what was called. A clone is the same plan.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    calls: HashMap<Port, usize>,
    always: Vec<Port>,
    /// One of these ports fails when so many more of their calls have gone well.
    nth: Option<(Vec<Port>, usize)>,
}

impl Faults {
    /// Every call of `ports` fails until [`Faults::heal`].
    pub fn always(&self, ports: &[Port]) {
        self.lock().always.extend(ports);
    }

    /// Of the calls of `ports` from now on, the one of this number (from 0) fails, and no other.
    pub fn nth(&self, ports: &[Port], number: usize) {
        self.lock().nth = Some((ports.to_vec(), number));
    }

    /// Nothing fails any more, and calls are counted from 0.
    pub fn heal(&self) {
        *self.lock() = Plan::default();
    }

    /// Calls of `ports` since the plan was healed, failed ones included.
    #[must_use]
    pub fn calls(&self, ports: &[Port]) -> usize {
        let plan = self.lock();
        ports.iter().filter_map(|port| plan.calls.get(port)).sum()
    }

    /// Counts a call of `port` and says whether it shall fail.
    pub(crate) fn strikes(&self, port: Port) -> bool {
        let mut plan = self.lock();
        *plan.calls.entry(port).or_default() += 1;
        if plan.always.contains(&port) {
            return true;
        }
        match &mut plan.nth {
            Some((ports, left)) if ports.contains(&port) => {
                let now = *left == 0;
                if now {
                    plan.nth = None;
                } else {
                    *left -= 1;
                }
                now
            }
            _ => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A [`Store`] that fails on cue; a failed call leaves the store underneath as it was.
pub struct FailingStore<S> {
    inner: S,
    faults: Faults,
}

impl<S> FailingStore<S> {
    /// `inner`, failing when `faults` says so.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }

    fn check(&self, port: Port) -> Result<(), StoreError> {
        if self.faults.strikes(port) { Err(StoreError("failed on cue".to_owned())) } else { Ok(()) }
    }
}

impl<S: Store> Store for FailingStore<S> {
    fn read<'a>(&'a self, key: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move {
            self.check(Port::Read)?;
            self.inner.read(key).await
        })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move {
            self.check(Port::Scan)?;
            self.inner.scan(from, to, limit).await
        })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Boxed<'a, Result<(), CommitError>> {
        Box::pin(async move {
            self.check(Port::Commit).map_err(CommitError::Failed)?;
            self.inner.commit(batch).await
        })
    }

    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
        self.check(Port::Scan)?;
        self.inner.frozen()
    }
}

/// A [`Log`] that fails on cue; a failed call leaves the log underneath as it was.
pub struct FailingLog<L> {
    inner: L,
    faults: Faults,
}

impl<L> FailingLog<L> {
    /// `inner`, failing when `faults` says so.
    pub fn new(inner: L, faults: Faults) -> Self {
        Self { inner, faults }
    }

    fn check(&self, port: Port) -> Result<(), LogError> {
        if self.faults.strikes(port) { Err(LogError("failed on cue".to_owned())) } else { Ok(()) }
    }
}

impl<L: Log> Log for FailingLog<L> {
    fn segments(&mut self) -> Result<Vec<u64>, LogError> {
        self.check(Port::LogRead)?;
        self.inner.segments()
    }

    fn read(&mut self, segment: u64) -> Result<Vec<u8>, LogError> {
        self.check(Port::LogRead)?;
        self.inner.read(segment)
    }

    fn create(&mut self, segment: u64, header: &[u8]) -> Result<(), LogError> {
        self.check(Port::Create)?;
        self.inner.create(segment, header)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        self.check(Port::Append)?;
        self.inner.append(bytes)
    }

    fn settle(&mut self, segment: u64) -> Result<(), LogError> {
        self.check(Port::Cut)?;
        self.inner.settle(segment)
    }

    fn cut(&mut self, segment: u64, length: u64) -> Result<(), LogError> {
        self.check(Port::Cut)?;
        self.inner.cut(segment, length)
    }

    fn reader(&self) -> Box<dyn LogReader> {
        self.inner.reader()
    }
}

/// [`Objects`] that fail on cue; a failed call leaves those underneath as they were.
pub struct FailingObjects<O> {
    inner: O,
    faults: Faults,
}

impl<O> FailingObjects<O> {
    /// `inner`, failing when `faults` says so.
    pub fn new(inner: O, faults: Faults) -> Self {
        Self { inner, faults }
    }

    fn check(&self, port: Port) -> Result<(), ArchiveError> {
        let failed = || Err(ArchiveError("failed on cue".to_owned()));
        if self.faults.strikes(port) { failed() } else { Ok(()) }
    }
}

impl<O: Objects> Objects for FailingObjects<O> {
    fn has_bucket(&self, name: &str) -> bool {
        self.inner.has_bucket(name)
    }

    fn put<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        Box::pin(async move {
            self.check(Port::PutObject)?;
            self.inner.put(bucket, key, body, metadata).await
        })
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        Box::pin(async move {
            self.check(Port::GetObject)?;
            self.inner.get(bucket, key).await
        })
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        Box::pin(async move {
            self.check(Port::ListObjects)?;
            self.inner.list(bucket, prefix, after, limit).await
        })
    }
}
