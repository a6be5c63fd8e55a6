//! Connections to the file: making it, knowing it for ours, and how SQLite is told to behave.

use crate::dir;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `application_id` of a store: "StRm" (<https://sqlite.org/fileformat2.html#application_id>).
const APPLICATION: i32 = 0x5374_526d;
/// `user_version` of the schema this release reads and writes.
const SCHEMA: i32 = 1;

/// A row of `record` is an entry of the store. It is a rowid table with an index, not `WITHOUT
/// ROWID`, since values are too large to be moved about in the inner pages of one tree.
/// The one row of `fence` is changed after a failed commit.
const TABLES: &str = "
    CREATE TABLE record (
        key BLOB NOT NULL UNIQUE,
        version INTEGER NOT NULL CHECK (version <> 0),
        value BLOB NOT NULL
    ) STRICT;
    CREATE TABLE fence (raised INTEGER NOT NULL) STRICT;
    INSERT INTO fence (raised) VALUES (0);
";

/// How long a connection waits for another; long waits happen only to a second process.
const BUSY: Duration = Duration::from_secs(5);

/// For every connection. Pages are not memory-mapped, for then a failing disk would be a signal
/// and not an error.
const COMMON: &str = "
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA mmap_size = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8192;
";

/// For the writing connection: a commit waits for its sync; what is deleted is overwritten with
/// zeros; the write-ahead log is moved into the file every 1000 pages (4 MiB) and cut to 16 MiB
/// after it once grew beyond.
const WRITING: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA journal_size_limit = 16777216;
";

/// Why a store could not be opened.
#[derive(Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The file is not a database, or another application's.
    Foreign,
    /// The file was written by a later release.
    TooNew {
        /// The version of its schema.
        found: i32,
        /// The latest version of the schema that this release knows.
        known: i32,
    },
    /// The medium failed, or the file is damaged. The text is for the operator.
    Failed(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("not a store of this program"),
            Self::TooNew { found, known } => write!(
                f,
                "store was written by a later release (schema {found}, this release knows {known})"
            ),
            Self::Failed(why) => write!(f, "store cannot be opened: {why}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The writing connection to the store at `path`, which is made if there is none, and the
/// absolute path for the reading ones.
pub(super) fn writer(path: &Path) -> Result<(Connection, PathBuf), OpenError> {
    let path = ready(path)?;
    let mut connection =
        Connection::open_with_flags(&path, flags(OpenFlags::SQLITE_OPEN_READ_WRITE))?;
    harden(&connection)?;
    let known = identify(&connection)?;
    for beside in ["", "-wal", "-shm"] {
        let mut name = path.clone().into_os_string();
        name.push(beside);
        dir::restrict(Path::new(&name))?;
    }
    connection.execute_batch(WRITING)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Failed(format!("journal mode is `{mode}`, not write-ahead")));
    }
    if !known {
        install(&mut connection)?;
    }
    Ok((connection, path))
}

/// A reading connection to the store at `path`.
pub(super) fn reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    harden(&connection)?;
    Ok(connection)
}

/// A connection to a new, empty file at `path`, which nobody else can have open.
pub(super) fn blank(path: &Path) -> Result<Connection, OpenError> {
    dir::create_file(path)?;
    let flags = flags(OpenFlags::SQLITE_OPEN_READ_WRITE);
    Ok(Connection::open_with_flags(fs::canonicalize(path)?, flags)?)
}

/// Makes the file if there is none and gives its absolute path, which SQLite cannot mistake for a
/// URI.
///
/// An existing file is not opened here: closing it would drop the locks that SQLite holds on it
/// in this process (<https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
fn ready(path: &Path) -> Result<PathBuf, OpenError> {
    match dir::create_file(path) {
        Ok(_) => dir::sync_dir(dir::parent(path))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    Ok(fs::canonicalize(path)?)
}

/// Whether the file is a store (`true`) or empty (`false`).
fn identify(connection: &Connection) -> Result<bool, OpenError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let (application, schema) = (number("application_id")?, number("user_version")?);
    let tables = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    match (application, schema) {
        (0, 0) if tables == 0 => Ok(false),
        (APPLICATION, SCHEMA) => Ok(true),
        (APPLICATION, found) if found > SCHEMA => Err(OpenError::TooNew { found, known: SCHEMA }),
        _ => Err(OpenError::Foreign),
    }
}

/// The schema and the marks of a store, in one transaction: no crash leaves one without the other.
fn install(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    Ok(transaction.commit()?)
}

/// A damaged or forged file shall not make SQLite run what is in it
/// (<https://sqlite.org/security.html>).
fn harden(connection: &Connection) -> Result<(), OpenError> {
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for off in [
        DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER,
        DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW,
        DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_DQS_DDL,
        DbConfig::SQLITE_DBCONFIG_DQS_DML,
    ] {
        connection.set_db_config(off, false)?;
    }
    Ok(connection.execute_batch(COMMON)?)
}

/// Connections are never shared by threads at one time, so SQLite need not lock each.
fn flags(access: OpenFlags) -> OpenFlags {
    access | OpenFlags::SQLITE_OPEN_NO_MUTEX
}
