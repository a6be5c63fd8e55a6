//! Regions that requests name, and the keys that are replicated to them.

use strongroom_engine::decode::Values;
use strongroom_engine::refusal::Refusal;
use strongroom_keys::KeyRecord;
use strongroom_types::Region;

/// The Region in the member `name`, whose form the model has checked.
pub(super) fn read(values: &mut Values, name: &'static str) -> Result<Region, Refusal> {
    let text: String = values.need(name)?;
    text.parse().map_err(|()| Refusal::NoSuchRegion(text))
}

/// Refuses keys that are no primary key of a multi-Region key.
pub(super) fn is_primary(record: &KeyRecord) -> Result<(), Refusal> {
    if record.is_primary() { Ok(()) } else { Err(Refusal::NotPrimary(record.arn())) }
}
