//! The reading connections, lent to one caller at a time.

use super::connection::{self, OpenError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use strongroom_engine::ports::StoreError;

/// How many callers read at the same time; more wait. Reads are short and mostly computation, so
/// more connections than this would only hold more cache.
const READERS: usize = 4;

/// A fixed set of reading connections.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl Readers {
    /// Connections to the store at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let idle = (0..READERS).map(|_| connection::reader(path)).collect::<Result<_, _>>()?;
        Ok(Self { idle: Mutex::new(idle), returned: Condvar::new() })
    }

    /// Does `work` with one of the connections.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let lent = self.borrow();
        let connection = lent.connection.as_ref();
        let connection = connection.ok_or_else(|| StoreError("no connection".to_owned()))?;
        work(connection).map_err(super::failed)
    }

    fn borrow(&self) -> Lent<'_> {
        let empty = |idle: &mut Vec<Connection>| idle.is_empty();
        let idle = self.returned.wait_while(self.lock(), empty);
        let connection = idle.unwrap_or_else(PoisonError::into_inner).pop();
        Lent { readers: self, connection }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that goes back to its set when dropped.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.lock().extend(self.connection.take());
        self.readers.returned.notify_one();
    }
}
