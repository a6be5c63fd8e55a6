//! Rows of rotation.

use super::{Errors, each_second, manage, read, shown};
use crate::fields;
use strongroom_engine::demands::{Counted, Demands};
use strongroom_keys::StateClass as S;
use strongroom_types::{ErrorCode as E, Origin};

pub(in crate::table) const ENABLE_KEY_ROTATION: Demands = Demands {
    counted: Counted::Own(15),
    origins: &[Origin::AwsKms],
    ..manage(
        "EnableKeyRotation",
        "kms:EnableKeyRotation",
        S::Use,
        fields::ENABLE_KEY_ROTATION,
        SWITCHES,
    )
};

pub(in crate::table) const DISABLE_KEY_ROTATION: Demands = Demands {
    origins: &[Origin::AwsKms],
    ..manage("DisableKeyRotation", "kms:DisableKeyRotation", S::Use, fields::KEY_ONLY, SWITCHES)
};

pub(in crate::table) const GET_KEY_ROTATION_STATUS: Demands = Demands {
    counted: Counted::Own(1000),
    cross_account: true,
    ..read("GetKeyRotationStatus", "kms:GetKeyRotationStatus", fields::KEY_ONLY, READS)
};

pub(in crate::table) const LIST_KEY_ROTATIONS: Demands = each_second(
    100,
    read("ListKeyRotations", "kms:ListKeyRotations", fields::LIST_KEY_ROTATIONS, READS),
);

pub(in crate::table) const ROTATE_KEY_ON_DEMAND: Demands = Demands {
    origins: &[Origin::AwsKms, Origin::External],
    ..shown(manage(
        "RotateKeyOnDemand",
        "kms:RotateKeyOnDemand",
        S::Use,
        fields::KEY_ONLY,
        &[
            E::NotFound,
            E::Disabled,
            E::InvalidArn,
            E::KmsInvalidState,
            E::UnsupportedOperation,
            E::LimitExceeded,
        ],
    ))
};

const SWITCHES: Errors =
    &[E::NotFound, E::Disabled, E::InvalidArn, E::KmsInvalidState, E::UnsupportedOperation];

const READS: Errors =
    &[E::NotFound, E::InvalidArn, E::InvalidMarker, E::KmsInvalidState, E::UnsupportedOperation];
