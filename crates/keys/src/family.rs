//! What becomes of the record of a multi-Region key when its relatives change.

use crate::record::KeyRecord;
use strongroom_types::{KeyState, Region, Timestamp};

impl KeyRecord {
    /// Whether it is a primary key that has replicas: such a key waits for them to go.
    #[must_use]
    pub fn has_replicas(&self) -> bool {
        self.is_primary() && self.multi_region.as_ref().is_some_and(|own| !own.replicas.is_empty())
    }

    /// The replica in `region` is gone. A primary key that waited for the last of them to go has
    /// its own waiting period from `now` on.
    pub fn lose_replica(&mut self, region: Region, now: Timestamp) {
        if let Some(family) = &mut self.multi_region {
            family.replicas.retain(|replica| *replica != region);
        }
        if self.state == KeyState::PendingReplicaDeletion && !self.has_replicas() {
            let days = self.pending_window_days.take().unwrap_or(30);
            self.state = KeyState::PendingDeletion;
            self.deletion = Some(now.plus_days(i64::from(days)));
        }
    }

    /// Schedules its deletion `days` after `now`, or after its last replica is gone.
    pub fn schedule_deletion(&mut self, days: u32, now: Timestamp) {
        if self.has_replicas() {
            self.state = KeyState::PendingReplicaDeletion;
            self.pending_window_days = Some(days);
        } else {
            self.state = KeyState::PendingDeletion;
            self.deletion = Some(now.plus_days(i64::from(days)));
        }
        self.transition = None;
    }

    /// Takes the deletion back; the key is disabled from then on.
    pub fn cancel_deletion(&mut self) {
        self.state = KeyState::Disabled;
        (self.deletion, self.pending_window_days) = (None, None);
    }
}
