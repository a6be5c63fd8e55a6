//! The gate: which key may be worked with, now.

use crate::demands::Demands;
use crate::refusal::Refusal;
use crate::vault::{KeyEntry, Read};
use std::sync::Arc;
use strongroom_keys::{DueTask, KeyStoreRecord, StateRefusal, admits};
use strongroom_policy::{Permit, Reason, ScheduledTask};
use strongroom_types::{Action, ConnectionState, KeyArn, KeyState, Timestamp};

/// Proof that a key's record was found, that the caller holds a permit for this very key, and that
/// its usage and state admit the operation. Only [`admit`] and [`admit_due`] make one; key
/// material and every change to a key demand one.
pub struct AdmittedKey {
    place: PlacedKey,
    state: KeyState,
    permit: Permit,
}

/// A key as it is stored, with the custom key store that it is in, if it is in one.
pub(crate) struct PlacedKey {
    pub(crate) entry: Arc<KeyEntry>,
    pub(crate) store: Option<Read<KeyStoreRecord>>,
}

impl PlacedKey {
    /// The key's state at `now`. In a store that is not connected no key can be used, whatever it
    /// would be otherwise, and one that is about to go goes.
    ///
    /// Source: AWS KMS Developer Guide, "Disconnect an AWS CloudHSM key store".
    fn state_at(&self, now: Timestamp) -> KeyState {
        let connected =
            |read: &Read<KeyStoreRecord>| read.record.connection == ConnectionState::Connected;
        match self.entry.record.state_at(now) {
            KeyState::Enabled | KeyState::Disabled
                if !self.store.as_ref().is_none_or(connected) =>
            {
                KeyState::Unavailable
            }
            state => state,
        }
    }
}

impl AdmittedKey {
    /// The key as it is stored.
    #[must_use]
    pub fn record(&self) -> &strongroom_keys::KeyRecord {
        &self.place.entry.record
    }

    /// Its state, by which it was admitted.
    #[must_use]
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> KeyArn {
        self.record().arn()
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    pub(crate) fn entry(&self) -> &Arc<KeyEntry> {
        &self.place.entry
    }

    /// The custom key store that it is in.
    pub(crate) fn store(&self) -> Option<&KeyStoreRecord> {
        self.place.store.as_ref().map(|read| &read.record)
    }
}

/// Admits the key at `place` for `action`, as `demands` says. `asked_for` is the operation, or its direction,
/// as a refusal of the usage names it.
///
/// # Errors
/// The refusal of the origin first, then that of the usage, then that of the state: AWS's order.
pub(crate) fn admit(
    place: PlacedKey,
    permit: Permit,
    action: Action,
    demands: &Demands,
    asked_for: &'static str,
    now: Timestamp,
) -> Result<AdmittedKey, Refusal> {
    let record = &place.entry.record;
    let key = record.arn();
    let without_decision = matches!(permit.reason(), Reason::Scheduled(_) | Reason::Operator(_));
    if without_decision || permit.action() != action || !permit.covers_key(&key) {
        return Err(Refusal::Internal);
    }
    if !demands.origins.is_empty() && !demands.origins.contains(&record.origin) {
        return Err(Refusal::Origin { key, origin: record.origin });
    }
    if demands.usage.is_some_and(|usage| usage != record.usage) {
        let usage = record.usage;
        return Err(Refusal::InvalidKeyUsage { key, usage, operation: asked_for });
    }
    let state = place.state_at(now);
    match admits(demands.states, state) {
        Ok(()) => Ok(AdmittedKey { place, state, permit }),
        Err(StateRefusal::Disabled) => Err(Refusal::Disabled(key)),
        Err(why) => Err(Refusal::InvalidState { key, why }),
    }
}

/// Admits a key for what was due at `time`, for the scheduler; `None` if it is not due, or not any
/// more.
pub(crate) fn admit_due(
    entry: Arc<KeyEntry>,
    permit: Permit,
    (time, task): (Timestamp, DueTask),
    now: Timestamp,
) -> Option<AdmittedKey> {
    let due = time <= now && entry.record.due().contains(&(time, task));
    let scheduled = *permit.reason() == Reason::Scheduled(permit_task(task));
    let covered = permit.covers_key(&entry.record.arn());
    (due && scheduled && covered).then(|| {
        let state = entry.record.state_at(now);
        // What is due to a key is done whether or not its key store is connected.
        AdmittedKey { place: PlacedKey { entry, store: None }, state, permit }
    })
}

/// What a task of the schedule is called where permits are made.
pub(crate) const fn permit_task(task: DueTask) -> ScheduledTask {
    match task {
        DueTask::Delete => ScheduledTask::DeleteKey,
        DueTask::Expire => ScheduledTask::DeleteExpiredKeyMaterial,
        DueTask::Rotate => ScheduledTask::RotateKey,
        DueTask::Settle => ScheduledTask::SynchronizeMultiRegionKey,
    }
}
