//! The ports: what the engine needs of the world. Adapters implement them; each is narrow enough
//! that a double which fails on cue is short.

pub mod archive;
pub mod key_store;
pub mod object_names;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use strongroom_types::Timestamp;

/// A boxed future, the return type of asynchronous ports.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Tells the time. Every request reads it once.
pub trait Clock: Send + Sync {
    /// The present time, UTC.
    fn now(&self) -> Timestamp;

    /// A time that never goes back and is never set, from a beginning of its own: what lasts is
    /// measured by it.
    fn steady(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now().millis()).unwrap_or(0))
    }

    /// The time by which clients sign; another one than [`Clock::now`] only where a test has set
    /// that forward.
    fn wall(&self) -> Timestamp {
        self.now()
    }
}

/// How long a task holds a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Milliseconds: an RSA signature, a look-up.
    Short,
    /// Up to seconds: making an RSA key. No short task waits behind it.
    Long,
}

/// Threads for what takes a core for longer than a request may hold one: making RSA keys, signing
/// with them.
pub trait Workers: Send + Sync {
    /// Runs `task` on one of them, in its turn among those of its kind.
    fn run(&self, effort: Effort, task: Box<dyn FnOnce() + Send>);
}

/// Workers that are no threads: each task is run at once, by whoever brings it. For tools that
/// serve nobody meanwhile.
pub struct Inline;

impl Workers for Inline {
    fn run(&self, _: Effort, task: Box<dyn FnOnce() + Send>) {
        task();
    }
}

/// A value with the version it was written at. Versions of one key grow; the engine chooses them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Version, at least 1.
    pub version: u64,
    /// Sealed bytes; a store sees no others.
    pub value: Vec<u8>,
}

/// A key with its versioned value, as a scan returns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Store key, at most [`MAX_STORE_KEY`] bytes.
    pub key: Vec<u8>,
    /// Version and value.
    pub found: Versioned,
}

/// Changes that happen together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Keys and the version each must have for the batch to be applied; `None`: must be absent.
    pub expect: Vec<(Vec<u8>, Option<u64>)>,
    /// Keys with the version and value each shall have.
    pub put: Vec<(Vec<u8>, Versioned)>,
    /// Keys that shall be absent.
    pub delete: Vec<Vec<u8>>,
}

/// Ordered keys with versioned, opaque values.
///
/// One contract test runs against every adapter (`storage/tests/contract.rs`).
pub trait Store: Send + Sync {
    /// The value at `key`, as of the latest commit that has returned.
    ///
    /// # Errors
    /// [`StoreError`] when the medium fails; never for a missing key.
    fn read<'a>(&'a self, key: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>>;

    /// At most `limit` entries with `from <= key < to` in ascending byte order of the keys.
    ///
    /// # Errors
    /// [`StoreError`] when the medium fails.
    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Entry>, StoreError>>;

    /// Applies `batch` atomically, if all its expectations hold. When this returns `Ok`, the batch
    /// survives a power cut; when it returns an error, none of it is visible, now or after any later
    /// commit. Only if the process ends before a later commit has succeeded, since the medium has not
    /// worked again, the next start may find all of it: what cannot be written cannot be undone.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when an expectation does not hold, [`CommitError::Failed`] when
    /// the medium fails.
    fn commit<'a>(&'a self, batch: &'a Batch) -> Boxed<'a, Result<(), CommitError>>;

    /// The store as of the latest commit that has returned. Commits go on meanwhile and are not
    /// held up; what they replace takes room until this is dropped.
    ///
    /// # Errors
    /// [`StoreError`] when the medium fails.
    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError>;
}

/// A store as it was at one commit. Calls block; whoever reads all of it does so on a thread of
/// their own.
pub trait Frozen: Send {
    /// At most `limit` entries with `from <= key < to` in ascending byte order of the keys.
    ///
    /// # Errors
    /// [`StoreError`] when the medium fails.
    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// How many entries there are with `from <= key < to`.
    ///
    /// # Errors
    /// [`StoreError`] when the medium fails.
    fn count(&mut self, from: &[u8], to: &[u8]) -> Result<u64, StoreError>;
}

/// The greatest length of a store key in bytes.
pub const MAX_STORE_KEY: usize = 1024;

/// The store's medium failed. The text is for the operator's log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store: {}", self.0)
    }
}

impl std::error::Error for StoreError {}

/// Why a batch was not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitError {
    /// An expectation did not hold: somebody else was first.
    Conflict,
    /// The medium failed; nothing of the batch is visible. The committer looks nevertheless.
    Failed(StoreError),
}

/// An append-only log in numbered segments; the journal is kept in one. Calls block; the ledger's
/// own thread makes them.
pub trait Log: Send {
    /// The numbers of all segments, ascending.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails.
    fn segments(&mut self) -> Result<Vec<u64>, LogError>;

    /// All bytes of a segment.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails or there is no such segment.
    fn read(&mut self, segment: u64) -> Result<Vec<u8>, LogError>;

    /// Begins segment `segment`, greater than all before, with `header`; appends go there from now
    /// on. It is durable, its directory entry included, when this returns.
    ///
    /// # Errors
    /// [`LogError`]; the segment then does not exist, or holds less than `header`.
    fn create(&mut self, segment: u64, header: &[u8]) -> Result<(), LogError>;

    /// Appends `bytes` to the segment created last and waits until they are durable.
    ///
    /// # Errors
    /// [`LogError`]. After a failed write the segment has its former length again; after a failed
    /// sync nothing is known about the medium, so every later append fails too.
    fn append(&mut self, bytes: &[u8]) -> Result<(), LogError>;

    /// Makes all of `segment` durable, whatever an earlier process left of it in memory only.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails or there is no such segment.
    fn settle(&mut self, segment: u64) -> Result<(), LogError>;

    /// Cuts `segment` down to its first `length` bytes and keeps the rest beside it for a person
    /// to look at.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails.
    fn cut(&mut self, segment: u64, length: u64) -> Result<(), LogError>;

    /// Another handle of the same log, for whoever reads it while it is appended to.
    fn reader(&self) -> Box<dyn LogReader>;
}

/// Reads a [`Log`] that somebody else appends to, and removes what was read. Calls block.
pub trait LogReader: Send {
    /// The numbers of all segments, ascending.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails.
    fn segments(&mut self) -> Result<Vec<u64>, LogError>;

    /// At most `most` bytes of a segment from `offset` on; fewer only at the end of its file. Behind
    /// what was appended there may be zeros.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails or there is no such segment.
    fn read_at(&mut self, segment: u64, offset: u64, most: usize) -> Result<Vec<u8>, LogError>;

    /// Bytes of a segment's file, zeros behind what was appended included; none if it is gone.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails.
    fn length(&mut self, segment: u64) -> Result<u64, LogError>;

    /// Removes a segment that is not the newest. It is no error if it is gone.
    ///
    /// # Errors
    /// [`LogError`] when the medium fails.
    fn remove(&mut self, segment: u64) -> Result<(), LogError>;
}

/// The log's medium failed. The text is for the operator's log, never for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogError(pub String);

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log: {}", self.0)
    }
}

impl std::error::Error for LogError {}
