//! What becomes of a store that was restored from a backup: a history of its own.
//!
//! The store that the backup was taken of has gone on, and given out versions that the restored one
//! would give out again, for other contents. A sealed record opens at its place and version whoever
//! wrote it, so each history needs versions that no other one has: whoever kept records of what was
//! lost could put them in the place of new ones. Groups of commits are counted on from the same
//! number, so a store of another history is never taken for this one's.

use super::digest::SetDigest;
use super::head::Head;
use super::open::{OpenError, set_key};
use crate::audit::{AuditRecord, TIME_TAG};
use crate::ports::{Batch, CommitError, Versioned};
use crate::slot::Slot;
use crate::vault::{Read, Vault, VaultError};
use minicbor::Encoder;
use strongroom_crypto::hash;
use strongroom_keys::{BackupDescription, RestoreRecord, codec};
use strongroom_types::{AccountId, Region, Timestamp};

/// Versions that a history has for each millisecond after which another one begins. Our choice: a
/// thousand million changes a second is more than any disk takes, and versions last until 2500.
const PER_MILLISECOND: u64 = 1 << 20;

/// How the restored store stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Its head before the restore was noted.
    pub head: Head,
    /// The first version of its own history.
    pub first: u64,
}

/// Begins a history of its own in the store of `vault`, restored from `backup` at `now`, and
/// records so: in one commit. Nobody else may have the store open.
///
/// # Errors
/// [`OpenError`]; nothing was changed then.
pub(crate) async fn begin_timeline(
    vault: &Vault,
    now: Timestamp,
    backup: &BackupDescription,
    region: Region,
) -> Result<Restored, OpenError> {
    let Some(Read { record: head, version }) = vault.read::<Head>(&Slot::head()).await? else {
        return Err(OpenError::Altered);
    };
    let first = first_version(vault, now, &head)?;
    let restored = RestoreRecord {
        time: now,
        backup: backup.id,
        taken: backup.time,
        sequence: head.sequence,
        commits: head.commits,
        first,
    };
    let before = vault.read::<RestoreRecord>(&Slot::restored()).await?.map(|read| read.version);
    let event = event(vault, &restored, region)?;
    let set_key = set_key(vault, head.digest_domain()).await?;
    let mut digest = SetDigest(head.digest);
    let mut batch = Batch::default();
    for (slot, before, plain) in [
        (Slot::restored(), before, codec::encode(&restored)),
        (Slot::audit(first), None, codec::encode(&event)),
    ] {
        for version in before.into_iter().chain([first]) {
            digest.toggle(&set_key, slot.bytes(), version);
        }
        let sealed = vault.seal(&slot, first, &plain).await?;
        batch.expect.push((slot.bytes().to_vec(), before));
        batch.put.push((slot.bytes().to_vec(), sealed));
    }
    let next = Head {
        sequence: first,
        digest: digest.0,
        journal: head.journal,
        commits: first,
        digest_domain: head.digest_domain,
    };
    let sealed: Versioned = vault.seal(&Slot::head(), first, &codec::encode(&next)).await?;
    batch.expect.push((Slot::head().bytes().to_vec(), Some(version)));
    batch.put.push((Slot::head().bytes().to_vec(), sealed));
    match vault.store().commit(&batch).await {
        Ok(()) => Ok(Restored { head, first }),
        Err(CommitError::Conflict) => Err(OpenError::Altered),
        Err(CommitError::Failed(why)) => Err(why.into()),
    }
}

/// A version that is greater than all in the store and that no other history has: histories begin at
/// other times, and two that begin in one millisecond at random within it. Where the clock has gone
/// back behind the store's own versions, the next history begins at random far above them, for the
/// one that was left may have gone on from there.
fn first_version(vault: &Vault, now: Timestamp, head: &Head) -> Result<u64, VaultError> {
    let mut random = [0; 8];
    vault.entropy().fill(&mut random).map_err(|why| VaultError(why.to_string()))?;
    let [a, b, c, d, rest @ ..] = random;
    let within = u64::from(u32::from_be_bytes([a, b, c, d])) % PER_MILLISECOND;
    let jump = (1 + u64::from(u32::from_be_bytes(rest))) * PER_MILLISECOND;
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    let by_time = millis.checked_mul(PER_MILLISECOND).and_then(|time| time.checked_add(within));
    let highest = head.sequence.max(head.commits);
    let above = || highest.checked_add(jump)?.checked_add(within);
    let first = by_time.filter(|time| *time > highest).or_else(above);
    first.ok_or_else(|| VaultError("no versions are left".to_owned()))
}

/// The audit record of a restore.
fn event(
    vault: &Vault,
    restored: &RestoreRecord,
    region: Region,
) -> Result<AuditRecord, VaultError> {
    let mut request = [0; 16];
    vault.entropy().fill(&mut request).map_err(|why| VaultError(why.to_string()))?;
    let request = *strongroom_types::KeyId::from_random(request).parts().1;
    let mut out = Encoder::new(Vec::with_capacity(128));
    // Writing to a `Vec` cannot fail.
    let _ = (|| {
        out.map(2)?.str("BackupId")?.str(&hash::hex(&restored.backup))?.str("BackupTime")?;
        let time = restored.taken.millis();
        out.tag(minicbor::data::Tag::new(TIME_TAG))?.i64(time)?.ok()
    })();
    let blank = AuditRecord::blank("kms", "RestoreBackup", AccountId::INITIAL, region);
    Ok(AuditRecord { request, time: restored.time, parameters: out.into_writer(), ..blank })
}
