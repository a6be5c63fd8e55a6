//! The rules that tags keep, whichever operation brings them.
//!
//! Source: AWS KMS API Reference, `Tag`; texts as real answers show them.

use std::borrow::Cow;
use std::collections::HashSet;
use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Refusal, TagDefect};
use strongroom_engine::reply::{Out, Reply};
use strongroom_types::{Action, Tag};

/// The tags in the checked members of a request.
pub(crate) fn checked_tags(members: Vec<Values>) -> Result<Vec<Tag>, Refusal> {
    let mut tags = Vec::with_capacity(members.len());
    for mut member in members {
        tags.push(Tag { key: member.need("TagKey")?, value: member.need("TagValue")? });
    }
    let mut keys = HashSet::new();
    if !tags.iter().all(|tag| keys.insert(tag.key.as_str())) {
        return Err(Refusal::Tag(TagDefect::Duplicate));
    }
    refuse_reserved(tags.iter().map(|tag| tag.key.as_str()))?;
    if !tags.iter().all(|tag| tag.key.chars().chain(tag.value.chars()).all(is_tag_character)) {
        return Err(Refusal::Tag(TagDefect::Invalid));
    }
    refuse_too_many(&tags)?;
    Ok(tags)
}

/// Letters, digits, spaces and `_ . : / = + - @`, in any script.
///
/// Source: AWS General Reference, "Tag naming limits and requirements".
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric()
        || (c.is_whitespace() && !c.is_control())
        || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
}

/// Tags whose keys begin with `aws:`, in any case, are AWS's own.
pub(crate) fn refuse_reserved<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let reserved = |key: &str| key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
    let mut keys = keys;
    if keys.any(reserved) { Err(Refusal::Tag(TagDefect::Reserved)) } else { Ok(()) }
}

/// A key carries at most 50 tags.
pub(crate) fn refuse_too_many(tags: &[Tag]) -> Result<(), Refusal> {
    if tags.len() > Tag::MAX_PER_KEY { Err(Refusal::Tag(TagDefect::TooMany)) } else { Ok(()) }
}

/// `aws:RequestTag/…` and `aws:TagKeys` of a request that brings `tags`.
pub(crate) fn request_tag<'a>(tags: &'a [Tag], key: &str) -> Option<Fact<'a>> {
    if key == "aws:tagkeys" {
        return tag_keys(tags.iter().map(|tag| tag.key.as_str()));
    }
    let name = key.strip_prefix("aws:requesttag/")?;
    Fact::named(tags.iter().map(Tag::pair), name)
}

/// `aws:TagKeys` of a request that names `keys`.
pub(crate) fn tag_keys<'a>(keys: impl Iterator<Item = &'a str>) -> Option<Fact<'a>> {
    let keys: Vec<Cow<'a, str>> = keys.map(Cow::Borrowed).collect();
    (!keys.is_empty()).then_some(Fact::Many(keys))
}

/// What whoever makes a key with tags must be allowed besides.
///
/// Source: AWS KMS API Reference, `CreateKey`, "Required permissions".
pub(crate) fn tagging(tags: &[Tag]) -> Option<Action> {
    (!tags.is_empty()).then_some(Action::new("kms:TagResource"))
}

/// A tag, as listings show it.
pub(crate) fn tag_reply(tag: Tag) -> Out {
    Reply::empty().with("TagKey", tag.key).with("TagValue", tag.value).into()
}
