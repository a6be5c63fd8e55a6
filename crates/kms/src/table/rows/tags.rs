//! Rows of tags.

use super::{each_second, manage, read};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const LIST_RESOURCE_TAGS: Demands = each_second(
    2000,
    read(
        "ListResourceTags",
        "kms:ListResourceTags",
        fields::KEY_PAGE,
        &[E::NotFound, E::InvalidArn, E::InvalidMarker],
    ),
);

pub(in crate::table) const TAG_RESOURCE: Demands = each_second(
    10,
    manage(
        "TagResource",
        "kms:TagResource",
        S::Manage,
        fields::TAG_RESOURCE,
        &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::LimitExceeded, E::Tag],
    ),
);

pub(in crate::table) const UNTAG_RESOURCE: Demands = manage(
    "UntagResource",
    "kms:UntagResource",
    S::Manage,
    fields::UNTAG_RESOURCE,
    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::Tag],
);
