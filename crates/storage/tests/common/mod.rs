//! What the tests of stores and logs share.

#![allow(dead_code, reason = "not every test uses everything")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use strongroom_engine::ports::{Batch, CommitError, Store, Versioned};

/// The output of a future that never waits, as those of the embedded stores.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("an embedded store made its caller wait"),
    }
}

/// `key` put at `version` with `value`.
pub(crate) fn put(key: impl AsRef<[u8]>, version: u64, value: impl AsRef<[u8]>) -> Batch {
    let found = Versioned { version, value: value.as_ref().to_vec() };
    Batch { put: vec![(key.as_ref().to_vec(), found)], ..Batch::default() }
}

/// `key` deleted.
pub(crate) fn delete(key: impl AsRef<[u8]>) -> Batch {
    Batch { delete: vec![key.as_ref().to_vec()], ..Batch::default() }
}

/// `batch`, expecting `key` at `version` as well.
pub(crate) fn expecting(mut batch: Batch, key: impl AsRef<[u8]>, version: Option<u64>) -> Batch {
    batch.expect.push((key.as_ref().to_vec(), version));
    batch
}

/// All changes and expectations of `batches` in one.
pub(crate) fn together(batches: impl IntoIterator<Item = Batch>) -> Batch {
    let mut all = Batch::default();
    for batch in batches {
        all.expect.extend(batch.expect);
        all.put.extend(batch.put);
        all.delete.extend(batch.delete);
    }
    all
}

/// Commits `batch`.
pub(crate) fn commit(store: &dyn Store, batch: &Batch) -> Result<(), CommitError> {
    now(store.commit(batch))
}

/// The version and value at `key`.
pub(crate) fn read(store: &dyn Store, key: impl AsRef<[u8]>) -> Option<(u64, Vec<u8>)> {
    now(store.read(key.as_ref())).unwrap().map(|found| (found.version, found.value))
}

/// The keys of a scan.
pub(crate) fn keys(store: &dyn Store, from: &[u8], to: &[u8], limit: usize) -> Vec<Vec<u8>> {
    now(store.scan(from, to, limit)).unwrap().into_iter().map(|entry| entry.key).collect()
}
