//! What the service does by itself: it deletes keys and expired key material, rotates keys, and
//! ends passing states, each when it is due. Each is recorded as an event of the service.

use crate::audit::AuditRecord;
use crate::engine::Engine;
use crate::family::relatives;
use crate::gate::{AdmittedKey, admit_due, permit_task};
use crate::ledger::{Changes, CommitFailure, EncodedRecord};
use crate::rotation::with_fresh_material;
use crate::slot::{Slot, SlotRange};
use crate::vault::{KeyEntry, VaultError};
use crate::work::beside;
use std::future::Future;
use std::sync::Arc;
use strongroom_crypto::hash;
use strongroom_keys::{DueTask, GrantRecord, KeyRecord, KeyStoreRecord, MaterialRecord, Rotation};
use strongroom_policy::Permit;
use strongroom_types::{
    AccountId, AliasArn, AliasName, ConnectionState, KeyArn, Region, RotationType, Timestamp,
};

/// Keys looked at in one step.
const PAGE: usize = 100;

/// Which of what is due shall be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// All of it.
    Everything,
    /// What destroys nothing: the clock is not believed enough for more.
    Reversible,
}

/// A place in the schedule.
struct Appointment {
    place: Vec<u8>,
    version: u64,
    time: Timestamp,
    task: DueTask,
    key: KeyArn,
}

impl Engine {
    /// Does what is due. Returns how many tasks it did.
    ///
    /// # Errors
    /// [`VaultError`] when the schedule cannot be read; what fails of one key is reported.
    pub async fn run_due_tasks(&self, due: Due) -> Result<usize, VaultError> {
        let now = self.now();
        let mut done = 0;
        let mut from = b"due/".to_vec();
        let end = format!("due/{:020}", now.millis().saturating_add(1)).into_bytes();
        loop {
            let entries = self.vault().store().scan(&from, &end, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(done) };
            from = [last.key.as_slice(), &[0]].concat();
            for entry in entries {
                let Some(appointment) = appointment(entry.key, entry.found.version) else {
                    continue;
                };
                if due == Due::Reversible && appointment.task.destroys() {
                    continue;
                }
                // One key that cannot be read does not hold up the others.
                match self.keep(&appointment, now).await {
                    Ok(kept) => done += usize::from(kept),
                    Err(why) => {
                        let Appointment { task, key, .. } = appointment;
                        self.report(None, &format!("what was due ({task}) of {key}: {why}"));
                    }
                }
            }
        }
    }

    /// The schedule says when to look; the key's own, sealed record decides.
    async fn keep(&self, due: &Appointment, now: Timestamp) -> Result<bool, VaultError> {
        let arn = due.key;
        let Some(mut entry) = self.vault().key(&arn).await? else { return Ok(false) };
        let is_due = due.time <= now && entry.record.due().contains(&(due.time, due.task));
        while is_due && due.task == DueTask::Delete && entry.record.grants.is_some() {
            match self.end_grants(&entry).await? {
                Some(after) => entry = after,
                None => return Ok(false),
            }
        }
        let scheduled = permit_task(due.task);
        let permit = Permit::for_scheduled_task(scheduled, arn);
        let Some(key) = admit_due(entry, permit, (due.time, due.task), now) else {
            return Ok(false);
        };
        let (mut store, mut material) = (None, Vec::new());
        let changes = match due.task {
            DueTask::Delete => {
                store = self.key_store_of(key.record()).await?;
                self.deletion(&key, due).await?
            }
            DueTask::Expire => {
                material = expired(key.record(), due.time);
                self.change(&key, due, KeyRecord::expire_material).await?
            }
            DueTask::Settle => self.change(&key, due, KeyRecord::settle).await?,
            DueTask::Rotate => self.rotation(&key, due, now, &mut material).await?,
        };
        let name = scheduled.action().as_str().trim_start_matches("kms:");
        let mut record = self.event("kms", name, arn.account, arn.region, arn.to_string());
        record.material = material;
        let commit = self.ledger().commit(changes, EncodedRecord::of(&record), ());
        let committed = match due.task {
            DueTask::Delete => self.one_key_less(&arn, commit).await,
            DueTask::Expire | DueTask::Settle | DueTask::Rotate => commit.await,
        };
        match committed {
            Ok(_) => {
                if let Some(store) = store {
                    self.destroy_outside(key.record(), &store).await;
                }
                Ok(true)
            }
            // Somebody changed the key just now; if it is still due, it is found again.
            Err((CommitFailure::Conflict, ())) => Ok(false),
            Err((CommitFailure::Unrecorded, ())) => {
                Err(VaultError("it could not be recorded".to_owned()))
            }
        }
    }

    /// Commits what ends a key, which is counted no more then.
    async fn one_key_less<T, E>(
        &self,
        arn: &KeyArn,
        commit: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        if self.settings().quotas.resources.of(arn.account).keys.is_none() {
            return commit.await;
        }
        let by = |done: &Result<T, E>| -i64::from(done.is_ok());
        self.key_counts().changed((arn.account, arn.region), commit, by).await
    }

    /// The changes that make of the key's record what `edit` makes of it, schedule included.
    async fn change(
        &self,
        key: &AdmittedKey,
        due: &Appointment,
        edit: impl FnOnce(&mut KeyRecord, Timestamp),
    ) -> Result<Changes, VaultError> {
        let mut record = key.record().clone();
        edit(&mut record, due.time);
        let mut changes = Changes::default();
        self.stage(key.entry(), &record, due, &mut changes).await?;
        Ok(changes)
    }

    /// The changes that give fresh key material to the key and all that share its material.
    async fn rotation(
        &self,
        key: &AdmittedKey,
        due: &Appointment,
        now: Timestamp,
        material: &mut Vec<String>,
    ) -> Result<Changes, VaultError> {
        let rotation = Rotation { time: now, kind: RotationType::Automatic };
        let (vault, ledger) = (self.vault(), self.ledger());
        let mut changes = Changes::default();
        for (entry, record) in with_fresh_material(key.entry(), rotation, vault, ledger).await? {
            if record.arn() == key.arn() {
                let pair = [entry.record.current(), record.current()];
                material.extend(pair.into_iter().flatten().map(|own| hash::hex(&own.id)));
            }
            self.stage(&entry, &record, due, &mut changes).await?;
        }
        Ok(changes)
    }

    /// Stages `record` in the place of `entry`, schedule included.
    async fn stage(
        &self,
        entry: &KeyEntry,
        record: &KeyRecord,
        due: &Appointment,
        changes: &mut Changes,
    ) -> Result<(), VaultError> {
        let arn = record.arn();
        let (before, after) = (entry.record.due(), record.due());
        for (time, task) in before.difference(&after) {
            self.cancel(Slot::due(*time, *task, &arn), due, changes).await?;
        }
        for (time, task) in after.difference(&before) {
            changes.put(Slot::due(*time, *task, &arn), None, &record.id.to_string());
        }
        changes.put(Slot::key(&arn), Some(entry.version), record);
        Ok(())
    }

    /// Takes a place out of the schedule.
    async fn cancel(
        &self,
        slot: Slot,
        due: &Appointment,
        changes: &mut Changes,
    ) -> Result<(), VaultError> {
        let version = if slot.bytes() == due.place {
            Some(due.version)
        } else {
            self.vault().store().read(slot.bytes()).await?.map(|found| found.version)
        };
        if version.is_some() {
            changes.delete(slot, version);
        }
        Ok(())
    }

    /// Ends some of the grants on a key that is to be deleted: there may be more than one commit
    /// takes. Returns the key after that; `None` if somebody changed it just now.
    async fn end_grants(&self, entry: &KeyEntry) -> Result<Option<Arc<KeyEntry>>, VaultError> {
        let (arn, mut changes) = (entry.record.arn(), Changes::default());
        let range = SlotRange::grants(&arn);
        let grants = self.vault().scan::<GrantRecord>(&range, None, PAGE).await?;
        for (_, grant) in &grants {
            let own = std::iter::once(Slot::grant(&arn, &grant.id));
            for slot in own.chain(beside(&arn, grant)) {
                let found = self.vault().store().read(slot.bytes()).await?;
                if let Some(found) = found {
                    changes.delete(slot, Some(found.version));
                }
            }
        }
        let mut record = entry.record.clone();
        let left = |count: u32| count.checked_sub(u32::try_from(grants.len()).ok()?);
        record.grants = record.grants.and_then(left).filter(|n| *n > 0 && grants.len() == PAGE);
        changes.put(Slot::key(&arn), Some(entry.version), &record);
        let event = self.event("kms", "RevokeGrant", arn.account, arn.region, arn.to_string());
        match self.ledger().commit(changes, EncodedRecord::of(&event), ()).await {
            Ok(_) => self.vault().key(&arn).await,
            Err((CommitFailure::Conflict, ())) => Ok(None),
            Err((CommitFailure::Unrecorded, ())) => {
                Err(VaultError("the end of its grants could not be recorded".to_owned()))
            }
        }
    }

    async fn deletion(&self, key: &AdmittedKey, due: &Appointment) -> Result<Changes, VaultError> {
        let arn = key.arn();
        let mut changes = Changes::default();
        for (time, task) in key.record().due() {
            self.cancel(Slot::due(time, task, &arn), due, &mut changes).await?;
        }
        changes.delete(Slot::key(&arn), Some(key.entry().version));
        let last_use = Slot::last_use(&arn);
        if let Some(found) = self.vault().store().read(last_use.bytes()).await? {
            changes.delete(last_use, Some(found.version));
        }
        self.leave_key_store(key.record(), &mut changes).await?;
        for entry in relatives(self.vault(), key.record()).await? {
            let mut record = entry.record.clone();
            record.lose_replica(arn.region, self.now());
            self.stage(&entry, &record, due, &mut changes).await?;
        }
        let limit = crate::quotas::MOST_ALIASES_PER_KEY;
        let range = SlotRange::aliases_of(&arn);
        for (_, name) in self.vault().scan::<String>(&range, None, limit).await? {
            let Ok(name) = AliasName::parse(&name) else { continue };
            let index = Slot::alias_of(&arn, &name);
            let alias = Slot::alias(&AliasArn { region: arn.region, account: arn.account, name });
            for slot in [index, alias] {
                let Some(found) = self.vault().store().read(slot.bytes()).await? else { continue };
                changes.delete(slot, Some(found.version));
            }
        }
        Ok(changes)
    }

    /// The custom key store that a key is in.
    async fn key_store_of(&self, key: &KeyRecord) -> Result<Option<KeyStoreRecord>, VaultError> {
        let Some(member) = &key.store else { return Ok(None) };
        let found = self.vault().key_store(key.account, key.region, &member.store).await?;
        Ok(found.map(|read| read.record))
    }

    /// Stages that the key outside belongs to the key no more.
    async fn leave_key_store(
        &self,
        key: &KeyRecord,
        changes: &mut Changes,
    ) -> Result<(), VaultError> {
        let Some(member) = &key.store else { return Ok(()) };
        let outside = Slot::external_key(key.account, key.region, &member.store, &member.name);
        if let Some(found) = self.vault().store().read(outside.bytes()).await? {
            changes.delete(outside, Some(found.version));
        }
        Ok(())
    }

    /// Destroys the key outside of a key that is gone, if that is in an HSM. Earlier it would be too
    /// early: the deletion might not have happened. What cannot be destroyed, and what is in a store
    /// that is not connected, the operator is told of; it is of no use to anybody without what was
    /// deleted.
    ///
    /// Source: AWS KMS API Reference, DeleteCustomKeyStore: "best effort".
    async fn destroy_outside(&self, key: &KeyRecord, store: &KeyStoreRecord) {
        let Some(member) = key.store.as_ref().filter(|member| member.cluster.is_some()) else {
            return;
        };
        let left = if store.connection == ConnectionState::Connected {
            let done = self.key_stores().destroy(&store.place, &member.name).await;
            done.err().map(|why| why.to_string())
        } else {
            Some("its custom key store is not connected".to_owned())
        };
        if let Some(why) = left {
            let (label, arn) = (&member.name, key.arn());
            self.report(None, &format!("key {label} of {arn} was left in its HSM: {why}"));
        }
    }

    pub(crate) fn event(
        &self,
        service: &str,
        name: &str,
        account: AccountId,
        region: Region,
        resource: String,
    ) -> AuditRecord {
        AuditRecord {
            request: self.request_id().0,
            time: self.now(),
            resources: if resource.is_empty() { Vec::new() } else { vec![resource] },
            ..AuditRecord::blank(service, name, account, region)
        }
    }
}

/// The key material that has expired at `now`.
fn expired(key: &KeyRecord, now: Timestamp) -> Vec<String> {
    let expired = |own: &&MaterialRecord| !own.wrapped.is_empty() && !own.is_present_at(now);
    key.material.iter().filter(expired).map(|own| hash::hex(&own.id)).collect()
}

/// What a place in the schedule says.
fn appointment(place: Vec<u8>, version: u64) -> Option<Appointment> {
    let text = std::str::from_utf8(&place).ok()?;
    let mut parts = text.split('/').skip(1);
    let time = Timestamp::from_millis(parts.next()?.parse().ok()?);
    let task = parts.next()?.parse().ok()?;
    let key = KeyArn {
        account: parts.next()?.parse().ok()?,
        region: parts.next()?.parse().ok()?,
        key: parts.next()?.parse().ok()?,
    };
    Some(Appointment { place, version, time, task, key })
}
