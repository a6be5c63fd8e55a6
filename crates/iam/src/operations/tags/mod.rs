//! Tags.

mod list_open_id_connect_provider_tags;
mod list_policy_tags;
mod list_role_tags;
mod list_user_tags;
mod tag_open_id_connect_provider;
mod tag_policy;
mod tag_role;
mod tag_user;
mod untag_open_id_connect_provider;
mod untag_policy;
mod untag_role;
mod untag_user;

pub(crate) use list_open_id_connect_provider_tags::ListOpenIDConnectProviderTags;
pub(crate) use list_policy_tags::ListPolicyTags;
pub(crate) use list_role_tags::ListRoleTags;
pub(crate) use list_user_tags::ListUserTags;
pub(crate) use tag_open_id_connect_provider::TagOpenIDConnectProvider;
pub(crate) use tag_policy::TagPolicy;
pub(crate) use tag_role::TagRole;
pub(crate) use tag_user::TagUser;
pub(crate) use untag_open_id_connect_provider::UntagOpenIDConnectProvider;
pub(crate) use untag_policy::UntagPolicy;
pub(crate) use untag_role::UntagRole;
pub(crate) use untag_user::UntagUser;
