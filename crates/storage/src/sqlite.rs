//! The embedded store: SQLite in WAL mode, in the server's own process.
//!
//! One connection writes, behind a lock; a few others only read, each statement seeing the latest
//! commit. The commit that has returned survives a power cut because `synchronous=FULL` syncs the
//! write-ahead log before `COMMIT` ends (<https://sqlite.org/pragma.html#pragma_synchronous>).
//!
//! Calls do their work on the caller's thread when the future is first polled: a point read takes
//! about ten microseconds, less than handing it to another thread; a commit waits for one sync.

mod connection;
mod frozen;
mod readers;

pub use connection::OpenError;

use crate::{batch, dir};
use readers::Readers;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use strongroom_engine::ports::{
    Batch, Boxed, CommitError, Entry, Frozen, Store, StoreError, Versioned,
};

/// A [`Store`] in one SQLite file, with its `-wal` and `-shm` files beside it, all of mode 0600.
///
/// The file belongs to one `SqliteStore` at a time: hold a [`DirLock`](crate::DirLock).
/// Dropping it moves the write-ahead log into the file, as [`SqliteStore::close`] does, but cannot
/// tell of a failure; no commit depends on either.
pub struct SqliteStore {
    /// Before the writer, because connections are closed in this order and only a writing one
    /// that is the last to go moves the write-ahead log into the file.
    readers: Readers,
    writer: Mutex<Writer>,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the store at `path`, making it if there is none. Its directory must exist.
    ///
    /// # Errors
    /// [`OpenError`]; the contents of a file that is another application's, or a later release's,
    /// are left as they are.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (writer, path) = connection::writer(path)?;
        let readers = Readers::open(&path)?;
        let writer = Mutex::new(Writer { connection: writer, unsure: false });
        Ok(Self { readers, writer, path })
    }

    /// Writes a copy of the store, as of the latest commit, to a new file at `path` with mode
    /// 0600. Commits go on meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when there is something at `path`, or a medium fails; nothing of the copy
    /// is left then.
    pub fn backup_to(&self, path: &Path) -> Result<(), StoreError> {
        let target = connection::blank(path).map_err(|error| StoreError(error.to_string()))?;
        let copied = self.readers.with(|source| copy(source, target));
        let kept = copied.and_then(|()| {
            dir::sync_dir(dir::parent(path)).map_err(|error| StoreError(error.to_string()))
        });
        if kept.is_err() {
            // The first error is the one to report.
            let _ = std::fs::remove_file(path);
        }
        kept
    }

    /// Moves the write-ahead log into the file and closes it.
    ///
    /// # Errors
    /// [`StoreError`] when the medium fails. Every commit that returned is kept nevertheless.
    pub fn close(self) -> Result<(), StoreError> {
        let Self { readers, writer, .. } = self;
        drop(readers);
        let writer = writer.into_inner().unwrap_or_else(PoisonError::into_inner);
        let connection = writer.connection;
        let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = connection.query_row(truncate, [], |row| row.get(0)).map_err(failed)?;
        connection.close().map_err(|(_, error)| failed(error))?;
        (busy == 0).then_some(()).ok_or_else(|| StoreError("checkpoint was blocked".to_owned()))
    }

    fn read_now(&self, key: &[u8]) -> Result<Option<Versioned>, StoreError> {
        self.readers
            .with(|reader| {
                let mut select =
                    reader.prepare_cached("SELECT version, value FROM record WHERE key = ?1")?;
                select.query_row([key], |row| versioned(row, 0)).optional()
            })
            .map_err(|StoreError(why)| StoreError(format!("record {}: {why}", name(key))))
    }

    fn scan_now(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.readers.with(|reader| scan(reader, from, to, limit))?
    }

    fn commit_now(&self, batch: &Batch) -> Result<(), CommitError> {
        batch::check(batch)?;
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).commit(batch)
    }
}

impl Store for SqliteStore {
    fn read<'a>(&'a self, key: &'a [u8]) -> Boxed<'a, Result<Option<Versioned>, StoreError>> {
        Box::pin(async move { self.read_now(key) })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        to: &'a [u8],
        limit: usize,
    ) -> Boxed<'a, Result<Vec<Entry>, StoreError>> {
        Box::pin(async move { self.scan_now(from, to, limit) })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> Boxed<'a, Result<(), CommitError>> {
        Box::pin(async move { self.commit_now(batch) })
    }

    fn frozen(&self) -> Result<Box<dyn Frozen>, StoreError> {
        let frozen = frozen::FrozenStore::begin(&self.path);
        Ok(Box::new(frozen.map_err(|error| StoreError(error.to_string()))?))
    }
}

struct Writer {
    connection: Connection,
    /// Whether a commit failed that may nevertheless stand in the write-ahead log, whole, and is
    /// not fenced off yet. Nothing is committed before it is; if the process ends first, the next
    /// one finds the commit, with nothing after it.
    unsure: bool,
}

impl Writer {
    fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        if self.unsure {
            self.fence().map_err(|error| {
                CommitError::Failed(StoreError(format!("an earlier commit is in doubt: {error}")))
            })?;
            self.unsure = false;
        }
        // A transaction that is dropped, on any way out of here, rolls back.
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(medium)?;
        if !holds(&transaction, batch).map_err(medium)? {
            return Err(CommitError::Conflict);
        }
        apply(&transaction, batch).map_err(medium)?;
        let committed = transaction.commit();
        if committed.is_err() {
            self.unsure = self.fence().is_err();
        }
        committed.map_err(medium)
    }

    /// Makes sure that the commit that just failed is not found in the write-ahead log by a later
    /// recovery. If its last sync failed, the log may hold all of it; the next transaction is
    /// written over it, at the same place, and recovery stops where checksums cease to match
    /// (<https://sqlite.org/fileformat2.html#walformat>).
    fn fence(&mut self) -> rusqlite::Result<()> {
        self.connection.execute("UPDATE fence SET raised = raised + 1", []).map(|_| ())
    }
}

fn holds(connection: &Connection, batch: &Batch) -> rusqlite::Result<bool> {
    let mut select = connection.prepare_cached("SELECT version FROM record WHERE key = ?1")?;
    for (key, expected) in &batch.expect {
        let version = select.query_row([key], |row| row.get(0)).optional()?;
        if version.map(i64::cast_unsigned) != *expected {
            return Ok(false);
        }
    }
    Ok(true)
}

fn apply(connection: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO record (key, version, value) VALUES (?1, ?2, ?3) \
         ON CONFLICT (key) DO UPDATE SET version = excluded.version, value = excluded.value",
    )?;
    for (key, put) in &batch.put {
        upsert.execute((key, put.version.cast_signed(), &put.value))?;
    }
    let mut delete = connection.prepare_cached("DELETE FROM record WHERE key = ?1")?;
    for key in &batch.delete {
        delete.execute([key])?;
    }
    Ok(())
}

/// Failures of the connection outside, and those of a row inside.
fn scan(
    connection: &Connection,
    from: &[u8],
    to: &[u8],
    limit: usize,
) -> rusqlite::Result<Result<Vec<Entry>, StoreError>> {
    // Nobody has so many entries that a larger limit would differ from the largest.
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut select = connection.prepare_cached(
        "SELECT version, value, key FROM record WHERE key >= ?1 AND key < ?2 \
         ORDER BY key LIMIT ?3",
    )?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut rows = select.query((from, to, limit))?;
    let read = loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break Ok(()),
            Err(why) => break Err(why),
        };
        let entry = || Ok(Entry { found: versioned(row, 0)?, key: row.get(2)? });
        match entry() {
            Ok(entry) => entries.push(entry),
            Err(why) => break Err(why),
        }
    };
    Ok(match read {
        Ok(()) => Ok(entries),
        Err(why) => Err(behind(entries.last(), &why)),
    })
}

/// Version and value, in the columns from `column` on. SQLite's integers are signed; a version is
/// the same 64 bits, and never compared but for equality.
fn versioned(row: &Row<'_>, column: usize) -> rusqlite::Result<Versioned> {
    let version = row.get::<_, i64>(column)?.cast_unsigned();
    Ok(Versioned { version, value: row.get(column + 1)? })
}

fn copy(source: &Connection, mut target: Connection) -> rusqlite::Result<()> {
    // In one step, which reads one snapshot; a copy in several begins anew with every commit.
    let step = Backup::new(source, &mut target)?.step(-1)?;
    target.close().map_err(|(_, error)| error)?;
    match step {
        StepResult::Done => Ok(()),
        _ => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("copy was blocked".to_owned()),
        )),
    }
}

/// A failure to read what follows `last`, of which nothing is known but that.
fn behind(last: Option<&Entry>, why: &rusqlite::Error) -> StoreError {
    match last {
        Some(last) => StoreError(format!("record behind {}: {why}", name(&last.key))),
        None => StoreError(why.to_string()),
    }
}

/// A store key as text, for the operator.
fn name(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}

fn medium(error: rusqlite::Error) -> CommitError {
    CommitError::Failed(failed(error))
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError(error.to_string())
}

#[cfg(test)]
mod tests;
