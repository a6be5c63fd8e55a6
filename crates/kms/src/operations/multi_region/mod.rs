//! Multi-Region keys.

mod region;
mod replicate_key;
mod update_primary_region;

pub(crate) use replicate_key::ReplicateKey;
pub(crate) use update_primary_region::UpdatePrimaryRegion;
