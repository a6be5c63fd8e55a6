//! Rows of public keys.

use super::read;
use crate::fields;
use strongroom_engine::demands::{Counted, Demands, Effect};
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const GET_PUBLIC_KEY: Demands = Demands {
    counted: Counted::Own(2000),
    states: S::Show,
    cross_account: true,
    by_alias: true,
    effect: Effect::Read,
    ..read(
        "GetPublicKey",
        "kms:GetPublicKey",
        fields::GET_PUBLIC_KEY,
        &[
            E::NotFound,
            E::Disabled,
            E::KeyUnavailable,
            E::UnsupportedOperation,
            E::InvalidArn,
            E::InvalidGrantToken,
            E::InvalidKeyUsage,
            E::KmsInvalidState,
        ],
    )
};
