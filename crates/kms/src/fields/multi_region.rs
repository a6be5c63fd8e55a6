//! Multi-Region keys.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{BOOLEAN, DESCRIPTION, KEY_ID, POLICY, REGION, TAGS};

pub(crate) const REPLICATE_KEY: Fields = &[
    required("KeyId", &KEY_ID),
    required("ReplicaRegion", &REGION),
    optional("Policy", &POLICY),
    optional("BypassPolicyLockoutSafetyCheck", &BOOLEAN),
    optional("Description", &DESCRIPTION),
    optional("Tags", &TAGS),
];

pub(crate) const UPDATE_PRIMARY_REGION: Fields =
    &[required("KeyId", &KEY_ID), required("PrimaryRegion", &REGION)];
