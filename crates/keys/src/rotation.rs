//! What becomes of a key's record when its key material is rotated.

use crate::record::{KeyRecord, MaterialRecord, Rotation, RotationSchedule};
use strongroom_types::{KeyMaterialState, RotationType, Timestamp};

impl RotationSchedule {
    /// Days from one rotation to the next, if nothing else is said.
    ///
    /// Source: AWS KMS API Reference, `EnableKeyRotation`.
    pub const DEFAULT_DAYS: u32 = 365;

    /// A schedule that begins at `now`.
    #[must_use]
    pub fn from(now: Timestamp, period_days: u32) -> Self {
        Self { period_days, next: now.plus_days(i64::from(period_days)) }
    }

    /// The schedule after a rotation at `now`. Rotations that were missed are not made up for.
    #[must_use]
    pub fn after(self, now: Timestamp) -> Self {
        let mut next = self.next;
        while next <= now {
            // A period is a day at least, whatever the record says.
            next = next.plus_days(i64::from(self.period_days.max(1)));
        }
        Self { next, ..self }
    }
}

impl KeyRecord {
    /// How often it was rotated on demand.
    #[must_use]
    pub fn rotations_on_demand(&self) -> usize {
        let rotations = self.material.iter().filter_map(|material| material.rotation);
        rotations.filter(|rotation| rotation.kind == RotationType::OnDemand).count()
    }

    /// Takes `material` in, wrapped for this key, as the current one.
    pub fn rotate(&mut self, material: MaterialRecord, rotation: Rotation) {
        self.material.push(MaterialRecord { rotation: Some(rotation), ..material });
        self.rotated(rotation);
    }

    /// Makes the imported key material `id` current, which has waited for it. Returns whether it
    /// was there.
    pub fn rotate_to(&mut self, id: &[u8; 32], rotation: Rotation) -> bool {
        let waiting = self.material.iter_mut().find(|own| own.id == *id && own.waiting.is_some());
        let Some(waiting) = waiting else { return false };
        (waiting.waiting, waiting.rotation) = (None, Some(rotation));
        self.rotated(rotation);
        true
    }

    /// Only what was scheduled moves the schedule.
    fn rotated(&mut self, rotation: Rotation) {
        if rotation.kind == RotationType::Automatic {
            self.rotation = self.rotation.map(|schedule| schedule.after(rotation.time));
        }
    }

    /// The part that `material`, one of the key's, plays.
    #[must_use]
    pub fn part_of(&self, material: &MaterialRecord) -> KeyMaterialState {
        match material.waiting {
            Some(waiting) => waiting,
            None if self.current().is_some_and(|current| current.id == material.id) => {
                KeyMaterialState::Current
            }
            None => KeyMaterialState::NonCurrent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_rotations_are_not_made_up_for() {
        let start = Timestamp::from_millis(1_000_000);
        let schedule = RotationSchedule::from(start, 90);
        assert_eq!(schedule.next, start.plus_days(90));
        assert_eq!(schedule.after(start.plus_days(90)).next, start.plus_days(180));
        assert_eq!(schedule.after(start.plus_days(400)).next, start.plus_days(450));
        assert_eq!(schedule.after(start.plus_days(89)).next, start.plus_days(90));
    }
}
