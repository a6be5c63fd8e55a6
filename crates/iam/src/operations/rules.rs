//! Rules that tags must keep, and condition keys that requests give values to.
//!
//! Source: IAM User Guide, "Rules for tagging in IAM and AWS STS".

use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{IdentityDefect, Quota, Refusal};
use strongroom_types::{Action, Tag};

const MAX_TAGS: usize = 50;

/// The tags that the member `Tags` brings.
pub(super) fn tags(values: &mut Values) -> Result<Vec<Tag>, Refusal> {
    let given = values.take::<Vec<Values>>("Tags").unwrap_or_default();
    let mut tags: Vec<Tag> = Vec::with_capacity(given.len());
    for mut members in given {
        let tag = Tag { key: members.need("Key")?, value: members.need("Value")? };
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Refusal::Identity(IdentityDefect::ReservedTag));
        }
        if tags.iter().any(|known| Tag::same_key(&known.key, &tag.key)) {
            return Err(Refusal::Identity(IdentityDefect::DuplicateTags));
        }
        tags.push(tag);
    }
    Ok(tags)
}

/// The permission that tags in a request take besides its own, if there are any.
///
/// Source: IAM User Guide, "Tags for AWS Identity and Access Management resources".
pub(super) fn tagging(tags: &[Tag], action: &'static str) -> Option<Action> {
    (!tags.is_empty()).then(|| Action::new(action))
}

/// Known keys keep their place and take the new value; others follow.
pub(super) fn merged(old: &[Tag], new: &[Tag]) -> Result<Vec<Tag>, Refusal> {
    let mut tags = old.to_vec();
    for tag in new {
        match tags.iter_mut().find(|known| Tag::same_key(&known.key, &tag.key)) {
            Some(known) => known.value.clone_from(&tag.value),
            None => tags.push(tag.clone()),
        }
    }
    if tags.len() > MAX_TAGS {
        return Err(Refusal::Identity(IdentityDefect::Quota(Quota::Tags)));
    }
    Ok(tags)
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
pub(super) fn request_tag<'a>(tags: &'a [Tag], key: &str) -> Option<Fact<'a>> {
    if tags.is_empty() {
        return None;
    }
    if key == "aws:tagkeys" {
        return Some(Fact::Many(tags.iter().map(|tag| tag.key.as_str().into()).collect()));
    }
    let name = key.strip_prefix("aws:requesttag/")?;
    Fact::named(tags.iter().map(Tag::pair), name)
}

/// `aws:TagKeys` of keys alone.
pub(super) fn tag_keys<'a>(keys: &'a [String], key: &str) -> Option<Fact<'a>> {
    (key == "aws:tagkeys").then(|| Fact::Many(keys.iter().map(|key| key.as_str().into()).collect()))
}

/// `iam:PolicyARN`, `iam:PermissionsBoundary`: an ARN under the condition key `name`.
pub(super) fn arn_fact<'a>(arn: Option<&'a str>, name: &str, key: &str) -> Option<Fact<'a>> {
    arn.filter(|_| key == name).map(|arn| Fact::One(arn.into()))
}
