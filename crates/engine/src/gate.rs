//! The gate: which key may be worked with, now.

use crate::demands::Demands;
use crate::refusal::Refusal;
use crate::vault::KeyEntry;
use std::sync::Arc;
use strongroom_keys::{DueTask, StateRefusal, admits};
use strongroom_policy::{Permit, Reason, ScheduledTask};
use strongroom_types::{Action, KeyArn, Timestamp};

/// Proof that a key's record was found, that the caller holds a permit for this very key, and that
/// its usage and state admit the operation. Only [`admit`] and [`admit_due`] make one; key
/// material and every change to a key demand one.
pub struct AdmittedKey {
    entry: Arc<KeyEntry>,
    permit: Permit,
}

impl AdmittedKey {
    /// The key as it is stored.
    #[must_use]
    pub fn record(&self) -> &strongroom_keys::KeyRecord {
        &self.entry.record
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> KeyArn {
        self.entry.record.arn()
    }

    /// Why it may be worked with.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    pub(crate) fn entry(&self) -> &Arc<KeyEntry> {
        &self.entry
    }
}

/// Admits `entry` for `action`, as `demands` says. `asked_for` is the operation, or its direction,
/// as a refusal of the usage names it.
///
/// # Errors
/// The refusal of the origin first, then that of the usage, then that of the state: AWS's order.
pub(crate) fn admit(
    entry: Arc<KeyEntry>,
    permit: Permit,
    action: Action,
    demands: &Demands,
    asked_for: &'static str,
    now: Timestamp,
) -> Result<AdmittedKey, Refusal> {
    let key = entry.record.arn();
    let without_decision = matches!(permit.reason(), Reason::Scheduled(_) | Reason::Operator(_));
    if without_decision || permit.action() != action || !permit.covers_key(&key) {
        return Err(Refusal::Internal);
    }
    if !demands.origins.is_empty() && !demands.origins.contains(&entry.record.origin) {
        return Err(Refusal::Origin { key, origin: entry.record.origin });
    }
    if demands.usage.is_some_and(|usage| usage != entry.record.usage) {
        let usage = entry.record.usage;
        return Err(Refusal::InvalidKeyUsage { key, usage, operation: asked_for });
    }
    match admits(demands.states, entry.record.state_at(now)) {
        Ok(()) => Ok(AdmittedKey { entry, permit }),
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
    (due && scheduled && permit.covers_key(&entry.record.arn()))
        .then_some(AdmittedKey { entry, permit })
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
