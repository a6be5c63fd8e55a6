//! Backups: a copy of store and journal as of one commit, made while the server serves.
//!
//! **What makes it one moment.** The journal's durable position is taken first, then the snapshot of
//! the store, and the journal is copied up to that position, or to the one that the snapshot's head
//! knows if that is farther. So the copy's journal reaches as far as its store knows, and no farther
//! than anchors of groups that the store has: it opens as after a crash. No segment is removed
//! meanwhile, since the snapshot's own cursor may be behind the server's.
//!
//! Nothing here knows files: [`Output`] takes bytes, [`Reader`] reads them.

mod content;
mod read;
mod write;

pub use content::{Item, Totals};
pub use read::{Reader, read_header};
pub use write::{About, Output, Writer};
pub(crate) use write::{Source, begin};

use crate::engine::Engine;
use crate::ledger::RecoveryError;
use crate::ports::{LogError, StoreError};
use crate::vault::VaultError;
use std::fmt;
use std::sync::PoisonError;
use strongroom_keys::{BackupError, RootKeyError};

/// Why a backup was not made, or not read.
#[derive(Debug)]
pub enum BackupFailure {
    /// The backup is none, or is damaged.
    Backup(BackupError),
    /// The store failed, or a record in it is not authentic.
    Vault(VaultError),
    /// The journal failed, or is damaged.
    Journal(RecoveryError),
    /// The root key's provider failed.
    RootKey(RootKeyError),
    /// What is written could not be put where it shall be, or not be read from there.
    Medium(std::io::Error),
    /// Another backup is being made.
    Busy,
}

impl fmt::Display for BackupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backup(why) => why.fmt(f),
            Self::Vault(why) => why.fmt(f),
            Self::Journal(why) => why.fmt(f),
            Self::RootKey(why) => why.fmt(f),
            Self::Medium(why) => why.fmt(f),
            Self::Busy => f.write_str("another backup is being made"),
        }
    }
}

impl std::error::Error for BackupFailure {}

impl From<BackupError> for BackupFailure {
    fn from(why: BackupError) -> Self {
        Self::Backup(why)
    }
}

impl From<VaultError> for BackupFailure {
    fn from(why: VaultError) -> Self {
        Self::Vault(why)
    }
}

impl From<StoreError> for BackupFailure {
    fn from(why: StoreError) -> Self {
        Self::Vault(why.into())
    }
}

impl From<RecoveryError> for BackupFailure {
    fn from(why: RecoveryError) -> Self {
        Self::Journal(why)
    }
}

impl From<LogError> for BackupFailure {
    fn from(why: LogError) -> Self {
        Self::Journal(why.into())
    }
}

impl From<RootKeyError> for BackupFailure {
    fn from(why: RootKeyError) -> Self {
        Self::RootKey(why)
    }
}

impl From<std::io::Error> for BackupFailure {
    fn from(why: std::io::Error) -> Self {
        Self::Medium(why)
    }
}

impl Engine {
    /// Begins a backup while others go on. It blocks its thread; one is made at a time. `about` is
    /// asked with the fingerprint of the root key, which is not replaced meanwhile.
    ///
    /// # Errors
    /// [`BackupFailure`]; [`BackupFailure::Busy`] at once if another one is being made.
    pub async fn back_up<'a>(
        &self,
        about: impl FnOnce(&str) -> std::io::Result<About>,
        output: Output<'a>,
    ) -> Result<Writer<'a>, BackupFailure> {
        let copying = &self.ledger().copying;
        let mut log = copying.log.try_lock().map_err(|_| BackupFailure::Busy)?;
        let _kept = copying.kept.read().await;
        let before = *copying.position.lock().unwrap_or_else(PoisonError::into_inner);
        let (vault, hierarchy) = (self.vault(), Some(&self.ledger().hierarchy));
        begin(Source { vault, log: &mut **log, before, hierarchy }, about, output).await
    }
}
