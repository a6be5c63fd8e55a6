//! Rows of key policies.

use super::{STATE, each_second, manage, read};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const GET_KEY_POLICY: Demands =
    each_second(1000, read("GetKeyPolicy", "kms:GetKeyPolicy", fields::GET_KEY_POLICY, STATE));

pub(in crate::table) const LIST_KEY_POLICIES: Demands =
    each_second(100, read("ListKeyPolicies", "kms:ListKeyPolicies", fields::KEY_PAGE, STATE));

pub(in crate::table) const PUT_KEY_POLICY: Demands = each_second(
    15,
    manage(
        "PutKeyPolicy",
        "kms:PutKeyPolicy",
        S::Any,
        fields::PUT_KEY_POLICY,
        &[
            E::NotFound,
            E::InvalidArn,
            E::MalformedPolicyDocument,
            E::UnsupportedOperation,
            E::LimitExceeded,
            E::KmsInvalidState,
        ],
    ),
);
