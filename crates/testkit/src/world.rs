//! What outlives a server: store, journal, root key, time.

use crate::{
    CountedEntropy, FailingLog, FailingObjects, FailingStore, Faults, FixedClock, Kit,
    MemoryHistory, MemoryKeyStores,
};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_crypto::SecretKey;
use strongroom_engine::audit::AuditRecord;
use strongroom_engine::call::RequestId;
use strongroom_engine::ledger::{Durability, OpenError, RecoveryError};
use strongroom_engine::ports::{Entry, Inline, Log, Store as _};
use strongroom_engine::quotas::Quotas;
use strongroom_engine::{Ports, Report, Settings, trail};
use strongroom_keys::LocalRootKey;
use strongroom_storage::{FileLog, MemoryLog, MemoryObjects, MemoryStore, SqliteStore};
use strongroom_types::Timestamp;

/// When every world begins: 2026-11-22T06:37:05.123Z.
const BEGINNING: Timestamp = Timestamp::from_millis(1_795_329_425_123);

/// Store, journal, root key and clock, and what fails of them.
pub struct World {
    /// The store.
    pub store: MemoryStore,
    /// The journal.
    pub log: MemoryLog,
    /// The clock.
    pub clock: FixedClock,
    /// The entropy.
    pub entropy: CountedEntropy,
    /// The keys that live elsewhere.
    pub key_stores: MemoryKeyStores,
    /// What has been delivered of the trail.
    pub objects: MemoryObjects,
    /// The events of the past.
    pub history: MemoryHistory,
    /// What fails.
    pub faults: Faults,
    /// What servers have told their operator.
    pub incidents: Incidents,
    /// What each account may ask for, and have.
    pub quotas: Quotas,
    /// When a use is answered.
    pub durability: Durability,
    /// The root key.
    pub root: [u8; 32],
}

/// The failures that servers have told their operator.
#[derive(Clone, Default)]
pub struct Incidents(Arc<Mutex<Vec<String>>>);

impl Incidents {
    /// All so far.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Report for Incidents {
    fn incident(&self, _: Option<RequestId>, what: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(what.to_owned());
    }
}

impl Default for World {
    fn default() -> Self {
        let faults = Faults::default();
        let clock = FixedClock::new(BEGINNING);
        Self {
            store: MemoryStore::default(),
            log: MemoryLog::default(),
            objects: MemoryObjects::new(Arc::new(clock.clone())),
            clock,
            entropy: CountedEntropy::new(1, faults.clone()),
            key_stores: MemoryKeyStores::default(),
            history: MemoryHistory::default(),
            faults,
            incidents: Incidents::default(),
            quotas: Quotas::default(),
            durability: Durability::default(),
            root: [0x5a; 32],
        }
    }
}

impl World {
    /// A separate world with the contents this one has now, in which nothing fails.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        use strongroom_engine::ports::Clock as _;
        let faults = Faults::default();
        Self {
            store: self.store.snapshot(),
            log: self.log.snapshot(),
            clock: FixedClock::new(self.clock.now()),
            entropy: self.entropy.fork(faults.clone()),
            key_stores: self.key_stores.clone(),
            objects: self.objects.snapshot(),
            history: self.history.clone(),
            faults,
            incidents: Incidents::default(),
            quotas: self.quotas.clone(),
            durability: self.durability,
            root: self.root,
        }
    }

    /// Starts a server on this world, one thread for everything: what happens in which order is
    /// the same each time.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(self) -> Result<Kit, OpenError> {
        Kit::open(self, 1)
    }

    /// Starts a server on this world whatever is in it, and makes nothing that is missing.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_as_it_is(self) -> Result<Kit, OpenError> {
        let ports = self.ports();
        Kit::open_on(self, ports, 1)
    }

    /// Starts a server with so many threads.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with_threads(self, threads: usize) -> Result<Kit, OpenError> {
        Kit::open(self, threads)
    }

    /// Starts a server on the embedded store and the journal's files in `directory`, which fail as
    /// those in memory do.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn open_in(self, directory: &Path) -> Result<Kit, String> {
        let (store, log) = opened(directory)?;
        let mut ports = self.ports();
        ports.store = Arc::new(FailingStore::new(store, self.faults.clone()));
        ports.log = Box::new(FailingLog::new(log, self.faults.clone()));
        let kit = Kit::open_on(self, ports, 1).map_err(|why| why.to_string())?;
        kit.create_accounts()?;
        Ok(kit)
    }

    /// What the embedded store in `directory` holds, as far as it can be read.
    ///
    /// # Errors
    /// Why it cannot.
    ///
    /// # Panics
    /// When no runtime can be had.
    pub fn entries_in(directory: &Path) -> Result<Vec<Entry>, String> {
        let (store, _) = opened(directory)?;
        let entries = runtime(1).block_on(store.scan(&[], &[0xff], usize::MAX));
        entries.map_err(|why| why.to_string())
    }

    /// Every audit record that the store and the journal in `directory` hold.
    ///
    /// # Errors
    /// Why they cannot be read.
    ///
    /// # Panics
    /// When no runtime can be had.
    pub fn trail_in(&self, directory: &Path) -> Result<Vec<AuditRecord>, String> {
        let (store, mut log) = opened(directory)?;
        let (store, root, mut records) = (Arc::new(store), Arc::new(self.root_key()), Vec::new());
        let read = trail::read(store, &mut log, root, |record| records.push(record.clone()));
        runtime(1).block_on(read).map_err(|why| why.to_string())?;
        Ok(records)
    }

    pub(crate) fn root_key(&self) -> LocalRootKey {
        let key = SecretKey::from_slice(&self.root).expect("32 bytes");
        LocalRootKey::new(key).expect("a root key")
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports {
            store: Arc::new(FailingStore::new(self.store.clone(), self.faults.clone())),
            log: Box::new(FailingLog::new(self.log.clone(), self.faults.clone())),
            root: Arc::new(self.root_key()),
            clock: Arc::new(self.clock.clone()),
            entropy: Arc::new(self.entropy.clone()),
            workers: Arc::new(Inline),
            key_stores: Arc::new(self.key_stores.clone()),
            objects: Arc::new(FailingObjects::new(self.objects.clone(), self.faults.clone())),
            history: Arc::new(self.history.clone()),
            settings: Settings {
                quotas: self.quotas.clone(),
                durability: self.durability,
                ..Settings::default()
            },
            report: Arc::new(self.incidents.clone()),
        }
    }

    /// Every audit record: those of changes, then those of uses.
    ///
    /// # Errors
    /// [`RecoveryError`] at the first record that is not authentic.
    ///
    /// # Panics
    /// When no runtime can be had.
    pub fn try_trail(&self) -> Result<Vec<AuditRecord>, RecoveryError> {
        let mut records = Vec::new();
        let (store, root) = (Arc::new(self.store.clone()), Arc::new(self.root_key()));
        let mut log = self.log.clone();
        let read = trail::read(store, &mut log, root, |record| records.push(record.clone()));
        runtime(1).block_on(read)?;
        Ok(records)
    }

    /// Every audit record.
    ///
    /// # Panics
    /// When one is not authentic.
    #[must_use]
    pub fn trail(&self) -> Vec<AuditRecord> {
        self.try_trail().expect("the trail is authentic")
    }

    /// What the store holds besides the audit trail and its own head: what operations change.
    #[must_use]
    pub fn contents(&self) -> Vec<Entry> {
        // The head changes with every commit, the mark of the root key with every start.
        let is_content = |entry: &Entry| {
            !entry.key.starts_with(b"u/") && entry.key != b"head" && entry.key != b"root"
        };
        self.store.entries().into_iter().filter(is_content).collect()
    }

    /// Every byte at rest: keys and values of the store, and the journal's segments.
    ///
    /// # Panics
    /// When the log in memory fails.
    #[must_use]
    pub fn bytes_at_rest(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in self.store.entries() {
            bytes.extend_from_slice(&entry.key);
            bytes.extend_from_slice(&entry.found.value);
        }
        let mut log = self.log.clone();
        for segment in log.segments().expect("segments") {
            bytes.extend(log.read(segment).expect("a segment"));
        }
        bytes
    }
}

fn opened(directory: &Path) -> Result<(SqliteStore, FileLog), String> {
    let store = SqliteStore::open(&directory.join("store.db")).map_err(|why| why.to_string())?;
    let log = FileLog::open(&directory.join("journal")).map_err(|why| why.to_string())?;
    Ok((store, log))
}

pub(crate) fn runtime(threads: usize) -> tokio::runtime::Runtime {
    let mut builder = match threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(threads).enable_time().build().expect("a runtime")
}
