//! Key policies.

use super::Fields;
use strongroom_types::shape::{optional, required};
use strongroom_types::shapes::{BOOLEAN, KEY_ID, POLICY, POLICY_NAME};

pub(crate) const GET_KEY_POLICY: Fields =
    &[required("KeyId", &KEY_ID), optional("PolicyName", &POLICY_NAME)];

pub(crate) const PUT_KEY_POLICY: Fields = &[
    required("KeyId", &KEY_ID),
    optional("PolicyName", &POLICY_NAME),
    required("Policy", &POLICY),
    optional("BypassPolicyLockoutSafetyCheck", &BOOLEAN),
];
