//! Which keys are rotated.

use strongroom_engine::refusal::{Refusal, Unsupported};
use strongroom_keys::KeyRecord;
use strongroom_types::KeySpec;

/// Refuses keys whose material is never rotated.
pub(super) fn is_rotated(record: &KeyRecord) -> Result<(), Refusal> {
    if record.spec == KeySpec::SymmetricDefault {
        Ok(())
    } else {
        Err(Refusal::Unsupported(Unsupported::NotRotated))
    }
}

/// Refuses replicas: they are rotated with their primary key.
pub(super) fn is_rotated_by_itself(record: &KeyRecord) -> Result<(), Refusal> {
    is_rotated(record)?;
    if record.is_replica() { Err(Refusal::NotPrimary(record.arn())) } else { Ok(()) }
}
