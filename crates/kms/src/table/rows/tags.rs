//! Rows of tags.

use super::{manage, read};
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_keys::StateClass as S;
use strongroom_types::ErrorCode as E;

pub(in crate::table) const LIST_RESOURCE_TAGS: Demands = read(
    "ListResourceTags",
    "kms:ListResourceTags",
    fields::KEY_PAGE,
    &[E::NotFound, E::InvalidArn, E::InvalidMarker],
);

pub(in crate::table) const TAG_RESOURCE: Demands = manage(
    "TagResource",
    "kms:TagResource",
    S::Manage,
    fields::TAG_RESOURCE,
    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::LimitExceeded, E::Tag],
);

pub(in crate::table) const UNTAG_RESOURCE: Demands = manage(
    "UntagResource",
    "kms:UntagResource",
    S::Manage,
    fields::UNTAG_RESOURCE,
    &[E::NotFound, E::InvalidArn, E::KmsInvalidState, E::Tag],
);
