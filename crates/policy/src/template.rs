//! Texts with wildcards and policy variables.

use crate::facts::{Fact, Facts};
use crate::malformed::Problem;
use crate::wildcard::{Pattern, Token};
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

/// One position of a text that is not yet compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Token(Token),
    Variable {
        /// The condition key, in lower case.
        key: Box<str>,
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
    Open(Box<[Piece]>),
}

impl Template {
    /// Compiles `pieces`.
    pub(crate) fn new(pieces: &[Piece], case: Case) -> Self {
        let fixed: Option<Vec<Token>> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Token(token) => Some(*token),
                Piece::Variable { .. } => None,
            })
            .collect();
        let body = match fixed {
            Some(tokens) => Body::Fixed(compile(&tokens, case)),
            None => Body::Open(pieces.into()),
        };
        Self { case, body }
    }

    /// Tells `note` of each variable.
    pub(crate) fn variables(&self, note: &mut dyn FnMut(&str)) {
        let Body::Open(pieces) = &self.body else { return };
        for piece in pieces {
            if let Piece::Variable { key, .. } = piece {
                note(key);
            }
        }
    }

    /// Whether `text` is of this form; `None` when a variable has no value in this request.
    pub(crate) fn matches(&self, text: &str, facts: &dyn Facts) -> Option<bool> {
        match &self.body {
            Body::Fixed(pattern) => Some(self.compare(pattern, text)),
            Body::Open(pieces) => {
                let tokens = resolve(pieces, facts)?;
                Some(self.compare(&compile(&tokens, self.case), text))
            }
        }
    }

    /// Whether several texts are of this form, one of which begins with `start`; case counts.
    pub(crate) fn may_begin(&self, start: &str, facts: &dyn Facts) -> bool {
        match &self.body {
            Body::Fixed(pattern) => pattern.may_begin(start),
            Body::Open(pieces) => {
                let tokens = resolve(pieces, facts);
                tokens.is_some_and(|tokens| compile(&tokens, self.case).may_begin(start))
            }
        }
    }

    fn compare(&self, pattern: &Pattern, text: &str) -> bool {
        match self.case {
            Case::Sensitive => pattern.matches(text.chars()),
            Case::Ignored => pattern.matches(text.chars().flat_map(char::to_lowercase)),
        }
    }
}

fn compile(tokens: &[Token], case: Case) -> Pattern {
    if case == Case::Sensitive {
        return Pattern::new(tokens);
    }
    let mut lower = Vec::with_capacity(tokens.len());
    for token in tokens {
        match token {
            Token::Char(c) => lower.extend(c.to_lowercase().map(Token::Char)),
            other => lower.push(*other),
        }
    }
    Pattern::new(&lower)
}

/// The tokens with every variable replaced. A value is literal: its `*` is no wildcard.
fn resolve(pieces: &[Piece], facts: &dyn Facts) -> Option<Vec<Token>> {
    let mut tokens = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Token(token) => tokens.push(*token),
            Piece::Variable { key, default } => {
                tokens.extend(value(key, default.as_deref(), facts)?.chars().map(Token::Char));
            }
        }
    }
    Some(tokens)
}

/// The value of a variable. A multi-valued key has none.
fn value<'a>(key: &str, default: Option<&'a str>, facts: &'a dyn Facts) -> Option<Cow<'a, str>> {
    match facts.fact(key) {
        Some(Fact::One(value)) => Some(value),
        Some(Fact::Many(_) | Fact::Ambiguous(_)) => None,
        None => default.map(Cow::Borrowed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Template::new(&pieces(pattern, syntax).unwrap(), Case::Sensitive).matches(text, &User(user))
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
        assert_eq!(template.matches("äXYb", &User(Some("xY"))), Some(true));
    }
}
