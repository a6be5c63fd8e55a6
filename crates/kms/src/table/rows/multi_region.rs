//! Rows of multi-Region keys.

use super::manage;
use crate::fields;
use strongroom_engine::demands::{Access, Counted, Demands, Shown};
use strongroom_keys::StateClass as S;
use strongroom_types::{Action, ErrorCode as E, Origin};

pub(in crate::table) const REPLICATE_KEY: Demands = Demands {
    counted: Counted::AlsoIn { own: 5, region: "ReplicaRegion", operation: "CreateKey", times: 2 },
    access: Access::Replication {
        key: Action::new("kms:ReplicateKey"),
        account: Action::new("kms:CreateKey"),
    },
    origins: &[Origin::AwsKms, Origin::External],
    shown: Shown::Everything,
    ..manage(
        "ReplicateKey",
        "",
        S::Relate,
        fields::REPLICATE_KEY,
        &[
            E::AlreadyExists,
            E::Disabled,
            E::InvalidArn,
            E::KmsInvalidState,
            E::LimitExceeded,
            E::MalformedPolicyDocument,
            E::NotFound,
            E::Tag,
            E::UnsupportedOperation,
        ],
    )
};

pub(in crate::table) const UPDATE_PRIMARY_REGION: Demands = Demands {
    counted: Counted::AlsoIn {
        own: 5,
        region: "PrimaryRegion",
        operation: "UpdatePrimaryRegion",
        times: 1,
    },
    access: Access::Succession(Action::new("kms:UpdatePrimaryRegion")),
    ..manage(
        "UpdatePrimaryRegion",
        "",
        S::Relate,
        fields::UPDATE_PRIMARY_REGION,
        &[E::Disabled, E::InvalidArn, E::KmsInvalidState, E::NotFound, E::UnsupportedOperation],
    )
};
