//! A store and a log in memory, for tests. They keep the whole contract of their ports except
//! that they do not outlive the process.

use crate::{MAX_SEGMENT, batch};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use strongroom_engine::ports::{
    Batch, Boxed, CommitError, Entry, Frozen, Log, LogError, LogReader, Store, StoreError,
    Versioned,
};

type Records = BTreeMap<Vec<u8>, Versioned>;

/// A [`Store`] in memory. A clone is another handle of the same contents, so an engine can be
/// "restarted" on them; [`MemoryStore::snapshot`] is a copy.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<RwLock<Records>>);

impl MemoryStore {
    /// A separate store with the contents this one has now.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self(Arc::new(RwLock::new(self.with(Records::clone))))
    }

    /// Every entry, in ascending byte order of the keys.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.with(|records| records.iter().map(entry).collect())
    }

    fn with<T>(&self, look: impl FnOnce(&Records) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn scan_now(&self, from: &[u8], to: &[u8], limit: usize) -> Vec<Entry> {
        if from >= to {
            return Vec::new();
        }
        let range = (Bound::Included(from), Bound::Excluded(to));
        self.with(|records| records.range::<[u8], _>(range).take(limit).map(entry).collect())
    }

    fn commit_now(&self, batch: &Batch) -> Result<(), CommitError> {
        batch::check(batch)?;
        let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let version = |key: &Vec<u8>| records.get(key).map(|found| found.version);
        if batch.expect.iter().any(|(key, expected)| version(key) != *expected) {
            return Err(CommitError::Conflict);
        }
        records.extend(batch.put.iter().cloned());
        for key in &batch.delete {
            records.remove(key);
        }
        Ok(())
    }
}

fn entry((key, found): (&Vec<u8>, &Versioned)) -> Entry {
    Entry { key: key.clone(), found: found.clone() }
}

impl Store for MemoryStore {
    fn read<'a>(&'a self, key: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move { Ok(self.with(|records| records.get(key).cloned())) })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move { Ok(self.scan_now(from, to, limit)) })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Boxed<'a, Result<(), CommitError>> {
        Box::pin(async move { self.commit_now(batch) })
    }

    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
        Ok(Box::new(self.snapshot()))
    }
}

/// A [`MemoryStore::snapshot`] is one, since nobody else has it.
impl Frozen for MemoryStore {
    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(self.scan_now(from, to, limit))
    }

    fn count(&mut self, from: &[u8], to: &[u8]) -> Result<u64, StoreError> {
        let count = self.scan_now(from, to, usize::MAX).len();
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

#[derive(Clone, Default)]
struct Segments {
    whole: BTreeMap<u64, Vec<u8>>,
    torn: Vec<(u64, Vec<u8>)>,
}

/// A [`Log`] in memory. A clone is the same contents opened once more: as after
/// [`FileLog::open`](crate::FileLog::open), nothing can be appended through it until it has
/// created a segment. [`MemoryLog::snapshot`] is a copy.
#[derive(Default)]
pub struct MemoryLog {
    segments: Arc<Mutex<Segments>>,
    current: Option<u64>,
}

impl MemoryLog {
    /// A separate log with the contents this one has now, freshly opened.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self { segments: Arc::new(Mutex::new(self.lock().clone())), current: None }
    }

    /// What [`Log::cut`] has kept, with the segment it was cut from, oldest first.
    #[must_use]
    pub fn torn(&self) -> Vec<(u64, Vec<u8>)> {
        self.lock().torn.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Segments> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for MemoryLog {
    fn clone(&self) -> Self {
        Self { segments: Arc::clone(&self.segments), current: None }
    }
}

impl Log for MemoryLog {
    fn segments(&mut self) -> Result<Vec<u64>, LogError> {
        Ok(self.lock().whole.keys().copied().collect())
    }

    fn read(&mut self, segment: u64) -> Result<Vec<u8>, LogError> {
        self.lock().whole.get(&segment).cloned().ok_or_else(missing)
    }

    fn create(&mut self, segment: u64, header: &[u8]) -> Result<(), LogError> {
        let mut segments = self.lock();
        if segments.whole.last_key_value().is_some_and(|(last, _)| *last >= segment) {
            return Err(LogError("segment is not greater than all before".to_owned()));
        }
        segments.whole.insert(segment, header.to_vec());
        drop(segments);
        self.current = Some(segment);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), LogError> {
        let current = self.current.ok_or_else(missing)?;
        let mut segments = self.lock();
        let segment = segments.whole.get_mut(&current).ok_or_else(missing)?;
        let length = segment.len().saturating_add(bytes.len());
        if u64::try_from(length).map_or(true, |length| length > MAX_SEGMENT) {
            return Err(LogError("segment is full".to_owned()));
        }
        segment.extend_from_slice(bytes);
        Ok(())
    }

    fn settle(&mut self, segment: u64) -> Result<(), LogError> {
        self.lock().whole.get(&segment).map(drop).ok_or_else(missing)
    }

    fn cut(&mut self, segment: u64, length: u64) -> Result<(), LogError> {
        let mut segments = self.lock();
        let whole = segments.whole.get_mut(&segment).ok_or_else(missing)?;
        let at = usize::try_from(length).ok().filter(|at| *at <= whole.len());
        let rest = whole.split_off(at.ok_or_else(|| LogError("cut beyond the end".to_owned()))?);
        if rest.iter().any(|byte| *byte != 0) {
            segments.torn.push((segment, rest));
        }
        Ok(())
    }

    fn reader(&self) -> Box<dyn LogReader> {
        Box::new(self.clone())
    }
}

impl LogReader for MemoryLog {
    fn segments(&mut self) -> Result<Vec<u64>, LogError> {
        Log::segments(self)
    }

    fn read_at(&mut self, segment: u64, offset: u64, most: usize) -> Result<Vec<u8>, LogError> {
        let segments = self.lock();
        let bytes = segments.whole.get(&segment).ok_or_else(missing)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.iter().skip(from).take(most).copied().collect())
    }

    fn length(&mut self, segment: u64) -> Result<u64, LogError> {
        let length = self.lock().whole.get(&segment).map_or(0, Vec::len);
        Ok(u64::try_from(length).unwrap_or(u64::MAX))
    }

    fn remove(&mut self, segment: u64) -> Result<(), LogError> {
        self.lock().whole.remove(&segment);
        Ok(())
    }
}

fn missing() -> LogError {
    LogError("no such segment".to_owned())
}
