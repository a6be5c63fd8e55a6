//! What becomes of a key by itself, when its time comes.

use crate::record::KeyRecord;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use strongroom_types::{KeyState, Timestamp, UnknownName};

/// Something to be done with a key by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DueTask {
    /// The waiting period is over: the key is deleted.
    Delete,
    /// Imported key material has expired: it is deleted, and can be imported again.
    Expire,
    /// Key material is rotated.
    Rotate,
    /// A passing state has ended.
    Settle,
}

impl DueTask {
    /// Every task.
    pub const ALL: [Self; 4] = [Self::Delete, Self::Expire, Self::Rotate, Self::Settle];

    /// Its name in the schedule.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Expire => "expire",
            Self::Rotate => "rotate",
            Self::Settle => "settle",
        }
    }

    /// Whether what it destroys cannot be had back.
    #[must_use]
    pub const fn destroys(self) -> bool {
        matches!(self, Self::Delete | Self::Expire)
    }
}

impl fmt::Display for DueTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for DueTask {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|task| task.name() == text).ok_or(UnknownName)
    }
}

impl KeyRecord {
    /// What is to be done with the key by itself, and when. The schedule is kept equal to it by
    /// whoever changes the record.
    #[must_use]
    pub fn due(&self) -> BTreeSet<(Timestamp, DueTask)> {
        let mut due = BTreeSet::new();
        due.extend(self.deletion.map(|time| (time, DueTask::Delete)));
        due.extend(self.transition.map(|passing| (passing.until, DueTask::Settle)));
        // A key that is not enabled is not rotated; it is when it is enabled again. The primary
        // key's rotation is that of its replicas.
        let rotates = self.state == KeyState::Enabled && !self.is_replica();
        let rotation = self.rotation.filter(|_| rotates);
        due.extend(rotation.map(|rotation| (rotation.next, DueTask::Rotate)));
        let present = self.material.iter().filter(|material| !material.wrapped.is_empty());
        let expiries = present.filter_map(|material| material.import.as_ref()?.expires);
        due.extend(expiries.map(|time| (time, DueTask::Expire)));
        due
    }
}
