//! The gate: which key may be worked with, now.

use crate::demands::Demands;
use crate::refusal::Refusal;
use crate::vault::KeyEntry;
use std::sync::Arc;
use strongroom_keys::{StateRefusal, admits};
use strongroom_policy::{Permit, Reason};
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
/// The refusal of the usage first, then that of the state: AWS's order.
pub(crate) fn admit(
    entry: Arc<KeyEntry>,
    permit: Permit,
    action: Action,
    demands: &Demands,
    asked_for: &'static str,
) -> Result<AdmittedKey, Refusal> {
    let key = entry.record.arn();
    let scheduled = matches!(permit.reason(), Reason::Scheduled(_));
    if scheduled || permit.action() != action || !permit.covers_key(&key) {
        return Err(Refusal::Internal);
    }
    if demands.usage.is_some_and(|usage| usage != entry.record.usage) {
        let usage = entry.record.usage;
        return Err(Refusal::InvalidKeyUsage { key, usage, operation: asked_for });
    }
    match admits(demands.states, entry.record.state) {
        Ok(()) => Ok(AdmittedKey { entry, permit }),
        Err(StateRefusal::Disabled) => Err(Refusal::Disabled(key)),
        Err(why) => Err(Refusal::InvalidState { key, why }),
    }
}

/// Admits a key whose deletion is due, for the scheduler; `None` if it is not, or not any more.
pub(crate) fn admit_due(
    entry: Arc<KeyEntry>,
    permit: Permit,
    now: Timestamp,
) -> Option<AdmittedKey> {
    let due = entry.record.deletion.is_some_and(|time| time <= now);
    let scheduled = matches!(permit.reason(), Reason::Scheduled(_));
    (due && scheduled && permit.covers_key(&entry.record.arn()))
        .then_some(AdmittedKey { entry, permit })
}
