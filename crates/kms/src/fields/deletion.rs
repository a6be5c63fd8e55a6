//! Deletion of keys.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{KEY_ID, PENDING_WINDOW};

pub(crate) const SCHEDULE_KEY_DELETION: Fields =
    &[required("KeyId", &KEY_ID), optional("PendingWindowInDays", &PENDING_WINDOW)];
