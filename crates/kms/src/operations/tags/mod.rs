//! Tags of keys.

mod list_resource_tags;
pub(crate) mod rules;
mod tag_resource;
mod untag_resource;

pub(crate) use list_resource_tags::ListResourceTags;
pub(crate) use tag_resource::TagResource;
pub(crate) use untag_resource::UntagResource;
