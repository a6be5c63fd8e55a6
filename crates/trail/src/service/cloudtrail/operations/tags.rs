//! Rules that tags of trails must keep, and the condition keys that they give values to.
//!
//! Source: AWS CloudTrail API Reference, AddTags; Service Authorization Reference, "Actions for AWS
//! CloudTrail".

use strongroom_engine::Fact;
use strongroom_engine::decode::Values;
use strongroom_engine::refusal::{Refusal, TrailRefusal};
use strongroom_engine::reply::{Out, Reply};
use strongroom_types::Tag;

const MAX_TAGS: usize = 50;

/// The tags that the member `TagsList` brings; one without a value has an empty one.
pub(super) fn tags(values: &mut Values) -> Result<Vec<Tag>, Refusal> {
    let given = values.take::<Vec<Values>>("TagsList").unwrap_or_default();
    let mut tags: Vec<Tag> = Vec::with_capacity(given.len());
    for mut members in given {
        let value = members.take("Value").unwrap_or_default();
        let tag = Tag { key: members.need("Key")?, value };
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refused("Tag keys that begin with aws: are reserved."));
        }
        if tags.iter().any(|known| known.key == tag.key) {
            return Err(refused("A tag key occurs twice."));
        }
        tags.push(tag);
    }
    Ok(tags)
}

fn refused(why: &'static str) -> Refusal {
    Refusal::Trail(TrailRefusal::Tags(why))
}

/// Known keys keep their place and take the new value; others follow.
pub(super) fn merged(old: &[Tag], new: Vec<Tag>) -> Result<Vec<Tag>, TrailRefusal> {
    let mut tags = old.to_vec();
    for tag in new {
        match tags.iter_mut().find(|known| known.key == tag.key) {
            Some(known) => known.value = tag.value,
            None => tags.push(tag),
        }
    }
    if tags.len() > MAX_TAGS { Err(TrailRefusal::TagLimit) } else { Ok(tags) }
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
pub(super) fn request_tag<'a>(tags: &'a [Tag], key: &str) -> Option<Fact<'a>> {
    if tags.is_empty() {
        return None;
    }
    if key == "aws:tagkeys" {
        return Some(Fact::Many(tags.iter().map(|tag| tag.key.as_str().into()).collect()));
    }
    Fact::named(tags.iter().map(Tag::pair), key.strip_prefix("aws:requesttag/")?)
}

/// The tags as answers list them.
pub(super) fn list(tags: &[Tag]) -> Out {
    let member = |tag: &Tag| {
        Out::from(Reply::empty().with("Key", tag.key.clone()).with("Value", tag.value.clone()))
    };
    tags.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn known_keys_keep_their_place() {
        let old = [tag("a", "1"), tag("b", "2")];
        let new = merged(&old, vec![tag("c", "3"), tag("a", "4")]);
        assert_eq!(new, Ok(vec![tag("a", "4"), tag("b", "2"), tag("c", "3")]));
        let many = |n: usize| (0..n).map(|n| tag(&n.to_string(), "")).collect::<Vec<_>>();
        assert!(merged(&old, many(48)).is_ok());
        assert_eq!(merged(&old, many(49)), Err(TrailRefusal::TagLimit));
    }

    #[test]
    fn conditions_see_the_tags_of_the_request() {
        let tags = [tag("Team", "a"), tag("env", "b")];
        assert_eq!(request_tag(&tags, "aws:requesttag/team"), Some(Fact::One("a".into())));
        assert_eq!(request_tag(&tags, "aws:requesttag/other"), None);
        let keys = Some(Fact::Many(vec!["Team".into(), "env".into()]));
        assert_eq!(request_tag(&tags, "aws:tagkeys"), keys);
        assert_eq!(request_tag(&[], "aws:tagkeys"), None);
    }
}
