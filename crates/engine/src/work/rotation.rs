//! Rotation of an admitted key's material.

use super::Work;
use crate::family::relatives;
use crate::gate::AdmittedKey;
use crate::refusal::{Limit, Refusal};
use crate::rotation::{with_fresh_material, with_waiting_material};
use crate::vault::KeyEntry;
use strongroom_keys::{KeyRecord, Rotation, RotationSchedule};
use strongroom_types::{KeyMaterialState, Origin, RotationType};

/// The most rotations on demand of one key. Source: AWS KMS API Reference, `RotateKeyOnDemand`.
pub const MAX_ROTATIONS_ON_DEMAND: usize = 25;

impl Work<'_> {
    /// Stages that the key is rotated by itself every `period_days` from now on, and all that are
    /// related to it; `None`: no more. The same period as before changes nothing.
    ///
    /// # Errors
    /// [`Refusal::Internal`].
    pub async fn schedule_rotation(
        &mut self,
        key: &AdmittedKey,
        period_days: Option<u32>,
    ) -> Result<(), Refusal> {
        let before = key.record().rotation;
        let same = before.map(|schedule| schedule.period_days) == period_days;
        let schedule = match period_days {
            Some(_) if same => before,
            Some(days) => Some(RotationSchedule::from(self.now(), days)),
            None => None,
        };
        self.update_family(key, |record| record.rotation = schedule).await
    }

    /// Stages that fresh key material, or imported material that has waited for it, becomes
    /// current.
    ///
    /// # Errors
    /// [`Refusal::LimitExceeded`] after 25 times, [`Refusal::NothingToRotate`] for a key with
    /// imported material of which none waits, [`Refusal::Internal`].
    pub async fn rotate_on_demand(&mut self, key: &AdmittedKey) -> Result<(), Refusal> {
        let record = key.record();
        if record.rotations_on_demand() >= MAX_ROTATIONS_ON_DEMAND {
            return Err(Refusal::LimitExceeded(Limit::RotationsOnDemand(key.arn())));
        }
        let rotation = Rotation { time: self.now(), kind: RotationType::OnDemand };
        let (vault, ledger) = (self.desk.vault, self.desk.ledger);
        let rewritten = if record.origin == Origin::External {
            let waiting = record.waiting_at(self.now());
            let ready =
                waiting.filter(|own| own.waiting == Some(KeyMaterialState::PendingRotation));
            let ready = ready.ok_or_else(|| Refusal::NothingToRotate(key.arn()))?;
            with_waiting_material(key.entry(), &ready.id, rotation, vault).await
        } else {
            with_fresh_material(key.entry(), rotation, vault, ledger).await
        };
        for (before, record) in rewritten.map_err(|why| self.desk.internal(&why))? {
            self.note.resource(record.arn().to_string());
            self.stage_key(Some(&before), &record).await?;
        }
        Ok(())
    }

    /// Stages a change to the key's record and to those of all that are related to it.
    ///
    /// # Errors
    /// [`Refusal::Internal`] when the store fails.
    pub(crate) async fn update_family(
        &mut self,
        key: &AdmittedKey,
        edit: impl Fn(&mut KeyRecord),
    ) -> Result<(), Refusal> {
        let others = relatives(self.desk.vault, key.record()).await;
        for entry in others.map_err(|why| self.desk.internal(&why))? {
            self.update_relative(&entry, &edit).await?;
        }
        self.update_key(key, edit).await.map(drop)
    }

    /// Stages a change to a key that is related to the admitted one.
    pub(super) async fn update_relative(
        &mut self,
        entry: &KeyEntry,
        edit: impl FnOnce(&mut KeyRecord),
    ) -> Result<(), Refusal> {
        let mut record = entry.record.clone();
        record.settle(self.now());
        edit(&mut record);
        self.note.resource(record.arn().to_string());
        self.stage_key(Some(entry), &record).await
    }
}
