//! A store and a journal that no server has open: looked at, copied and restored, and as long as
//! nothing is restored, left as they are.

use crate::backup::{About, BackupFailure, Output, Source, Writer, begin};
use crate::ledger::OpenError;
use crate::ledger::{Head, Position, RecoveryError, Restored, begin_timeline, recover};
use crate::ports::{Log, LogReader, Store};
use crate::slot::{Slot, bare};
use crate::vault::{CacheSizes, Vault, VaultError};
use std::sync::Arc;
use strongroom_crypto::SystemEntropy;
use strongroom_keys::{BackupDescription, DomainFloorRecord, RestoreRecord, RootKey};
use strongroom_types::{Region, Timestamp};

/// A store and a journal at rest. Whoever has one has locked the directory.
pub struct Still {
    pub(crate) vault: Vault,
    pub(crate) log: Box<dyn Log>,
    pub(crate) reader: Box<dyn LogReader>,
}

/// How far a store and a journal have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The store's head.
    pub head: Head,
    /// The restore that the store comes from, if it does.
    pub restored: Option<RestoreRecord>,
}

impl Still {
    /// Opens them, if the root key is the store's.
    ///
    /// # Errors
    /// [`OpenError::RootKey`] when it is another one; [`OpenError::Altered`] when the store does not
    /// say whose it is.
    pub async fn open(
        store: Arc<dyn Store>,
        log: Box<dyn Log>,
        root: Arc<dyn RootKey>,
    ) -> Result<Self, OpenError> {
        let given = root.fingerprint().to_owned();
        let found = store.read(bare::ROOT).await?.ok_or(OpenError::Altered)?;
        let fingerprint = String::from_utf8_lossy(&found.value).into_owned();
        if fingerprint != given {
            return Err(OpenError::RootKey { store: fingerprint, given });
        }
        let vault = Vault::new(store, root, Arc::new(SystemEntropy), CacheSizes::default());
        // One that cannot be read is found by the check, and nothing is written under a domain key.
        if let Ok(Some(floor)) = vault.read::<DomainFloorRecord>(&Slot::domain_floor()).await {
            vault.raise_floors(&floor.record);
        }
        let reader = log.reader();
        Ok(Self { vault, log, reader })
    }

    /// How far the store has come.
    ///
    /// # Errors
    /// [`VaultError`] when the records that tell it cannot be read.
    pub async fn reached(&self) -> Result<Reached, VaultError> {
        let head = self.vault.read::<Head>(&Slot::head()).await?;
        let head = head.map(|read| read.record).unwrap_or_default();
        let restored = self.vault.read::<RestoreRecord>(&Slot::restored()).await?;
        Ok(Reached { head, restored: restored.map(|read| read.record) })
    }

    /// Where another journal ends, and how many groups of commits it saw its store reach. It must
    /// have been written under the same domain keys.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub async fn end_of(&self, log: &mut dyn Log) -> Result<(Position, u64), RecoveryError> {
        let (found, _) = recover(&self.vault, log).await?;
        Ok((found.position, found.anchor))
    }

    /// Where its own journal ends.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub async fn own_end(&mut self) -> Result<Position, RecoveryError> {
        Ok(recover(&self.vault, &mut *self.log).await?.0.position)
    }

    /// Begins a backup. `about` is asked with the root key's fingerprint.
    ///
    /// # Errors
    /// [`BackupFailure`].
    pub async fn back_up<'a>(
        &mut self,
        about: impl FnOnce(&str) -> std::io::Result<About>,
        output: Output<'a>,
    ) -> Result<Writer<'a>, BackupFailure> {
        let before = recover(&self.vault, &mut *self.log).await?.0.position;
        let source = Source { vault: &self.vault, log: &mut *self.reader, before, hierarchy: None };
        begin(source, about, output).await
    }

    /// Begins a history of its own in a store that was restored from `backup` at `now`, in which no
    /// version is one of the history that was left; and records so. `region` is where it is recorded.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed then.
    pub async fn begin_history(
        &self,
        now: Timestamp,
        backup: &BackupDescription,
        region: Region,
    ) -> Result<Restored, OpenError> {
        begin_timeline(&self.vault, now, backup, region).await
    }
}
