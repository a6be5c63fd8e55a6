//! Deleting keys, after a time to think.

mod cancel_key_deletion;
mod schedule_key_deletion;

pub(crate) use cancel_key_deletion::CancelKeyDeletion;
pub(crate) use schedule_key_deletion::ScheduleKeyDeletion;
