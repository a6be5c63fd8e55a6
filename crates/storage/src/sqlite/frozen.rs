//! The store as it was at one commit: a reading connection of its own, in a transaction that lasts.
//!
//! In WAL mode a reader sees what was committed when its transaction began and holds nobody up. The
//! write-ahead log cannot be begun anew meanwhile, so it grows by what is committed; once this is
//! dropped it is moved into the file and cut again (<https://sqlite.org/wal.html#avoiding_excessively_large_wal_files>).

use super::connection::{self, OpenError};
use super::{failed, scan};
use rusqlite::Connection;
use std::path::Path;
use strongroom_engine::ports::{Entry, Frozen, StoreError};

/// A connection whose transaction began with the snapshot, and ends when it is closed.
pub(super) struct FrozenStore(Connection);

impl FrozenStore {
    pub(super) fn begin(path: &Path) -> Result<Self, OpenError> {
        let connection = connection::reader(path)?;
        // The transaction sees the commit before its first statement, not before its beginning.
        connection.execute_batch("BEGIN; SELECT raised FROM fence;")?;
        Ok(Self(connection))
    }
}

impl Frozen for FrozenStore {
    fn scan(&mut self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        scan(&self.0, from, to, limit).map_err(failed)?
    }

    fn count(&mut self, from: &[u8], to: &[u8]) -> Result<u64, StoreError> {
        let count = self.0.query_row(
            "SELECT count(*) FROM record WHERE key >= ?1 AND key < ?2",
            (from, to),
            |row| row.get::<_, i64>(0),
        );
        count.map(i64::cast_unsigned).map_err(failed)
    }
}
