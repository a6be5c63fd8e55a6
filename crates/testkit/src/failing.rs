//! Ports that fail on cue: at the n-th call from now, or at every one until they are healed, and in
//! the ways in which media do: before anything is done, after it was done, half-way, with a bit
//! flipped, late.

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

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// Nothing is done. So do calls fail unless a test says otherwise.
    Undone,
    /// It is done, and told to have failed. A log is of no use after that until it is opened again.
    Done,
    /// It is done, told to have failed, and the next [`Port::Read`] fails, so that nobody can look.
    DoneUnseen,
    /// Half of what should have been appended is there, as after a torn write; another call does
    /// nothing. A log is of no use after that until it is opened again.
    Half,
    /// What is read has one bit flipped in a value; what is written is told to have failed.
    Flipped,
    /// It is done, after others had their turns.
    Late,
}

/// What shall fail, and what was called. A clone is the same plan.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    calls: HashMap<Port, usize>,
    always: Vec<Port>,
    /// One of these ports fails when so many more of their calls have gone well, and how.
    nth: Option<(Vec<Port>, usize, Harm)>,
}

impl Faults {
    /// Every call of `ports` fails until [`Faults::heal`].
    pub fn always(&self, ports: &[Port]) {
        self.lock().always.extend(ports);
    }

    /// Of the calls of `ports` from now on, the one of this number (from 0) fails, and no other.
    pub fn nth(&self, ports: &[Port], number: usize) {
        self.harm(ports, number, Harm::Undone);
    }

    /// Of the calls of `ports` from now on, the one of this number (from 0) fails in this way, and no
    /// other.
    pub fn harm(&self, ports: &[Port], number: usize, harm: Harm) {
        self.lock().nth = Some((ports.to_vec(), number, harm));
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
        self.harms(port).is_some()
    }

    /// Counts a call of `port` and says how it shall fail, if it shall.
    fn harms(&self, port: Port) -> Option<Harm> {
        let mut plan = self.lock();
        *plan.calls.entry(port).or_default() += 1;
        if plan.always.contains(&port) {
            return Some(Harm::Undone);
        }
        match &mut plan.nth {
            Some((ports, left, _)) if ports.contains(&port) && *left > 0 => *left -= 1,
            Some((ports, _, harm)) if ports.contains(&port) => {
                let harm = *harm;
                let unseen = || (vec![Port::Read], 0, Harm::Undone);
                plan.nth = (harm == Harm::DoneUnseen).then(unseen);
                return Some(harm);
            }
            _ => {}
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A [`Store`] that fails on cue. Unless it is [told otherwise](Harm), a failed call leaves the store
/// underneath as it was.
pub struct FailingStore<S> {
    inner: S,
    faults: Faults,
}

impl<S> FailingStore<S> {
    /// `inner`, failing when `faults` says so.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }

    /// What of a call that reads is still to be done: nothing, because it fails; or to read, and to
    /// flip a bit (`true`) or not.
    async fn reads(&self, port: Port) -> Result<bool, StoreError> {
        match self.faults.harms(port) {
            None => Ok(false),
            Some(Harm::Flipped) => Ok(true),
            Some(Harm::Late) => {
                late().await;
                Ok(false)
            }
            Some(_) => Err(failed()),
        }
    }
}

fn failed() -> StoreError {
    StoreError("failed on cue".to_owned())
}

async fn late() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Flips a bit in the middle of the value; which one depends on the version.
fn flip(found: &mut Versioned) {
    let middle = found.value.len() / 2;
    let bit = found.version % 8;
    found.value.get_mut(middle).into_iter().for_each(|byte| *byte ^= 1 << bit);
}

impl<S: Store> Store for FailingStore<S> {
    fn read<'a>(&'a self, key: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move {
            let flips = self.reads(Port::Read).await?;
            let mut found = self.inner.read(key).await?;
            found.iter_mut().filter(|_| flips).for_each(flip);
            Ok(found)
        })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move {
            let flips = self.reads(Port::Scan).await?;
            let mut found = self.inner.scan(from, to, limit).await?;
            let one = found.len() / 2;
            found
                .get_mut(one)
                .into_iter()
                .filter(|_| flips)
                .for_each(|entry| flip(&mut entry.found));
            Ok(found)
        })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Boxed<'a, Result<(), CommitError>> {
        Box::pin(async move {
            let harm = self.faults.harms(Port::Commit);
            match harm {
                None => self.inner.commit(batch).await,
                Some(Harm::Late) => {
                    late().await;
                    self.inner.commit(batch).await
                }
                Some(Harm::Done | Harm::DoneUnseen) => {
                    self.inner.commit(batch).await?;
                    Err(CommitError::Failed(failed()))
                }
                Some(_) => Err(CommitError::Failed(failed())),
            }
        })
    }

    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
        if self.faults.strikes(Port::Scan) { Err(failed()) } else { self.inner.frozen() }
    }
}

/// A [`Log`] that fails on cue. Unless it is [told otherwise](Harm), a failed call leaves the log
/// underneath as it was.
pub struct FailingLog<L> {
    inner: L,
    faults: Faults,
    /// Whether nothing is known of the medium any more.
    lost: bool,
}

impl<L> FailingLog<L> {
    /// `inner`, failing when `faults` says so.
    pub fn new(inner: L, faults: Faults) -> Self {
        Self { inner, faults, lost: false }
    }

    fn check(&self, port: Port) -> Result<(), LogError> {
        if self.faults.strikes(port) { Err(LogError("failed on cue".to_owned())) } else { Ok(()) }
    }

    fn usable(&self) -> Result<(), LogError> {
        if self.lost { Err(LogError("a call before failed on cue".to_owned())) } else { Ok(()) }
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
        self.usable()?;
        self.inner.create(segment, header)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        let harm = self.faults.harms(Port::Append);
        self.usable()?;
        let done = match harm {
            None | Some(Harm::Late) => return self.inner.append(bytes),
            Some(Harm::Done | Harm::DoneUnseen) => bytes.len(),
            Some(Harm::Half) => bytes.len() / 2,
            Some(Harm::Undone | Harm::Flipped) => 0,
        };
        if done > 0 {
            self.lost = true;
            self.inner.append(bytes.get(..done).unwrap_or_default())?;
        }
        Err(LogError("failed on cue".to_owned()))
    }

    fn settle(&mut self, segment: u64) -> Result<(), LogError> {
        self.check(Port::Cut)?;
        self.usable()?;
        self.inner.settle(segment)
    }

    fn cut(&mut self, segment: u64, length: u64) -> Result<(), LogError> {
        self.check(Port::Cut)?;
        self.usable()?;
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
