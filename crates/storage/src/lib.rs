//! Adapters of the engine's `Store`, `Log` and `Objects` ports, and the files of the data directory.
//!
//! **Architecture invariant:** this crate sees sealed bytes. It does not know what a record or a
//! journal frame means, who is asking, or what time it is.

mod batch;
pub mod dir;
mod lock;
mod log;
mod memory;
mod memory_objects;
mod new_file;
mod objects;
mod sqlite;

pub use lock::{DirLock, LockError};
pub use log::{FileLog, MAX_SEGMENT, RESERVE};
pub use memory::{MemoryLog, MemoryStore};
pub use memory_objects::MemoryObjects;
pub use new_file::NewFile;
pub use objects::{DirectoryObjects, MAX_OBJECT};
pub use sqlite::{OpenError, SqliteStore};
