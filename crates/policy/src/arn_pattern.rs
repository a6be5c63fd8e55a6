//! Patterns of ARNs: six parts, each with its own wildcards.

use crate::facts::Facts;
use crate::malformed::Problem;
use crate::template::{Case, Piece, Syntax, Template, pieces};
use crate::wildcard::Token;

/// A pattern of an ARN. A wildcard stays within its part, of which the last may hold colons.
#[derive(Debug)]
pub(crate) enum ArnPattern {
    /// `*`: every ARN, and the absence of one.
    Anything,
    /// Exactly six.
    Parts(Box<[Template]>),
}

/// Number of parts: `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

impl ArnPattern {
    /// Parses a `Resource`: `*` or an ARN, variables in its last part only.
    pub(crate) fn resource(text: &str, variables: bool) -> Result<Self, Problem> {
        let pieces = pieces(text, Syntax { wildcards: true, variables })?;
        let parts = split(&pieces);
        let is_open = |part: &&[Piece]| part.iter().any(|p| matches!(p, Piece::Variable { .. }));
        if parts.iter().take(PARTS - 1).any(is_open) {
            return Err(Problem::Variable);
        }
        if !is_anything(&pieces) && !text.starts_with("arn:") {
            return Err(Problem::Resource);
        }
        Self::new(&pieces).ok_or(Problem::Resource)
    }

    /// Parses a value of `ArnLike` and its kin: variables anywhere.
    pub(crate) fn condition(text: &str, variables: bool) -> Result<Self, Problem> {
        let pieces = pieces(text, Syntax { wildcards: true, variables })?;
        Self::new(&pieces).ok_or(Problem::ConditionValue)
    }

    fn new(pieces: &[Piece]) -> Option<Self> {
        if is_anything(pieces) {
            return Some(Self::Anything);
        }
        if let [Piece::Variable { .. }] = pieces {
            // The value is a whole ARN: one template over the text, which has no wildcards.
            return Some(Self::Parts(Box::new([Template::new(pieces, Case::Sensitive)])));
        }
        let parts = split(pieces);
        (parts.len() == PARTS).then(|| {
            Self::Parts(parts.iter().map(|part| Template::new(part, Case::Sensitive)).collect())
        })
    }

    /// Tells `note` of each variable.
    pub(crate) fn variables(&self, note: &mut dyn FnMut(&str)) {
        if let Self::Parts(parts) = self {
            parts.iter().for_each(|part| part.variables(note));
        }
    }

    /// Whether `arn` is of this pattern; `None` when that hangs on a variable without value.
    pub(crate) fn matches(&self, arn: &str, facts: &dyn Facts) -> Option<bool> {
        let Self::Parts(patterns) = self else { return Some(true) };
        if arn.splitn(PARTS, ':').count() != PARTS {
            return Some(false);
        }
        let mut known = true;
        for (pattern, part) in patterns.iter().zip(arn.splitn(patterns.len(), ':')) {
            match pattern.matches(part, facts) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => known = false,
            }
        }
        known.then_some(true)
    }

    /// Whether it is of several ARNs, one of which begins with `start`.
    pub(crate) fn may_name(&self, start: &str, facts: &dyn Facts) -> bool {
        let Self::Parts(patterns) = self else { return true };
        let parts: Vec<&str> = start.splitn(PARTS, ':').collect();
        let (Some((pattern, patterns)), Some((part, parts))) =
            (patterns.split_last(), parts.split_last())
        else {
            return false;
        };
        let same = patterns.len() == parts.len();
        let fits = |(pattern, part): (&Template, &&str)| pattern.matches(part, facts) == Some(true);
        same && patterns.iter().zip(parts).all(fits) && pattern.may_begin(part, facts)
    }
}

/// Nothing but `*`s.
fn is_anything(pieces: &[Piece]) -> bool {
    !pieces.is_empty() && pieces.iter().all(|piece| *piece == Piece::Token(Token::AnyRun))
}

/// The parts between the first five colons. A colon in a variable's name is none of them.
fn split(pieces: &[Piece]) -> Vec<&[Piece]> {
    pieces.splitn(PARTS, |piece| *piece == Piece::Token(Token::Char(':'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;

    struct Tag;

    impl Facts for Tag {
        fn fact(&self, key: &str) -> Option<Fact<'_>> {
            match key {
                "aws:principaltag/key" => Some(Fact::One("1234".into())),
                "aws:principalarn" => Some(Fact::One("arn:aws:iam::111122223333:role/*".into())),
                _ => None,
            }
        }
    }

    fn matches(pattern: &str, arn: &str) -> Option<bool> {
        ArnPattern::resource(pattern, true).unwrap().matches(arn, &Tag)
    }

    #[test]
    fn wildcards_stay_within_their_part() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234";
        assert_eq!(matches("*", key), Some(true));
        assert_eq!(matches("arn:aws:kms:*:*:key/*", key), Some(true));
        assert_eq!(matches("arn:aws:kms:us-*-?:111122223333:key/12?4", key), Some(true));
        assert_eq!(matches("arn:*:key/1234:::", key), Some(false));
        assert_eq!(matches("arn:aws:kms:*:*:alias/*", key), Some(false));
        // The last part goes on over colons.
        let alias = "arn:aws:kms:us-east-1:111122223333:alias/a:b";
        assert_eq!(matches("arn:aws:kms:*:*:alias/*", alias), Some(true));
        assert_eq!(matches("arn:aws:kms:*:*:alias/a:?", alias), Some(true));
    }

    #[test]
    fn variables_stand_in_the_last_part() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234";
        assert_eq!(matches("arn:aws:kms:*:*:key/${aws:PrincipalTag/key}", key), Some(true));
        assert_eq!(matches("arn:aws:kms:*:*:key/${aws:PrincipalTag/other}", key), None);
        assert_eq!(matches("arn:aws:s3:*:*:key/${aws:PrincipalTag/other}", key), Some(false));
        let elsewhere = "arn:aws:kms:*:${aws:PrincipalAccount}:key/*";
        assert_eq!(ArnPattern::resource(elsewhere, true).unwrap_err(), Problem::Variable);
    }

    #[test]
    fn a_variable_may_be_a_whole_arn_in_a_condition() {
        let pattern = ArnPattern::condition("${aws:PrincipalArn}", true).unwrap();
        assert_eq!(pattern.matches("arn:aws:iam::111122223333:role/*", &Tag), Some(true));
        assert_eq!(pattern.matches("arn:aws:iam::111122223333:role/x", &Tag), Some(false));
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for text in [
            "",
            "?",
            "key/*",
            "arn",
            "arn:aws:kms:*",
            "arn:aws:kms:us-east-1:111122223333",
            "*:aws:kms:*:*:key/*",
        ] {
            assert_eq!(ArnPattern::resource(text, true).unwrap_err(), Problem::Resource, "{text}");
        }
        assert!(ArnPattern::resource("arn:aws:s3:::bucket", false).is_ok());
    }
}
