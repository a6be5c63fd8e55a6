//! Objects in memory, for tests. They keep the whole contract of their port except that they do
//! not outlive the process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use strongroom_engine::ports::archive::{ArchiveError, Object, ObjectSummary, Objects};
use strongroom_engine::ports::object_names::{is_bucket_name, is_object_key};
use strongroom_engine::ports::{Boxed, Clock};

type Buckets = BTreeMap<String, BTreeMap<String, Object>>;

/// [`Objects`] in memory. A clone is another handle of the same contents.
#[derive(Clone)]
pub struct MemoryObjects {
    buckets: Arc<Mutex<Buckets>>,
    clock: Arc<dyn Clock>,
}

impl MemoryObjects {
    /// No objects yet; those that will be put are of the time that `clock` shows.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { buckets: Arc::default(), clock }
    }

    /// Separate objects with the contents these have now, by the same clock.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self { buckets: Arc::new(Mutex::new(self.lock().clone())), clock: self.clock.clone() }
    }

    /// Takes an object away, as somebody would who has the medium in hand.
    pub fn remove(&self, bucket: &str, key: &str) {
        if let Some(objects) = self.lock().get_mut(bucket) {
            objects.remove(key);
        }
    }

    fn put_now(
        &self,
        (bucket, key): (&str, &str),
        body: &[u8],
        metadata: &BTreeMap<String, String>,
    ) -> Result<(), ArchiveError> {
        if !is_bucket_name(bucket) || !is_object_key(key) {
            return Err(ArchiveError(format!("no object can be at {bucket:?}, {key:?}")));
        }
        let modified = self.clock.now();
        let object = Object { body: body.to_vec(), metadata: metadata.clone(), modified };
        self.lock().entry(bucket.to_owned()).or_default().insert(key.to_owned(), object);
        Ok(())
    }

    fn list_now(
        &self,
        bucket: &str,
        (prefix, after): (&str, Option<&str>),
        limit: usize,
    ) -> Vec<ObjectSummary> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let buckets = self.lock();
        let objects = buckets.get(bucket).into_iter();
        let found = objects.flat_map(|all| all.range::<str, _>((from, Bound::Unbounded)));
        let found = found.take_while(|(key, _)| key.starts_with(prefix)).take(limit);
        found.map(summary).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn summary((key, object): (&String, &Object)) -> ObjectSummary {
    let size = u64::try_from(object.body.len()).unwrap_or(u64::MAX);
    ObjectSummary { key: key.clone(), size, modified: object.modified }
}

impl Objects for MemoryObjects {
    fn has_bucket(&self, name: &str) -> bool {
        is_bucket_name(name)
    }

    fn put<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
        body: &'a [u8],
        metadata: &'a BTreeMap<String, String>,
    ) -> Boxed<'a, Result<(), ArchiveError>> {
        Box::pin(async move { self.put_now((bucket, key), body, metadata) })
    }

    fn get<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> Boxed<'a, Result<Option<Object>, ArchiveError>> {
        Box::pin(async move {
            Ok(self.lock().get(bucket).and_then(|objects| objects.get(key)).cloned())
        })
    }

    fn list<'a>(
        &'a self,
        bucket: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Boxed<'a, Result<Vec<ObjectSummary>, ArchiveError>> {
        Box::pin(async move { Ok(self.list_now(bucket, (prefix, after), limit)) })
    }
}
