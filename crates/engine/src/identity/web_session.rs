//! What a token gives to the session that is made for it: tags and a source identity, kept to the same
//! rules as those of a request.

use crate::refusal::{IdentityDefect, Refusal, WebIdentityDefect};
use strongroom_federation::SessionClaims;
use strongroom_policy::Fact;
use strongroom_types::Tag;

/// The most tags of a session, and the most that are handed down. Source: IAM User Guide, "Pass
/// session tags in AWS STS"; so are the lengths.
const MAX_TAGS: usize = 50;
const MAX_KEY: usize = 128;
const MAX_VALUE: usize = 256;

/// Tags and source identity of a session, as its token has them.
#[derive(Debug, Clone, Default)]
pub(crate) struct WebSession {
    pub(crate) tags: Vec<Tag>,
    /// Keys of the tags that are handed down.
    pub(crate) transitive: Vec<String>,
    pub(crate) source_identity: Option<String>,
}

impl WebSession {
    /// What the token says, if it keeps the rules.
    ///
    /// # Errors
    /// [`WebIdentityDefect::Session`], [`IdentityDefect::ReservedTag`],
    /// [`IdentityDefect::DuplicateTags`].
    pub(super) fn of(claims: SessionClaims) -> Result<Self, Refusal> {
        let SessionClaims { tags: pairs, transitive, source_identity } = claims;
        let good_key = |key: &str| {
            (1..=MAX_KEY).contains(&key.chars().count()) && key.chars().all(Tag::allows)
        };
        let good_pair = |(key, value): &(String, String)| {
            good_key(key) && value.chars().count() <= MAX_VALUE && value.chars().all(Tag::allows)
        };
        let good = pairs.len() <= MAX_TAGS
            && pairs.iter().all(good_pair)
            && transitive.len() <= MAX_TAGS
            && transitive.iter().all(|key| good_key(key))
            && source_identity.as_deref().is_none_or(is_source_identity);
        if !good {
            let defect = WebIdentityDefect::Session;
            return Err(Refusal::Identity(IdentityDefect::WebIdentity(defect)));
        }
        let mut tags: Vec<Tag> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            if key.to_ascii_lowercase().starts_with("aws:") {
                return Err(Refusal::Identity(IdentityDefect::ReservedTag));
            }
            if tags.iter().any(|known| Tag::same_key(&known.key, &key)) {
                return Err(Refusal::Identity(IdentityDefect::DuplicateTags));
            }
            tags.push(Tag { key, value });
        }
        Ok(Self { tags, transitive, source_identity })
    }

    /// The values of condition keys of a request, which here are the token's. Names are in lower case.
    ///
    /// Source: IAM User Guide, "Available keys for AWS STS".
    pub(super) fn fact(&self, key: &str) -> Option<Fact<'_>> {
        match key {
            "aws:tagkeys" => many(self.tags.iter().map(|tag| tag.key.as_str())),
            "sts:transitivetagkeys" => many(self.transitive.iter().map(String::as_str)),
            "sts:sourceidentity" => Some(Fact::One(self.source_identity.as_deref()?.into())),
            _ => Fact::named(self.tags.iter().map(Tag::pair), key.strip_prefix("aws:requesttag/")?),
        }
    }
}

/// The texts, if there are any.
fn many<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Fact<'a>> {
    let texts: Vec<_> = texts.map(Into::into).collect();
    (!texts.is_empty()).then_some(Fact::Many(texts))
}

/// Source: STS API Reference, `AssumeRole`, `SourceIdentity`.
fn is_source_identity(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    (2..=64).contains(&text.len()) && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)], source_identity: Option<&str>) -> Result<WebSession, Refusal> {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        WebSession::of(SessionClaims {
            tags: pairs.iter().map(own).collect(),
            transitive: Vec::new(),
            source_identity: source_identity.map(str::to_owned),
        })
    }

    #[test]
    fn a_token_keeps_the_rules_of_requests() {
        assert!(of(&[("Team", "a b"), ("é", "")], Some("a@b.c")).is_ok());
        let long = "k".repeat(129);
        for wrong in [&[("", "a")][..], &[("a#", "b")], &[("a", "b#")], &[(&long, "b")]] {
            assert!(of(wrong, None).is_err(), "{wrong:?}");
        }
        for wrong in ["a", "a b", &"a".repeat(65)] {
            assert!(of(&[], Some(wrong)).is_err(), "{wrong}");
        }
        let reserved = of(&[("AWS:x", "b")], None).err();
        assert_eq!(reserved, Some(Refusal::Identity(IdentityDefect::ReservedTag)));
        let twice = of(&[("Team", "a"), ("tEAM", "b")], None).err();
        assert_eq!(twice, Some(Refusal::Identity(IdentityDefect::DuplicateTags)));
        let names: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "v")).collect();
        assert!(of(&many[..50], None).is_ok() && of(&many, None).is_err());
    }
}
