//! Texts with wildcards and policy variables.

use crate::facts::Fact;
use crate::known::Known;
use crate::malformed::Problem;
use crate::wildcard::{Part, Pattern};
use std::borrow::Cow;

/// What is special in a text; the rest is literal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Syntax {
    /// `*` and `?`.
    pub(crate) wildcards: bool,
    /// `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`: with version
    /// 2012-10-17 only.
    pub(crate) variables: bool,
}

/// One position of a text, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any run of characters.
    AnyRun,
}

/// One position of a text that is not yet compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Token(Token),
    Variable {
        /// The condition key, in lower case.
        key: Box<str>,
        /// The key as it is written.
        name: Box<str>,
        /// Stands in when the request does not have the key.
        default: Option<Box<str>>,
    },
}

/// Whether case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Sensitive,
    /// Both sides are compared in lower case.
    Ignored,
}

/// Reads the special places of `text`.
pub(crate) fn pieces(text: &str, syntax: Syntax) -> Result<Vec<Piece>, Problem> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix("${").filter(|_| syntax.variables) {
            let (piece, after) = variable(inner).ok_or(Problem::Variable)?;
            pieces.push(piece);
            rest = after;
            continue;
        }
        let token = match c {
            '*' if syntax.wildcards => Token::AnyRun,
            '?' if syntax.wildcards => Token::AnyOne,
            c => Token::Char(c),
        };
        pieces.push(Piece::Token(token));
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    Ok(pieces)
}

/// What follows `${`, and the text after the closing brace.
fn variable(inner: &str) -> Option<(Piece, &str)> {
    let end = inner.find([',', '}'])?;
    let (name, rest) = inner.split_at_checked(end)?;
    if let Some(rest) = rest.strip_prefix('}') {
        let escaped = match name {
            "*" => '*',
            "?" => '?',
            "$" => '$',
            _ => return named(name, None).map(|piece| (piece, rest)),
        };
        return Some((Piece::Token(Token::Char(escaped)), rest));
    }
    let quoted = rest.strip_prefix(',')?.trim_start().strip_prefix('\'')?;
    let (default, rest) = quoted.split_once('\'')?;
    let rest = rest.trim_start().strip_prefix('}')?;
    named(name, Some(default)).map(|piece| (piece, rest))
}

fn named(name: &str, default: Option<&str>) -> Option<Piece> {
    let key = name.trim();
    let fine = !key.is_empty() && !key.contains(['$', '{', '*', '?', '\'']);
    fine.then(|| Piece::Variable {
        key: key.to_lowercase().into(),
        name: key.into(),
        default: default.map(Into::into),
    })
}

/// A compiled text.
#[derive(Debug)]
pub(crate) struct Template {
    case: Case,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Fixed(Pattern),
    /// Known only with the facts of a request.
    Open(Box<[Segment]>),
}

/// What comes next in a text with variables.
#[derive(Debug)]
enum Segment {
    Text(Box<str>),
    AnyOne,
    AnyRun,
    /// Key in lower case, and as it is written.
    Variable {
        key: Box<str>,
        name: Box<str>,
        default: Option<Box<str>>,
    },
}

impl Case {
    /// `text` as it is compared.
    pub(crate) fn fold(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Sensitive => Cow::Borrowed(text),
            Self::Ignored if text.is_ascii() => text.to_ascii_lowercase().into(),
            // Character by character: where in a word it stands does not count.
            Self::Ignored => text.chars().flat_map(char::to_lowercase).collect(),
        }
    }
}

impl Template {
    /// Compiles `pieces`.
    pub(crate) fn new(pieces: &[Piece], case: Case) -> Self {
        let mut segments: Vec<Segment> = Vec::new();
        let mut text = String::new();
        for piece in pieces {
            let segment = match piece {
                Piece::Token(Token::Char(c)) => {
                    text.push(*c);
                    continue;
                }
                Piece::Token(Token::AnyOne) => Segment::AnyOne,
                Piece::Token(Token::AnyRun) => Segment::AnyRun,
                Piece::Variable { key, name, default } => {
                    let (key, name, default) = (key.clone(), name.clone(), default.clone());
                    Segment::Variable { key, name, default }
                }
            };
            segments.extend(Segment::text(&std::mem::take(&mut text), case));
            segments.push(segment);
        }
        segments.extend(Segment::text(&text, case));
        let fixed: Option<Vec<_>> = segments.iter().map(Segment::fixed).collect();
        let body = match fixed {
            Some(parts) => Body::Fixed(Pattern::new(parts)),
            None => Body::Open(segments.into()),
        };
        Self { case, body }
    }

    /// Tells `note` of each variable, as it is written.
    pub(crate) fn variables(&self, note: &mut dyn FnMut(&str)) {
        let Body::Open(segments) = &self.body else { return };
        for segment in segments {
            if let Segment::Variable { name, .. } = segment {
                note(name);
            }
        }
    }

    /// The only text that is of this form, as it is compared, if it has neither wildcards nor
    /// variables.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.body {
            Body::Fixed(pattern) => pattern.literal(),
            Body::Open(_) => None,
        }
    }

    /// What every text of this form begins with, as it is compared.
    pub(crate) fn beginning(&self) -> &str {
        match &self.body {
            Body::Fixed(pattern) => pattern.beginning(),
            Body::Open(segments) => match segments.first() {
                Some(Segment::Text(text)) => text,
                _ => "",
            },
        }
    }

    /// Whether `text`, folded by [`Case::fold`], is of this form; `None` when a variable has no
    /// value in this request.
    pub(crate) fn matches(&self, text: &str, known: &Known<'_>) -> Option<bool> {
        match &self.body {
            Body::Fixed(pattern) => Some(pattern.matches(text)),
            Body::Open(segments) => {
                let parts = resolve(segments, self.case, known)?;
                let literal = parts.iter().map(|part| match part {
                    Part::Text(text) => text.len(),
                    Part::AnyOne => 1,
                    Part::AnyRun => 0,
                });
                let fits = literal.sum::<usize>() <= text.len();
                Some(fits && Pattern::new(parts).matches(text))
            }
        }
    }

    /// Whether several texts are of this form, one of which begins with `start`; case counts.
    pub(crate) fn may_begin(&self, start: &str, known: &Known<'_>) -> bool {
        match &self.body {
            Body::Fixed(pattern) => pattern.may_begin(start),
            Body::Open(segments) => {
                let parts = resolve(segments, self.case, known);
                parts.is_some_and(|parts| Pattern::new(parts).may_begin(start))
            }
        }
    }
}

impl Segment {
    fn text(text: &str, case: Case) -> Option<Self> {
        (!text.is_empty()).then(|| Self::Text(case.fold(text).into()))
    }

    fn fixed(&self) -> Option<Part<'_>> {
        match self {
            Self::Text(text) => Some(Part::Text(Cow::Borrowed(text))),
            Self::AnyOne => Some(Part::AnyOne),
            Self::AnyRun => Some(Part::AnyRun),
            Self::Variable { .. } => None,
        }
    }
}

/// The parts with every variable replaced. A value is literal: its `*` is no wildcard.
fn resolve<'k>(segments: &'k [Segment], case: Case, known: &'k Known<'_>) -> Option<Vec<Part<'k>>> {
    let part = |segment: &'k Segment| match segment {
        Segment::Variable { key, default, .. } => {
            value(key, default.as_deref(), known).map(|value| Part::Text(case.fold(value)))
        }
        fixed => fixed.fixed(),
    };
    segments.iter().map(part).collect()
}

/// The value of a variable. A multi-valued key has none.
fn value<'k>(key: &str, default: Option<&'k str>, known: &'k Known<'_>) -> Option<&'k str> {
    match known.value(key).map(|value| &value.fact) {
        Some(Fact::One(value)) => Some(value),
        Some(Fact::Many(_) | Fact::Ambiguous(_)) => None,
        None => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    const ALL: Syntax = Syntax { wildcards: true, variables: true };

    struct User(Option<&'static str>);

    impl Facts for User {
        fn fact(&self, key: &str) -> Option<Fact<'_>> {
            assert_eq!(key, "aws:username");
            self.0.map(|name| Fact::One(name.into()))
        }
    }

    fn matches(
        pattern: &str,
        syntax: Syntax,
        text: &str,
        user: Option<&'static str>,
    ) -> Option<bool> {
        let template = Template::new(&pieces(pattern, syntax).unwrap(), Case::Sensitive);
        template.matches(text, &Known::new(&User(user)))
    }

    #[test]
    fn variables_are_replaced_by_literal_values() {
        let home = "home/${aws:UserName}/*";
        assert_eq!(matches(home, ALL, "home/ann/x", Some("ann")), Some(true));
        assert_eq!(matches(home, ALL, "home/bob/x", Some("*")), Some(false));
        assert_eq!(matches(home, ALL, "home/*/x", Some("*")), Some(true));
        assert_eq!(matches(home, ALL, "home/ann/x", None), None);
        assert_eq!(matches("${aws:username, 'no, one'}", ALL, "no, one", None), Some(true));
        assert_eq!(matches("${aws:username,'x'}", ALL, "ann", Some("ann")), Some(true));
    }

    #[test]
    fn escapes_are_literal() {
        assert_eq!(matches("${*}${?}${$}", ALL, "*?$", None), Some(true));
        assert_eq!(matches("${*}", ALL, "x", None), Some(false));
    }

    #[test]
    fn without_the_syntax_everything_is_literal() {
        let none = Syntax { wildcards: false, variables: false };
        assert_eq!(
            matches("${aws:username}*?", none, "${aws:username}*?", Some("ann")),
            Some(true)
        );
        assert_eq!(matches("*", none, "x", None), Some(false));
    }

    #[test]
    fn broken_variables_are_refused() {
        for text in [
            "${",
            "${}",
            "${ }",
            "${a:b",
            "${a:b,}",
            "${a:b,'x}",
            "${a:b,'x' y}",
            "${a:b, x}",
            "${**}",
            "${${a:b}}",
        ] {
            assert_eq!(pieces(text, ALL), Err(Problem::Variable), "{text}");
        }
        for text in ["$", "{}", "$x", "x$", "}{", "$ {a}"] {
            assert!(pieces(text, ALL).is_ok(), "{text}");
        }
    }

    #[test]
    fn case_is_ignored_on_both_sides() {
        let template = Template::new(&pieces("Ä${aws:username}B", ALL).unwrap(), Case::Ignored);
        let user = User(Some("xY"));
        let text = Case::Ignored.fold("äXYb");
        assert_eq!(template.matches(&text, &Known::new(&user)), Some(true));
    }
}
