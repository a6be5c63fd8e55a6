//! Rows of grants.

use super::{account, each_second, manage, read};
use crate::fields;
use strongroom_engine::demands::{Access, Counted, Demands, Effect};
use strongroom_keys::StateClass as S;
use strongroom_types::{Action, ErrorCode as E};

pub(in crate::table) const CREATE_GRANT: Demands = Demands {
    counted: Counted::Own(50),
    cross_account: true,
    ..manage(
        "CreateGrant",
        "kms:CreateGrant",
        S::Grant,
        fields::CREATE_GRANT,
        &[
            E::NotFound,
            E::Disabled,
            E::InvalidArn,
            E::InvalidGrantToken,
            E::LimitExceeded,
            E::KmsInvalidState,
            E::DryRunOperation,
        ],
    )
};

pub(in crate::table) const LIST_GRANTS: Demands = Demands {
    counted: Counted::Own(100),
    cross_account: true,
    ..read(
        "ListGrants",
        "kms:ListGrants",
        fields::LIST_GRANTS,
        &[E::NotFound, E::InvalidMarker, E::InvalidGrantId, E::InvalidArn, E::KmsInvalidState],
    )
};

pub(in crate::table) const LIST_RETIRABLE_GRANTS: Demands = each_second(
    100,
    account(
        "ListRetirableGrants",
        "kms:ListRetirableGrants",
        Effect::Read,
        fields::LIST_RETIRABLE_GRANTS,
        &[E::InvalidMarker, E::InvalidArn, E::NotFound],
    ),
);

pub(in crate::table) const RETIRE_GRANT: Demands = Demands {
    counted: Counted::Own(50),
    access: Access::Grant(Action::new("kms:RetireGrant")),
    cross_account: true,
    ..manage(
        "RetireGrant",
        "",
        S::Any,
        fields::RETIRE_GRANT,
        &[
            E::InvalidArn,
            E::InvalidGrantToken,
            E::InvalidGrantId,
            E::NotFound,
            E::KmsInvalidState,
            E::DryRunOperation,
        ],
    )
};

pub(in crate::table) const REVOKE_GRANT: Demands = Demands {
    counted: Counted::Own(50),
    cross_account: true,
    ..manage(
        "RevokeGrant",
        "kms:RevokeGrant",
        S::Any,
        fields::REVOKE_GRANT,
        &[E::NotFound, E::InvalidArn, E::InvalidGrantId, E::KmsInvalidState, E::DryRunOperation],
    )
};
