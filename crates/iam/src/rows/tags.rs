//! Tags.

use super::row;
use crate::fields;
use strongroom_engine::demands::Demands;
use strongroom_types::ErrorCode as E;

pub(crate) const TAG_USER: Demands =
    row!("TagUser", Change, fields::TAG_USER, [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]);

pub(crate) const UNTAG_USER: Demands =
    row!("UntagUser", Change, fields::UNTAG_USER, [E::NoSuchEntity]);

pub(crate) const LIST_USER_TAGS: Demands =
    row!("ListUserTags", Read, fields::LIST_USER_TAGS, [E::NoSuchEntity]);

pub(crate) const TAG_ROLE: Demands =
    row!("TagRole", Change, fields::TAG_ROLE, [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]);

pub(crate) const UNTAG_ROLE: Demands =
    row!("UntagRole", Change, fields::UNTAG_ROLE, [E::NoSuchEntity]);

pub(crate) const LIST_ROLE_TAGS: Demands =
    row!("ListRoleTags", Read, fields::LIST_ROLE_TAGS, [E::NoSuchEntity]);

pub(crate) const TAG_POLICY: Demands = row!(
    "TagPolicy",
    Change,
    fields::TAG_POLICY,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const UNTAG_POLICY: Demands =
    row!("UntagPolicy", Change, fields::UNTAG_POLICY, [E::NoSuchEntity, E::InvalidInput]);

pub(crate) const LIST_POLICY_TAGS: Demands =
    row!("ListPolicyTags", Read, fields::LIST_POLICY_TAGS, [E::NoSuchEntity, E::InvalidInput]);

pub(crate) const TAG_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "TagOpenIDConnectProvider",
    Change,
    fields::TAG_OPEN_ID_CONNECT_PROVIDER,
    [E::NoSuchEntity, E::QuotaExceeded, E::InvalidInput]
);

pub(crate) const UNTAG_OPEN_ID_CONNECT_PROVIDER: Demands = row!(
    "UntagOpenIDConnectProvider",
    Change,
    fields::UNTAG_OPEN_ID_CONNECT_PROVIDER,
    [E::NoSuchEntity, E::InvalidInput]
);

pub(crate) const LIST_OPEN_ID_CONNECT_PROVIDER_TAGS: Demands = row!(
    "ListOpenIDConnectProviderTags",
    Read,
    fields::LIST_OPEN_ID_CONNECT_PROVIDER_TAGS,
    [E::NoSuchEntity, E::InvalidInput]
);
