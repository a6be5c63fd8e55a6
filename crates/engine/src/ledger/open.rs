//! Opening the ledger: the root key must be the store's, the store must be no older than the
//! journal, the journal no older than the store.

use super::damage::altered;
use super::durability::{Durability, Waiting};
use super::head::{Head, Position};
use super::journal::{JournalWriter, begin};
use super::recovery::{Recovered, RecoveryError, recover, settle};
use super::verify::Verification;
use super::{Committer, Copying, Health, JournalTail, Ledger};
use crate::ports::{Batch, CommitError, Log, StoreError, Versioned};
use crate::slot::{Slot, bare};
use crate::vault::{Read, Vault, VaultError};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use strongroom_crypto::mac::HmacKey;
use strongroom_keys::{DomainFloorRecord, DomainName};
use tokio::sync::mpsc;

/// Requests that may wait for the ledger; the server admits fewer connections than this.
const QUEUE: usize = 16_384;
/// Pages of records verified before the server serves; the rest is verified while it does.
const PAGES_AT_OPEN: usize = 20;

/// Why the ledger does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The store was made under another root key.
    RootKey {
        /// Fingerprint of the store's.
        store: String,
        /// Fingerprint of the one given.
        given: String,
    },
    /// Records were removed, added or put back to an earlier version behind the server's back.
    Altered,
    /// Records of the store do not open where they are: they, their places or their versions are not
    /// what was written.
    Damaged {
        /// The store keys of the first of them.
        records: Vec<String>,
    },
    /// The store is older than its journal.
    StoreOlder {
        /// What the store has reached.
        store: u64,
        /// What the journal saw it reach.
        journal: u64,
    },
    /// The journal ends before the place that the store knows of.
    JournalCut {
        /// Where the journal ends.
        journal: Position,
        /// What the store knows.
        store: Position,
    },
    /// The store failed, or a record in it is not authentic.
    Vault(VaultError),
    /// The journal cannot be continued.
    Journal(RecoveryError),
    /// A segment could not be begun.
    Begin(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RootKey { store, given } => write!(
                f,
                "the store was made under root key {store}, not under {given}: that one belongs to \
                 another data directory, or was replaced"
            ),
            Self::Altered => f.write_str(
                "records of the store were removed, added or put back to an earlier version",
            ),
            Self::Damaged { records } => write!(
                f,
                "the store is damaged, or was altered: what is at `{}` is not what was written there",
                records.join("`, `")
            ),
            Self::StoreOlder { store, journal } => write!(
                f,
                "the store (at change {store}) is older than its journal (which saw change \
                 {journal}): an old copy of the store was put in its place"
            ),
            Self::JournalCut { journal, store } => write!(
                f,
                "the journal ends at segment {} record {}, but the store knows of segment {} \
                 record {}: audit records are missing",
                journal.segment, journal.frames, store.segment, store.frames
            ),
            Self::Vault(why) => why.fmt(f),
            Self::Journal(why) => why.fmt(f),
            Self::Begin(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<VaultError> for OpenError {
    fn from(why: VaultError) -> Self {
        Self::Vault(why)
    }
}

impl From<StoreError> for OpenError {
    fn from(why: StoreError) -> Self {
        Self::Vault(why.into())
    }
}

impl From<RecoveryError> for OpenError {
    fn from(why: RecoveryError) -> Self {
        Self::Journal(why)
    }
}

/// An open ledger, and the two loops that must be run for it to answer.
pub struct Opened {
    /// The handle for the pipeline.
    pub ledger: Ledger,
    /// To be run on a thread of its own.
    pub committer: Committer,
    /// To be run on a thread of its own.
    pub writer: JournalWriter,
    /// What reads the journal behind its writer.
    pub tail: JournalTail,
    /// What was found of the journal.
    pub recovered: Recovered,
    /// Whether the store was empty.
    pub is_new: bool,
}

/// Opens the ledger over the vault's store and `log`.
///
/// # Errors
/// [`OpenError`]; nothing was changed then, but that an unfinished end of the journal was set
/// aside.
pub async fn open(
    vault: Arc<Vault>,
    mut log: Box<dyn Log>,
    durability: Durability,
) -> Result<Opened, OpenError> {
    let is_new = check_root_key(&vault).await?;
    let head = vault.read::<Head>(&Slot::head()).await?;
    let head = head.map_or_else(Head::default, |Read { record, .. }| record);
    // The floor is under a key that is good, or nothing is.
    if let Some(floor) = vault.read::<DomainFloorRecord>(&Slot::domain_floor()).await? {
        vault.raise_floors(&floor.record);
    }
    let (recovered, unfinished) = recover(&vault, &mut *log).await?;
    if recovered.anchor > head.commits {
        return Err(OpenError::StoreOlder { store: head.commits, journal: recovered.anchor });
    }
    if head.journal > recovered.position {
        return Err(OpenError::JournalCut { journal: recovered.position, store: head.journal });
    }
    settle(&mut *log, &recovered, &unfinished)?;
    // The first start makes it.
    vault.global().await?;
    let set_key = set_key(&vault, head.digest_domain()).await?;
    let verification = verify_some(&vault, &set_key, &head).await?;
    let segment = recovered.newest + 1;
    let (key, length) = begin(&vault, &mut *log, segment, recovered.chain, head.commits)
        .await
        .map_err(OpenError::Begin)?;
    let position = Arc::new(Mutex::new(Position { segment, frames: key.frames() }));
    let segments = log.reader();
    let kept = Arc::new(tokio::sync::RwLock::new(()));
    let copying = Copying {
        log: tokio::sync::Mutex::new(log.reader()),
        position: position.clone(),
        kept: kept.clone(),
    };
    let (vault_of_tail, position_of_tail) = (vault.clone(), position.clone());
    let tail =
        JournalTail { vault: vault_of_tail, log: log.reader(), position: position_of_tail, kept };
    let health = Arc::new(Health::default());
    let waiting = Waiting::new(durability);
    let (commits, commit_jobs) = mpsc::channel(QUEUE);
    let (journal, journal_jobs) = mpsc::channel(QUEUE);
    let committer = Committer {
        vault: vault.clone(),
        jobs: commit_jobs,
        journal: journal.downgrade(),
        position: position.clone(),
        health: health.clone(),
        set_key,
        head,
        verification,
        rekeying: None,
        doubt: None,
    };
    let writer = JournalWriter {
        vault: vault.clone(),
        jobs: journal_jobs,
        log,
        health: health.clone(),
        position,
        segment,
        chain: key.chain(),
        key,
        length,
        broken: false,
        commits: head.commits,
        waiting: waiting.clone(),
        owed: Vec::new(),
    };
    let sequence = AtomicU64::new(head.sequence + 1);
    let (segments, hierarchy) = (Mutex::new(segments), tokio::sync::Mutex::default());
    let ledger =
        Ledger { vault, commits, journal, sequence, health, segments, hierarchy, copying, waiting };
    Ok(Opened { ledger, committer, writer, tail, recovered, is_new })
}

/// Returns whether the store was empty; it is then marked as the root key's own.
async fn check_root_key(vault: &Vault) -> Result<bool, OpenError> {
    let given = vault.root().fingerprint().to_owned();
    if let Some(found) = vault.store().read(bare::ROOT).await? {
        let store = String::from_utf8_lossy(&found.value).into_owned();
        if store != given {
            return Err(OpenError::RootKey { store, given });
        }
        // A commit makes all before it durable, also what a process that was killed had left in
        // the page cache only.
        mark(vault, given, Some(found.version)).await?;
        return Ok(false);
    }
    // A store that holds anything but the mark has lost it.
    if !vault.store().scan(&[], &[0xff], 1).await?.is_empty() {
        return Err(OpenError::Altered);
    }
    mark(vault, given, None).await?;
    Ok(true)
}

/// Writes the mark of the root key.
async fn mark(vault: &Vault, fingerprint: String, before: Option<u64>) -> Result<(), OpenError> {
    let version = before.map_or(1, |version| version.saturating_add(1));
    let batch = Batch {
        expect: vec![(bare::ROOT.to_vec(), before)],
        put: vec![(bare::ROOT.to_vec(), Versioned { version, value: fingerprint.into_bytes() })],
        delete: Vec::new(),
    };
    match vault.store().commit(&batch).await {
        Ok(()) => Ok(()),
        Err(CommitError::Conflict) => Err(OpenError::Altered),
        Err(CommitError::Failed(why)) => Err(why.into()),
    }
}

/// The key of the set digest, of the global domain key of this number.
pub(crate) async fn set_key(vault: &Vault, number: u32) -> Result<HmacKey, VaultError> {
    let domain = vault.numbered(DomainName::global(), number).await?;
    let key = domain.derive("strongroom set digest v1", b"");
    let key = key.map_err(|why| VaultError(why.to_string()))?;
    Ok(HmacKey::new(key.expose()))
}

/// Verifies a small store whole, and begins with a large one.
async fn verify_some(
    vault: &Vault,
    key: &HmacKey,
    head: &Head,
) -> Result<Option<Verification>, OpenError> {
    let mut verification = Verification::default();
    for _ in 0..PAGES_AT_OPEN {
        if verification.page(vault.store(), key).await? {
            let agrees = verification.agrees(head.digest);
            return if agrees { Ok(None) } else { Err(altered(vault).await) };
        }
    }
    Ok(Some(verification))
}
