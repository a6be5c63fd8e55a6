//! Patterns of ARNs: six parts, each with its own wildcards.

use crate::known::Known;
use crate::malformed::Problem;
use crate::template::{Case, Piece, Syntax, Template, Token, pieces};

/// A pattern of an ARN. A wildcard stays within its part, of which the last may hold colons.
#[derive(Debug)]
pub(crate) enum ArnPattern {
    /// `*`: every ARN, and the absence of one.
    Anything,
    /// This ARN.
    Exactly(Box<str>),
    /// Part by part.
    Parts(Box<[Template; PARTS]>),
    /// A variable whose value is a whole ARN.
    Whole(Box<Template>),
}

/// Number of parts: `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

/// An ARN that is compared with patterns.
pub(crate) struct Arn<'a> {
    text: &'a str,
    parts: [&'a str; PARTS],
}

impl<'a> Arn<'a> {
    /// Takes `text` apart; `None` if it has too few parts for an ARN.
    pub(crate) fn new(text: &'a str) -> Option<Self> {
        let mut rest = text.splitn(PARTS, ':');
        let mut parts = [""; PARTS];
        for part in &mut parts {
            *part = rest.next()?;
        }
        Some(Self { text, parts })
    }

    /// All of it.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// The last part.
    pub(crate) fn resource_part(&self) -> &'a str {
        let [.., last] = self.parts;
        last
    }
}

/// An ARN that was written and taken apart once, and is compared often.
pub(crate) struct WrittenArn {
    text: String,
    /// How long each part is, if there are so many.
    lengths: Option<[usize; PARTS]>,
}

impl WrittenArn {
    /// That of this text.
    pub(crate) fn new(text: String) -> Self {
        let lengths = Arn::new(&text).map(|arn| arn.parts.map(str::len));
        Self { text, lengths }
    }

    /// The ARN; `None` if it has too few parts.
    pub(crate) fn arn(&self) -> Option<Arn<'_>> {
        let mut from = 0;
        let mut parts = [""; PARTS];
        for (part, length) in parts.iter_mut().zip(self.lengths?) {
            *part = self.text.get(from..from + length)?;
            from += length + 1;
        }
        Some(Arn { text: &self.text, parts })
    }
}

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
            return Some(Self::Whole(Box::new(Template::new(pieces, Case::Sensitive))));
        }
        let parts = split(pieces).into_iter().map(|part| Template::new(part, Case::Sensitive));
        let parts: Box<[Template; PARTS]> = parts.collect::<Box<[_]>>().try_into().ok()?;
        let literals: Option<Vec<&str>> = parts.iter().map(Template::literal).collect();
        Some(match literals {
            Some(literals) => Self::Exactly(literals.join(":").into()),
            None => Self::Parts(parts),
        })
    }

    /// Tells `note` of each variable, as it is written.
    pub(crate) fn variables(&self, note: &mut dyn FnMut(&str)) {
        match self {
            Self::Anything | Self::Exactly(_) => {}
            Self::Parts(parts) => parts.iter().for_each(|part| part.variables(note)),
            Self::Whole(template) => template.variables(note),
        }
    }

    /// What the last part of every ARN of this pattern begins with.
    pub(crate) fn beginning_of_resource(&self) -> &str {
        match self {
            Self::Anything | Self::Whole(_) => "",
            Self::Exactly(text) => Arn::new(text).map_or("", |arn| arn.resource_part()),
            Self::Parts(parts) => parts.last().map_or("", Template::beginning),
        }
    }

    /// Whether `arn` is of this pattern; `None` when that hangs on a variable without value.
    pub(crate) fn matches(&self, arn: &Arn<'_>, known: &Known<'_>) -> Option<bool> {
        match self {
            Self::Anything => Some(true),
            Self::Exactly(text) => Some(**text == *arn.text),
            Self::Whole(template) => template.matches(arn.text, known),
            Self::Parts(patterns) => {
                let mut known_all = true;
                // The last part tells most.
                for (pattern, part) in patterns.iter().zip(&arn.parts).rev() {
                    match pattern.matches(part, known) {
                        Some(true) => {}
                        Some(false) => return Some(false),
                        None => known_all = false,
                    }
                }
                known_all.then_some(true)
            }
        }
    }

    /// Whether it is of several ARNs, one of which begins with `start`.
    pub(crate) fn may_name(&self, start: &str, known: &Known<'_>) -> bool {
        let patterns = match self {
            Self::Anything | Self::Whole(_) => return true,
            Self::Exactly(_) => return false,
            Self::Parts(patterns) => patterns,
        };
        let Some(Arn { parts, .. }) = Arn::new(start) else { return false };
        let (Some((pattern, patterns)), Some((part, parts))) =
            (patterns.split_last(), parts.split_last())
        else {
            return false;
        };
        let fits = |(pattern, part): (&Template, &&str)| pattern.matches(part, known) == Some(true);
        patterns.iter().zip(parts).all(fits) && pattern.may_begin(part, known)
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
    use crate::facts::{Fact, Facts};

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
        of(&ArnPattern::resource(pattern, true).unwrap(), arn)
    }

    fn of(pattern: &ArnPattern, arn: &str) -> Option<bool> {
        pattern.matches(&Arn::new(arn).unwrap(), &Known::new(&Tag))
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
    fn a_written_arn_has_the_same_parts() {
        for text in ["arn:aws:kms:us-east-1:111122223333:alias/a:b", ":::::", "a:b"] {
            let written = WrittenArn::new(text.to_owned());
            let parts = Arn::new(text).map(|arn| arn.parts);
            assert_eq!(written.arn().map(|arn| arn.parts), parts);
        }
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
        assert_eq!(of(&pattern, "arn:aws:iam::111122223333:role/*"), Some(true));
        assert_eq!(of(&pattern, "arn:aws:iam::111122223333:role/x"), Some(false));
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
